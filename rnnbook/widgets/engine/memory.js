// How much each earlier character still matters: change it, and see what becomes of
// the guess at the end.

import { softmax } from "./sampling.js";

const copied = (state) =>
  state.map((layer) =>
    Object.fromEntries(Object.entries(layer).map(([name, values]) => [name, values.slice()])),
  );

// Kullback-Leibler divergence of q from p, in bits.
export function divergence(p, q) {
  let nats = 0;
  for (let id = 0; id < p.length; id++) {
    if (p[id] > 0) nats += p[id] * Math.log(p[id] / Math.max(q[id], 1e-300));
  }
  return Math.max(0, nats) / Math.LN2;
}

// The character that is put in another's place: a space, or the first that is not it.
export function stranger(id, vocab) {
  const space = vocab.indexOf(" ");
  if (space >= 0 && space !== id) return space;
  const letter = vocab.indexOf("e");
  if (letter >= 0 && letter !== id) return letter;
  return id === 0 ? 1 : 0;
}

// Yields {t, bits}, the last character first: what the guess after ids (T,) loses when
// character t is another one and everything else stays.
export function* influence(network, ids) {
  const states = [];
  const state = network.initialState();
  let logits = null;
  for (const id of ids) {
    states.push(copied(state));
    logits = network.step(id, state);
    yield null;
  }
  const before = softmax(logits);
  for (let t = ids.length - 1; t >= 0; t--) {
    const changed = states[t];
    logits = network.step(stranger(ids[t], network.vocab), changed);
    for (const id of ids.slice(t + 1)) {
      logits = network.step(id, changed);
      yield null;
    }
    yield { t, bits: divergence(before, softmax(logits)) };
  }
}
