// The tokens: what they say, how long they last, and new ones.

import { copyButton } from "../../shared/copy.js";
import { fill, h } from "../../shared/dom.js";
import { duration } from "../../shared/time.js";
import { form } from "../form.js";
import { claims, session, signIn } from "../session.js";

/** Claims that are times, in seconds since 1970. */
const TIMES = ["exp", "iat", "auth_time"];

export const tokens = {
  title: "Tokens",
  lead: "Three tokens are your session. ID and access token are readable by anyone who has them; the refresh token only by Cognito.",
  signedIn: true,
  content(context) {
    const shown = h("div", { class: "stack wide" });
    const show = () => {
      const { id_token: id, access_token: access, refresh_token: refresh } = session();
      fill(
        shown,
        readable(context, "ID token", "Says who you are. It authorizes userinfo and the deletion of the account.", id),
        readable(
          context,
          "Access token",
          "Authorizes what you do with your own account: password, passkeys, signing out.",
          access,
        ),
        token(
          "Refresh token",
          "Is exchanged for new tokens. It works once: each exchange answers the next one.",
          refresh,
        ),
      );
    };
    show();
    const refresh = form(context, {
      action: "Refresh the tokens",
      busy: "Refreshing",
      send: () => context.api.refresh({ email: session().email, refresh_token: session().refresh_token }),
      done(reply) {
        signIn(reply.email, reply);
        show();
        context.announce("There are new tokens.");
      },
      failed: {
        invalid_token: () => ({
          says: "The refresh token has expired, was used before or was revoked. Sign in again.",
          ways: [["Sign in", "sign-in"]],
        }),
      },
    });
    return [refresh.element, shown];
  },
};

function token(title, what, text, ...more) {
  return h(
    "section",
    { class: "token stack tight" },
    h("div", { class: "row apart" }, h("h2", {}, title), copyButton(text, title)),
    h("p", { class: "soft small" }, what),
    more,
  );
}

function readable(context, title, what, text) {
  const said = claims(text);
  const times = TIMES.filter((name) => said[name]).map(
    (name) => `${name} ${new Date(said[name] * 1000).toLocaleTimeString()}`,
  );
  return token(
    title,
    what,
    text,
    countdown(context, title, said.iat, said.exp),
    h("pre", { tabindex: 0, role: "group", "aria-label": `Claims of the ${title}` }, JSON.stringify(said, null, 2)),
    h("p", { class: "soft small numbers" }, times.join(" · ")),
  );
}

/** How long a token lasts, second by second. It is no live region: nobody wants to hear each second. */
function countdown(context, title, from, until) {
  const words = h("span", { class: "numbers" });
  const bar = h("progress", { max: until - from, "aria-label": `Time left of the ${title}` });
  const tick = () => {
    const left = Math.max(0, until - Date.now() / 1000);
    bar.value = left;
    fill(words, left > 0 ? `expires in ${duration(left)}` : "has expired: refresh the tokens");
  };
  tick();
  const ticking = setInterval(tick, 1000);
  context.signal.addEventListener("abort", () => clearInterval(ticking));
  return h("p", { class: "row" }, bar, words);
}
