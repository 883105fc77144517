// The browser's part of passkeys (WebAuthn), and what its refusals mean.

/** The browser made or found no passkey; the message says why, for the person. */
export class NoPasskey extends Error {}

/** Why there can be no passkeys on this page, or `null`. */
export function impossible({ protocol, hostname, port }) {
  // A relying party is a domain: an address of numbers can't be one (WebAuthn, section 5.1.3).
  if (/^[\d.]+$|^\[/.test(hostname)) {
    const there = `${protocol}//localhost${port ? `:${port}` : ""}/`;
    return { says: "Passkeys belong to a name, and this page was opened by a number.", there };
  }
  const able =
    globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON &&
    globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON;
  if (!able)
    return { says: "This browser can't do passkeys the way this page needs them, or the page did not come by https." };
  return null;
}

/** Makes a passkey as the `options` of register/start say: the `credential` for register/complete. */
export const create = (options) =>
  asked(() => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }));

/** Signs in as the `options` of login/start say: the `credential` for login/complete. */
export const get = (options) =>
  asked(() => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }));

const REASONS = {
  NotAllowedError:
    "No passkey was used: it was cancelled, took too long, or there is none for this account on this device.",
  InvalidStateError: "This device has a passkey for this account already.",
  SecurityError:
    "The API's passkeys belong to another domain ([passkeys] relying_party_id) than that of this page. Open the page there.",
};

async function asked(browser) {
  try {
    return (await browser()).toJSON();
  } catch (error) {
    throw new NoPasskey(REASONS[error.name] ?? `The browser could not do it: ${error.message}`);
  }
}
