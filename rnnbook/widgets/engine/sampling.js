// The sampler of rnnbook/sampling.py, by the same rule: same settings, same numbers, and the
// same text unless a draw is so close that the last digit of a sum decides it.

import { defaultRng } from "./rng.js";

// Probabilities (V,) of logits (V,), in double precision.
export const softmax = (logits) => heated(logits, 1);

// The same at a temperature.
function heated(logits, temperature) {
  let largest = -Infinity;
  for (let id = 0; id < logits.length; id++) if (logits[id] > largest) largest = logits[id];
  const probs = new Float64Array(logits.length);
  let sum = 0;
  for (let id = 0; id < probs.length; id++) {
    sum += probs[id] = Math.exp((logits[id] - largest) / temperature);
  }
  for (let id = 0; id < probs.length; id++) probs[id] /= sum;
  return probs;
}

// Ids from the largest value to the least; the first of equals first.
export function ranking(values) {
  const ids = Array.from(values, (_, id) => id);
  return ids.sort((a, b) => values[b] - values[a] || a - b);
}

// To a multiple of 2 ** -32: the sum with this number has no room for less.
const ROUNDING = 1.5 * 2 ** 20;
const roundLogit = (logit) => logit + ROUNDING - ROUNDING;

// Probabilities to draw from; topK and topP may be null.
export function nextCharProbs(exactLogits, temperature, topK = null, topP = null) {
  const logits = new Float64Array(exactLogits.length);
  for (let id = 0; id < logits.length; id++) logits[id] = roundLogit(exactLogits[id]);
  if (temperature === 0) {
    const probs = new Float64Array(logits.length);
    let best = 0;
    for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
    probs[best] = 1;
    return probs;
  }
  const probs = heated(logits, temperature);
  if (topK === null && topP === null) return probs;
  const order = ranking(logits);
  let kept = topK === null ? order.length : Math.min(topK, order.length);
  if (topP !== null) kept = Math.min(kept, nucleus(probs, order, kept, topP));
  for (let rank = kept; rank < order.length; rank++) probs[order[rank]] = 0;
  let sum = 0;
  for (const prob of probs) sum += prob;
  return probs.map((prob) => prob / sum);
}

function nucleus(probs, order, kept, topP) {
  let total = 0;
  for (let rank = 0; rank < kept; rank++) total += probs[order[rank]];
  let mass = 0;
  for (let rank = 0; rank < kept; rank++) {
    mass += probs[order[rank]] / total;
    if (mass >= topP - 1e-12) return rank + 1;
  }
  return kept;
}

// The first id whose cumulative probability exceeds a uniform number.
export function drawId(probs, random) {
  let total = 0;
  for (let id = 0; id < probs.length; id++) total += probs[id];
  const limit = random() * total;
  let cumulative = 0;
  let last = 0;
  for (let id = 0; id < probs.length; id++) {
    cumulative += probs[id];
    if (probs[id] > 0) last = id;
    if (cumulative > limit) return id;
  }
  return last;
}

// The likeliest characters: `count` pairs [id, probability], the first of equals first.
export function likeliest(probs, count) {
  const found = [];
  for (let id = 0; id < probs.length; id++) {
    if (found.length === count && probs[id] <= probs[found[count - 1]]) continue;
    let place = found.length;
    while (place > 0 && probs[found[place - 1]] < probs[id]) place -= 1;
    found.splice(place, 0, id);
    found.length = Math.min(found.length, count);
  }
  return found.map((id) => [id, probs[id]]);
}

const GUESSES = 5;

// A character that was drawn: {char, surprise, guesses}. A guess is a character and its
// probability at temperature 1, before this one was drawn.
function drawn(logits, id, vocab) {
  const probs = softmax(logits);
  const guesses = likeliest(probs, GUESSES).map(([guess, prob]) => [vocab[guess], prob]);
  return { char: vocab[id], surprise: -Math.log(Math.max(probs[id], 1e-300)), guesses };
}

const draw = (logits, random, { temperature, topK, topP }) =>
  drawId(nextCharProbs(logits, temperature, topK ?? null, topP ?? null), random);

// What `generate` draws first, from the logits after the prompt.
export const firstDraw = (logits, vocab, settings) =>
  drawn(logits, draw(logits, defaultRng(settings.seed), settings), vocab);

// Yields what was drawn, `length` times; the ids of the prompt are read first, and after the
// last of them {logits} is yielded. From there on a unit may be held: see `hold` of the network.
export function* generate(network, promptIds, length, settings) {
  const random = defaultRng(settings.seed);
  const state = network.initialState();
  let logits = network.logits;
  for (const id of promptIds) {
    logits = network.step(id, state);
    yield null; // reading counts as work: whoever runs this may want to pause
  }
  const held = (free) => (settings.held ? network.hold(state, settings.held) : free);
  logits = held(logits);
  yield { logits: Array.from(logits) };
  for (let count = 1; count <= length; count++) {
    const id = draw(logits, random, settings);
    yield drawn(logits, id, network.vocab);
    if (count < length) logits = held(network.step(id, state));
  }
}
