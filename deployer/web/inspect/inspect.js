// The inspector of `cogapi local`: users, requests, logs.

import { fill, h } from "../shared/dom.js";
import { follow } from "../shared/live.js";
import { liveState } from "../shared/live-state.js";
import { clock } from "../shared/time.js";
import { stateOf } from "./words.js";

const PARTS = ["users", "requests", "logs"];
const SEVERITY = { DEBUG: 0, INFO: 1, WARN: 2, ERROR: 3 };

const element = (id) => document.getElementById(id);
let logs = [];

/** A table, and sentences where there is nothing to show. */
function table(part, columns, rows, nothing) {
  const list = element(`${part}-list`);
  if (rows.length === 0) {
    fill(list, h("p", { class: "soft" }, nothing));
    return;
  }
  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      columns.map((label) => h("th", { scope: "col" }, label)),
    ),
  );
  // The label is shown beside the value where there is no room for a head.
  const row = (cells) =>
    h(
      "tr",
      {},
      cells.map((cell, at) => h("td", { "data-label": columns[at] }, h("div", {}, cell))),
    );
  fill(list, h("table", { "aria-labelledby": `${part}-title` }, head, h("tbody", {}, rows.map(row))));
}

const count = (part, number) => fill(element(`${part}-count`), number);

const time = (at) => h("time", { datetime: at, class: "numbers" }, clock(at));

function showUsers(users) {
  count("users", users.length);
  const rows = users.map((user) => {
    const [look, word, meaning] = stateOf(user);
    return [
      [h("b", {}, user.name || user.email), h("div", {}, user.email), h("div", { class: "mono soft small" }, user.id)],
      [h("span", { class: `chip ${look}` }, word), h("div", { class: "soft small" }, meaning)],
      [
        user.mfa.includes("SOFTWARE_TOKEN_MFA") ? "Authenticator" : "None",
        h("div", { class: "soft small" }, passkeys(user.passkeys)),
      ],
      user.groups.join(", ") || h("span", { class: "soft" }, "none"),
      [time(user.created), h("div", { class: "soft small" }, "changed ", time(user.modified))],
    ];
  });
  table(
    "users",
    ["User", "State", "Second factor", "Groups", "Created"],
    rows,
    "No users yet. Create an account in the demo app.",
  );
}

const passkeys = (number) => (number === 1 ? "1 passkey" : `${number || "no"} passkeys`);

function showRequests(requests) {
  count("requests", requests.length);
  const rows = requests.map(({ at, method, path, status, milliseconds, code, origin, request_id: id }) => [
    time(at),
    [
      h("span", { class: "mono" }, h("b", {}, method), " ", decoded(path)),
      origin && h("div", { class: "soft small" }, `from ${origin}`),
    ],
    [
      h("span", { class: `chip ${status >= 500 ? "bad" : status >= 400 ? "careful" : "good"}` }, status),
      code && h("div", { class: "mono small" }, code),
    ],
    h("span", { class: "numbers" }, `${milliseconds} ms`),
    id &&
      h(
        "button",
        { type: "button", class: "quiet", onclick: () => showLogsOf(id) },
        "Logs",
        h("span", { class: "sr-only" }, `of request ${id}`),
      ),
  ]);
  table("requests", ["Time", "Request", "Reply", "Duration", "More"], rows, "No requests yet.");
}

/** An address in a path, as people write it. */
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function showLogsOf(request) {
  element("filters").reset();
  element("request").value = request;
  location.hash = "logs";
  filterLogs();
}

function showLogs(lines) {
  logs = lines;
  count("logs", lines.length);
  const select = element("function");
  const chosen = select.value;
  const names = [...new Set(lines.map((line) => line.function))].sort();
  fill(
    select,
    h("option", { value: "" }, "All"),
    names.map((name) => h("option", { value: name }, name)),
  );
  select.value = names.includes(chosen) ? chosen : "";
  filterLogs();
}

function filterLogs() {
  const [name, level, request] = ["function", "level", "request"].map((id) => element(id).value.trim());
  const wanted = logs.filter(
    (line) =>
      (!name || line.function === name) &&
      (!level || SEVERITY[line.level] >= SEVERITY[level]) &&
      (!request || Object.values(line.fields ?? {}).includes(request)),
  );
  // A line that was opened stays open when newer ones come.
  const opened = new Set([...document.querySelectorAll("#logs-list details[open]")].map((element) => element.id));
  const rows = wanted.map((line) => [
    time(line.at),
    h("span", { class: `chip ${{ ERROR: "bad", WARN: "careful" }[line.level] ?? ""}` }, line.level || "–"),
    h("span", { class: "mono" }, line.function),
    details(line, opened.has(`log-${line.id}`)),
  ]);
  table(
    "logs",
    ["Time", "Level", "Function", "What it says"],
    rows,
    logs.length > 0 ? "No line is like that." : "No logs yet.",
  );
}

function details({ id, message, fields }, isOpen) {
  const said =
    message ||
    [fields?.outcome, fields?.duration_ms !== undefined && `${fields.duration_ms} ms`].filter(Boolean).join(", ");
  if (!fields || Object.keys(fields).length === 0) return said;
  return h(
    "details",
    { id: `log-${id}`, open: isOpen },
    h("summary", {}, said || "Fields"),
    h("pre", {}, JSON.stringify(fields, null, 2)),
  );
}

function open(current) {
  for (const name of PARTS) element(name).hidden = name !== current;
  for (const link of document.querySelectorAll(".tabs a")) {
    if (link.hash === `#${current}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

addEventListener("hashchange", () => {
  const wanted = location.hash.slice(1);
  if (!PARTS.includes(wanted)) return;
  open(wanted);
  element(`${wanted}-title`).focus();
});
element("filters").addEventListener("input", filterLogs);
element("filters").addEventListener("submit", (event) => event.preventDefault());
open(PARTS.find((name) => location.hash === `#${name}`) ?? PARTS[0]);
follow({ users: showUsers, requests: showRequests, "logs?limit=500": showLogs }, liveState(element("state")));
