// The demo app: puts its views on the page and leads from one to the next. What the views hand on to each other is in
// `flow`.

import { fill, h } from "../shared/dom.js";
import { endpoints } from "./api.js";
import { apiAddress, load } from "./config.js";
import { connection } from "./connection.js";
import { exchanges } from "./exchanges.js";
import { form } from "./form.js";
import { session, signOut } from "./session.js";
import { account } from "./views/account.js";
import { authenticator } from "./views/authenticator.js";
import { passkeys } from "./views/passkeys.js";
import { profile } from "./views/profile.js";
import { forgot, mfaReset, mfaResetVerify, newPassword } from "./views/recover.js";
import { confirm, register, resend } from "./views/register.js";
import { signIn, verify } from "./views/sign-in.js";
import { tokens } from "./views/tokens.js";

/**
 * By the address's fragment. A view has a `title`, may have a `lead`, and makes its `content(context)`. `needs` names
 * what must be in `flow`, `signedIn` says that it is for who is.
 */
const VIEWS = {
  "sign-in": signIn,
  verify,
  register,
  confirm,
  resend,
  authenticator,
  forgot,
  "new-password": newPassword,
  "mfa-reset": mfaReset,
  "mfa-reset-verify": mfaResetVerify,
  profile,
  tokens,
  passkeys,
  account,
};
const TABS = [
  ["profile", "Who am I"],
  ["tokens", "Tokens"],
  ["passkeys", "Passkeys"],
  ["account", "Account"],
];

const element = (id) => document.getElementById(id);

/** What is known from view to view: addresses, sessions of a step. Only in memory: a reload starts again. */
const flow = {};
let leaving = new AbortController();
let config;
let api;

const nameOf = () => location.hash.slice(1);

/** Leads to a view. `known` is what it should know; what is undefined there stays as it was. `notice` is told once. */
function go(name, known = {}) {
  for (const [key, value] of Object.entries(known)) if (value !== undefined) flow[key] = value;
  if (name === nameOf()) show();
  else location.hash = name;
}

/** Where who asked for `name` really goes. */
function allowed(name) {
  const view = VIEWS[name];
  const isPossible = view && (!view.signedIn || session()) && (!view.needs || flow[view.needs]);
  if (isPossible) return name;
  if (session()) return "profile";
  if (view)
    flow.notice ??= view.signedIn ? "Sign in first." : "This step begins with another one: a reload forgets it.";
  return "sign-in";
}

function show() {
  const name = allowed(nameOf());
  if (name !== nameOf()) history.replaceState(null, "", `#${name}`);
  const view = VIEWS[name];
  leaving.abort();
  leaving = new AbortController();
  const { notice } = flow;
  flow.notice = undefined;
  const context = {
    api,
    config,
    flow,
    go,
    announce,
    focusHeading,
    address: () => apiAddress(config),
    signal: leaving.signal,
  };

  document.title = `${view.title} · cogapi`;
  tabs(context, name, Boolean(view.signedIn));
  fill(element("notice"), notice && h("p", { class: "notice" }, notice));
  fill(
    element("view"),
    h(
      "div",
      { class: "stack tight" },
      h("h1", { tabindex: -1 }, view.title),
      view.lead && h("p", { class: "soft" }, view.lead),
    ),
    view.content(context),
  );
  announce(notice ?? "");
}

/** Says `text` to who can't see the page. */
function announce(text) {
  element("announcer").textContent = text;
}

function focusHeading() {
  document.querySelector("#view h1").focus();
}

function tabs(context, current, isSignedIn) {
  const links = TABS.map(([name, label]) =>
    h("li", {}, h("a", { href: `#${name}`, "aria-current": name === current && "page" }, label)),
  );
  const who =
    isSignedIn &&
    h(
      "div",
      { class: "who small" },
      h("p", { class: "soft" }, "Signed in as ", h("b", {}, session().email)),
      signOutForm(context),
    );
  element("signed-in").hidden = !isSignedIn;
  fill(
    element("signed-in"),
    isSignedIn && [who, h("nav", { "aria-label": "Your account" }, h("ul", { class: "tabs" }, links))],
  );
}

function signOutForm(context) {
  const forget = (notice) => {
    signOut();
    go("sign-in", { notice });
  };
  return form(context, {
    action: "Sign out",
    busy: "Signing out",
    look: "quiet",
    async send() {
      try {
        await api.logout({ email: session().email, access_token: session().access_token });
        return "You are signed out, on every device.";
      } catch (error) {
        // Whoever wants to leave must be able to.
        if (error.code === "invalid_token") return "The tokens were not valid any more. This tab has forgotten them.";
        throw error;
      }
    },
    done: forget,
  }).element;
}

async function start() {
  config = await load();
  api = endpoints(
    () => apiAddress(config),
    exchanges(element("exchanges"), element("no-exchanges"), element("forget-exchanges")),
  );
  element("environment").textContent = config.environment;
  element("environment").hidden = false;
  for (const link of document.querySelectorAll("[data-local]")) link.hidden = !config.local;
  connection(element("connection"), config, () => {
    signOut();
    go("sign-in", { notice: "The page talks to another API now." });
  });
  addEventListener("hashchange", () => {
    show();
    focusHeading();
  });
  element("skip").addEventListener("click", (event) => {
    // Fragments are views here.
    event.preventDefault();
    focusHeading();
  });
  show();
}

start().catch((error) => {
  const says =
    "This page could not start: the server that it came from does not answer as it should. Is `cogapi local` or `cogapi demo` running?";
  fill(
    element("view"),
    h("h1", {}, "Something is missing"),
    h(
      "div",
      { class: "notice bad stack tight", role: "alert" },
      h("p", {}, says),
      h("p", { class: "small soft" }, String(error.message)),
    ),
  );
});
