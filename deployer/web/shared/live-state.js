// The small sign that says whether a page is up to date.

import { fill, h } from "./dom.js";

const WORDS = {
  live: ["good", "Live"],
  polling: ["careful", "Asks every 3 s"],
  lost: ["bad", "cogapi local does not answer"],
};

/** Fills `element`, a status region, only when the word changes: it is read out each time. */
export function liveState(element) {
  let shown = "";
  return (word) => {
    if (word === shown) return;
    shown = word;
    const [look, text] = WORDS[word];
    fill(element, h("span", { class: `chip ${look}` }, text));
  };
}
