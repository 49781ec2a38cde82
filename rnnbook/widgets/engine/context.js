// What a network guesses when it is shown only the end of a text: inspection/context.py.

import { softmax } from "./sampling.js";

// Yields {n, probs} for each of the lengths, and null on the way: the guess after the last
// `length` of ids (T,), read from nothing; of nothing, what the empty state says.
export function* byContext(network, ids, lengths) {
  for (const [n, length] of lengths.entries()) {
    const state = network.initialState();
    let logits = network.b_y;
    for (const id of ids.slice(ids.length - length)) {
      logits = network.step(id, state);
      yield null;
    }
    yield { n, probs: softmax(logits) };
  }
}
