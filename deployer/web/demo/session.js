// Who is signed in, in this tab. Owns the tokens.
//
// The tokens are in sessionStorage, so that a reload does not sign out, and never in localStorage: what is there
// outlives the tab and is open to every script of the origin for ever. An app that has a server of its own does better
// to keep them there, behind a cookie that is HttpOnly. This is a demo: any script of this page could read them, which
// is why it loads none from elsewhere.

const KEY = "cogapi.session";

let held = JSON.parse(sessionStorage.getItem(KEY) ?? "null");

/** `{email, id_token, access_token, refresh_token, since}`, or `null`. */
export const session = () => held;

/** Takes the tokens that a sign-in or a refresh answered. */
export function signIn(email, { id_token, access_token, refresh_token }) {
  held = { email, id_token, access_token, refresh_token };
  sessionStorage.setItem(KEY, JSON.stringify(held));
}

/** Forgets them. */
export function signOut() {
  held = null;
  sessionStorage.removeItem(KEY);
}

/** What a JWT says, without any proof that it is true: for showing only. */
export function claims(token) {
  const [, payload] = token.split(".");
  const binary = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0))));
}
