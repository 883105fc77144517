// Finds what somebody came to the mailbox for: the code or the password of a mail. Must never be given anything but
// mails of this machine.

/**
 * `[{label, value}]`. `stressed` are the parts that a mail sets off, with the words before them; `text` is all that it
 * says. What is set off and is one word, but no address, is a password or a code in every language; else the numbers of
 * six to eight digits are.
 * @param {{before: string, value: string}[]} stressed
 * @param {string} text
 */
export function secrets(stressed, text) {
  const found = stressed
    .map(({ before, value }) => ({ label: before.trim().replace(/\s*:$/, "") || "Code", value: value.trim() }))
    .filter(({ value }) => value.length >= 6 && !/[\s@]/.test(value));
  if (found.length > 0) return found;
  return [...new Set(text.match(/(?<![\w+-])\d{6,8}(?![\w-])/g))].map((value) => ({ label: "Code", value }));
}

/** What a mail sets off. The document that it is read into runs and loads nothing. */
export function stressed(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return [...page.querySelectorAll("strong, b, code")].map((node) => ({
    before: node.previousSibling?.textContent ?? "",
    value: node.textContent,
  }));
}

/** What a mail says, without its markup. */
export function textOf(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.body.textContent.replace(/\n\s*\n\s*/g, "\n\n").trim();
}
