// What the server that this page comes from says of the environment, and which API the page talks to.

const KEY = "cogapi.api";

/** `{environment, local, api, passkeys}`. */
export async function load() {
  const reply = await fetch("/web/config.json", { cache: "no-store" });
  if (!reply.ok) throw new Error(`/web/config.json answered with status ${reply.status}`);
  return reply.json();
}

/** The base address of the API: what was typed in this tab, or what the server says. */
export const apiAddress = (config) => sessionStorage.getItem(KEY) ?? config.api;

/** Takes an address for this tab; `null` goes back to the server's. Throws a sentence where it is none. */
export function useAddress(text) {
  if (text === null) {
    sessionStorage.removeItem(KEY);
    return;
  }
  const address = text.trim().replace(/\/+$/, "").replace(/\/v1$/, "");
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new Error("This is no address. It begins with https:// or http://, for example https://auth.example.com");
  }
  if (url.search || url.hash) throw new Error("An API's address has neither ? nor # in it.");
  sessionStorage.setItem(KEY, address);
}
