// The way to the API: one function for each endpoint, one shape for what can go wrong. Knows nothing of the page.

/** What the API refused: a code of the contract, and what came with it. */
export class Refused extends Error {
  constructor(status, body, retryAfter) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.fields = body.fields ?? [];
    this.requestId = body.request_id;
    this.session = body.session;
    this.retryAfter = retryAfter;
  }
}

/** Nothing answered, or nothing that a page may read. */
export class Unreachable extends Error {}

/** Something answered, and it is not this API. */
export class Foreign extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

// Browsers show `Retry-After` of another origin only where that exposes it; AWS's quotas are per second.
const RETRY_AFTER = 2;

const NOBODY = "-";

/**
 * The endpoints at what `address()` tells. `happened` is told of each exchange.
 */
export function endpoints(address, happened) {
  async function call(method, path, { body, token } = {}) {
    const exchange = { method, url: `${address()}/v1${path}`, path: `/v1${path}`, body, token, at: new Date() };
    const start = performance.now();
    try {
      return await answered(exchange);
    } finally {
      exchange.milliseconds = Math.round(performance.now() - start);
      happened(exchange);
    }
  }

  const post = (path) => (body) => call("POST", path, { body });
  // An address in the path is as good as an id; the API tells them apart by the @. Without one there would be another
  // path.
  const postAsUser = (action) => (body) =>
    call("POST", `/users/${encodeURIComponent(body.email || NOBODY)}/${action}`, { body });

  return {
    register: post("/users"),
    confirm: postAsUser("confirm"),
    confirmMfa: postAsUser("confirm-mfa"),
    resend: post("/resend-confirmation-code"),
    forgotPassword: post("/forgot-password"),
    confirmPassword: postAsUser("confirm-password"),
    changePassword: postAsUser("change-password"),
    deleteUser: (email, token) => call("DELETE", `/users/${encodeURIComponent(email)}`, { token }),
    startMfaReset: post("/mfa-reset/start"),
    verifyMfaReset: post("/mfa-reset/verify"),
    confirmMfaReset: post("/mfa-reset/confirm"),
    login: post("/login"),
    verifyMfa: post("/mfa-verify"),
    refresh: post("/refresh-token"),
    userinfo: (token) => call("GET", "/userinfo", { token }),
    logout: post("/logout"),
    startPasskey: post("/passkeys/register/start"),
    completePasskey: post("/passkeys/register/complete"),
    listPasskeys: post("/passkeys/list"),
    deletePasskey: post("/passkeys/delete"),
    startPasskeyLogin: post("/passkeys/login/start"),
    completePasskeyLogin: post("/passkeys/login/complete"),
  };
}

/** Sends it, writes down what comes back, and returns it if it is a success. */
async function answered(exchange) {
  const { method, url, body, token } = exchange;
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  let reply;
  try {
    reply = await fetch(url, { method, headers, body: body && JSON.stringify(body), credentials: "omit" });
  } catch {
    throw new Unreachable(url);
  }
  exchange.status = reply.status;
  exchange.reply = await reply.json().catch(() => undefined);
  const { ok, status } = reply;
  if (exchange.reply === undefined) throw new Foreign(status);
  if (ok) return exchange.reply;
  if (typeof exchange.reply.code !== "string") throw new Foreign(status);
  throw new Refused(status, exchange.reply, Number(reply.headers.get("Retry-After")) || RETRY_AFTER);
}
