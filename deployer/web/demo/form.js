// Forms: fields with their labels and problems, one request at a time, what a failure says and where it leads.

import { h, fill } from "../shared/dom.js";
import { explain } from "./errors.js";
import { session } from "./session.js";

let count = 0;

/** A labelled field. `name` is the API's name of it, so that a problem that the API names finds its place. */
export function field(name, label, { hint, type = "text", ...attributes } = {}) {
  const id = `field-${(count += 1)}`;
  const problem = h("p", { id: `${id}-problem`, class: "problem" });
  const described = [hint && `${id}-hint`, `${id}-problem`].filter(Boolean).join(" ");
  const input = h("input", { id, name, type, "aria-describedby": described, spellcheck: "false", ...attributes });
  const row = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    hint && h("p", { id: `${id}-hint`, class: "soft small" }, hint),
    type === "password" ? h("div", { class: "with-button" }, input, reveal(input, label)) : input,
    problem,
  );
  const complain = (text) => {
    fill(problem, text);
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  input.addEventListener("input", () => complain(""));
  return { name, label, row, input, complain };
}

/** Shows what is typed, so that a long password can be checked. */
function reveal(input, label) {
  const button = h(
    "button",
    { type: "button", class: "quiet", "aria-pressed": "false", onclick: turn },
    "Show",
    h("span", { class: "sr-only" }, ` ${label}`),
  );
  function turn() {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  }
  return button;
}

export const email = (value, more) =>
  field("email", "E-mail address", {
    type: "email",
    autocomplete: "username",
    inputmode: "email",
    autocapitalize: "none",
    value,
    ...more,
  });

export const password = (name, label, autocomplete, more) =>
  field(name, label, { type: "password", autocomplete, ...more });

export const oneTimeCode = (name, label, more) =>
  field(name, label, { class: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 8, ...more });

export const NEW_PASSWORD_HINT =
  "14 characters or more, with small and capital letters, digits and a symbol, unless the environment says otherwise.";

/**
 * A form that sends `send(values)`, if `sure()` says so, and hands what comes back to `done(reply, values)`.
 * `borrowed` fields are shown by another form of the view. `failed[code](error, values)` adds what a code means here.
 */
export function form(
  context,
  { fields: own = [], borrowed = [], action, busy, look = "primary", sure = () => true, send, done, failed = {} },
) {
  const fields = [...borrowed, ...own];
  const button = h("button", { type: "submit", class: look }, action);
  const result = h("div", { role: "alert", class: "result" });
  const element = h(
    "form",
    { novalidate: true, class: "stack", onsubmit: submit },
    own.map((it) => it.row),
    result,
    h("div", {}, button),
  );
  // A button that is really disabled loses the focus, and keyboards their place.
  const working = (text) => {
    button.setAttribute("aria-disabled", "true");
    button.textContent = text;
  };
  const ready = () => {
    button.removeAttribute("aria-disabled");
    button.textContent = action;
  };

  async function submit(event) {
    event?.preventDefault();
    if (button.getAttribute("aria-disabled")) return;
    fields.forEach((it) => it.complain(""));
    fill(result);
    if (!(await sure())) return;
    const values = Object.fromEntries(fields.map((it) => [it.name, it.input.value]));
    working(`${busy} …`);
    context.announce(`${busy} …`);
    try {
      const reply = await send(values);
      ready();
      await done(reply, values);
    } catch (error) {
      ready();
      fail(error, values);
    }
  }

  function fail(error, values) {
    const meaning = {
      ...explain(error, { address: context.address(), origin: location.origin }),
      ...failed[error.code]?.(error, values),
    };
    if (meaning.leads) {
      const email = values.email ?? session()?.email;
      context.go(meaning.leads, { email, temporaryPassword: values.password, notice: meaning.says });
      return;
    }
    const elsewhere = place(meaning, fields);
    fill(result, message(meaning, elsewhere, context, values));
    if (meaning.retryAfter) countDown(meaning.retryAfter);
    fields.find((it) => it.input.getAttribute("aria-invalid"))?.input.focus();
  }

  function countDown(seconds) {
    // By the clock: timers of a tab in the background come late.
    const until = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      if (left > 0) working(`Try again in ${left} s`);
      else {
        clearInterval(ticking);
        ready();
      }
    };
    const ticking = setInterval(tick, 1000);
    tick();
    context.signal.addEventListener("abort", () => clearInterval(ticking));
  }

  return { element, submit };
}

/** Shows each problem at its field; those of fields that this form does not have are returned. */
function place({ fields: problems, at, says }, fields) {
  const owner = fields.find((it) => at.includes(it.name));
  owner?.complain(says);
  return problems.filter(({ field: name, problem }) => {
    const found = fields.find((it) => it.name === name);
    found?.complain(`${found.label} ${problem}.`);
    // The path's user is the field with the address.
    return !found && name !== "user_id";
  });
}

/** What a failure says, the problems that belong to no field, and the ways on. */
export function message({ says, detail, ways }, problems, context, values) {
  return h(
    "div",
    { class: "notice bad stack tight" },
    h("p", {}, says),
    problems.length > 0 &&
      h(
        "ul",
        {},
        problems.map(({ field: name, problem }) => h("li", {}, h("code", {}, name), ` ${problem}`)),
      ),
    detail.length > 1
      ? h(
          "ul",
          {},
          detail.map((text) => h("li", {}, text)),
        )
      : h("p", { class: "small soft" }, detail),
    ways.length > 0 &&
      h(
        "div",
        { class: "row" },
        ways.map(([label, view]) => way(context, label, view, () => ({ email: values.email }))),
      ),
  );
}

/** A link to another view, which takes along what is known. */
export function way(context, label, view, known = () => ({})) {
  const open = (event) => {
    event.preventDefault();
    context.go(view, known());
  };
  return h("a", { href: `#${view}`, onclick: open }, label);
}
