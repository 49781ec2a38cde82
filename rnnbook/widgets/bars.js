// The likeliest next characters at a temperature, as bars.

import { element } from "./elements.js";
import { percent, sign } from "./figure.js";
import { likeliest, nextCharProbs } from "./engine/sampling.js";

const BARS = 10;

// Rows for the likeliest of the characters `vocab`, whose logits are given. The longest bar fills its
// place, or `full` would, where several charts are to be compared.
export function barRows(vocab, logits, temperature, topK = null, topP = null, full = null) {
  const found = likeliest(nextCharProbs(logits, temperature, topK, topP), BARS);
  const longest = full ?? found[0][1];
  return found.map(([id, prob]) => {
    const bar = element("span", { class: "rnnbook-bar" });
    bar.style.width = `${(100 * prob) / longest}%`;
    const track = element("span", { class: "rnnbook-track" }, bar);
    const name = element("span", { class: "rnnbook-sign" }, sign(vocab[id]));
    const share = element("span", {}, percent(prob, 1));
    return element("div", { class: "rnnbook-row" }, name, track, share);
  });
}

// The probability of the likeliest character.
export const highest = (logits, temperature) => Math.max(...nextCharProbs(logits, temperature));

// How undecided the distribution is, in bits.
export function entropy(logits, temperature) {
  let bits = 0;
  for (const prob of nextCharProbs(logits, temperature)) {
    if (prob > 0) bits -= prob * Math.log2(prob);
  }
  return bits;
}
