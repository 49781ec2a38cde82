// The likeliest next characters at a temperature, as bars.

import { element } from "./elements.js";
import { percent, sign } from "./figure.js";
import { likeliest, nextCharProbs } from "./engine/sampling.js";

const BARS = 10;

// Rows for the likeliest of the characters `vocab`, whose logits are given.
export function barRows(vocab, logits, temperature, topK = null, topP = null) {
  return likeliest(nextCharProbs(logits, temperature, topK, topP), BARS).map(([id, prob]) => {
    const bar = element("span", { class: "rnnbook-bar" });
    bar.style.width = `${100 * prob}%`;
    const track = element("span", { class: "rnnbook-track" }, bar);
    const name = element("span", { class: "rnnbook-sign" }, sign(vocab[id]));
    const share = element("span", {}, percent(prob, 1));
    return element("div", { class: "rnnbook-row" }, name, track, share);
  });
}

// How undecided the distribution is, in bits.
export function entropy(logits, temperature) {
  let bits = 0;
  for (const prob of nextCharProbs(logits, temperature)) {
    if (prob > 0) bits -= prob * Math.log2(prob);
  }
  return bits;
}
