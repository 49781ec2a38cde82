// min-char-rnn, trained in the page: the equations and the names of numpy_networks/rnn.py.
//
// A matrix is a Float64Array, row after row: W_xh (H, V), W_hh (H, H), W_hy (V, H).

import { defaultRng, normals } from "./rng.js";
import { drawId, softmax } from "./sampling.js";

const REPORT = 10; // iterations between two reports
const SAMPLE = 100; // iterations between two samples
const LENGTH = 200; // characters of a sample

// Small weights and zero biases. `radius` scales W_hh to about that spectral radius.
export function initWeights(vocabSize, hiddenSize, random, scale = 0.01, radius = null) {
  const normal = normals(random);
  const draw = (count, spread) => Float64Array.from({ length: count }, () => normal() * spread);
  const recurrent = radius === null ? scale : radius / Math.sqrt(hiddenSize);
  return {
    W_xh: draw(hiddenSize * vocabSize, scale),
    W_hh: draw(hiddenSize * hiddenSize, recurrent),
    W_hy: draw(vocabSize * hiddenSize, scale),
    b_h: new Float64Array(hiddenSize),
    b_y: new Float64Array(vocabSize),
  };
}

// out (rows,) += W (rows, columns) x (columns,)
function addProduct(W, x, out) {
  const columns = x.length;
  for (let row = 0; row < out.length; row++) {
    const start = row * columns;
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += W[start + k] * x[k];
    out[row] += sum;
  }
}

// out (columns,) += x (rows,) W (rows, columns), the product that walks back
function addBack(W, x, out) {
  const columns = out.length;
  for (let row = 0; row < x.length; row++) {
    const start = row * columns;
    const value = x[row];
    if (value !== 0) for (let k = 0; k < columns; k++) out[k] += W[start + k] * value;
  }
}

// W (rows, columns) += a (rows,) times b (columns,)
function addOuter(W, a, b) {
  const columns = b.length;
  for (let row = 0; row < a.length; row++) {
    const start = row * columns;
    const value = a[row];
    for (let k = 0; k < columns; k++) W[start + k] += value * b[k];
  }
}

function nextHidden({ W_xh, W_hh, b_h }, vocabSize, id, h) {
  const pre = b_h.slice();
  for (let row = 0; row < pre.length; row++) pre[row] += W_xh[row * vocabSize + id];
  addProduct(W_hh, h, pre);
  return pre.map(Math.tanh);
}

// Read x (T,) from h (H,): hidden, the T + 1 states, and probs, T distributions (V,).
export function forward(weights, x, h) {
  const vocabSize = weights.b_y.length;
  const hidden = [h];
  const probs = [];
  for (const id of x) {
    hidden.push(nextHidden(weights, vocabSize, id, hidden.at(-1)));
    const logits = weights.b_y.slice();
    addProduct(weights.W_hy, hidden.at(-1), logits);
    probs.push(softmax(logits));
  }
  return { hidden, probs };
}

// {loss, gradients, h, reach}: the loss in nats, summed over the T steps; the gradients, not
// clipped; the state after the window; and the size of the last step's gradient at every step.
export function lossAndGradients(weights, x, y, h) {
  const { hidden, probs } = forward(weights, x, h);
  const vocabSize = weights.b_y.length;
  const gradients = {};
  for (const [name, value] of Object.entries(weights)) {
    gradients[name] = new Float64Array(value.length);
  }
  let loss = 0;
  let next = new Float64Array(h.length); // what flows back from step t + 1
  let last = null; // the same, of the last step's loss alone
  const reach = [];
  for (let t = x.length - 1; t >= 0; t--) {
    loss -= Math.log(probs[t][y[t]]);
    const dLogits = probs[t].slice();
    dLogits[y[t]] -= 1; // the derivative of -ln softmax
    addOuter(gradients.W_hy, dLogits, hidden[t + 1]);
    dLogits.forEach((value, id) => (gradients.b_y[id] += value));
    const dHidden = next;
    addBack(weights.W_hy, dLogits, dHidden);
    last ??= dHidden.slice();
    reach.push(Math.hypot(...last));
    const slope = hidden[t + 1].map((value) => 1 - value * value);
    const dPre = dHidden.map((value, row) => value * slope[row]);
    dPre.forEach((value, row) => {
      gradients.b_h[row] += value;
      gradients.W_xh[row * vocabSize + x[t]] += value;
    });
    addOuter(gradients.W_hh, dPre, hidden[t]);
    next = new Float64Array(h.length);
    addBack(weights.W_hh, dPre, next);
    const lastPre = last.map((value, row) => value * slope[row]);
    last = new Float64Array(h.length);
    addBack(weights.W_hh, lastPre, last);
  }
  return { loss, gradients, h: hidden.at(-1), reach: reach.map((size) => size / reach[0]) };
}

export class MinCharRnn {
  // {ids, vocab, hiddenSize, seqLen, learningRate, clipAt (null: never), radius, seed}
  constructor({ ids, vocab, hiddenSize, seqLen, learningRate, clipAt, radius, seed, weights }) {
    Object.assign(this, { ids, vocab, seqLen, learningRate, clipAt });
    this.random = defaultRng(seed);
    this.weights = weights ?? initWeights(vocab.length, hiddenSize, this.random, 0.01, radius);
    this.memory = {}; // of Adagrad
    for (const [name, value] of Object.entries(this.weights)) {
      this.memory[name] = new Float64Array(value.length);
    }
    this.h = new Float64Array(hiddenSize);
    this.iteration = 0;
    this.at = 0;
    this.mean = 0; // of the windows so far, the newest the most: nats a character
  }

  // One window: {loss, norm, reach}, the loss in nats a character. The last of a pass
  // may be shorter; with every pass the state starts at zero again.
  step() {
    if (this.at + 1 >= this.ids.length) {
      this.at = 0;
      this.h = new Float64Array(this.h.length);
    }
    const end = Math.min(this.at + this.seqLen, this.ids.length - 1);
    const [x, y] = [this.ids.slice(this.at, end), this.ids.slice(this.at + 1, end + 1)];
    const { loss, gradients, h, reach } = lossAndGradients(this.weights, x, y, this.h);
    this.at = end;
    this.h = h;
    this.iteration += 1;
    const norm = Math.hypot(...Object.values(gradients).map((g) => Math.sqrt(dot(g, g))));
    if (Number.isFinite(loss) && Number.isFinite(norm)) this.update(gradients);
    const mean = loss / x.length;
    this.mean = 0.99 * this.mean + 0.01 * mean;
    return { loss: mean, norm, reach };
  }

  // The running mean; its weights add up to one from the first window on, so that it does not lag
  // behind a start that was never measured.
  get smooth() {
    return this.mean / (1 - 0.99 ** this.iteration);
  }

  update(gradients) {
    const { clipAt, learningRate } = this;
    for (const [name, gradient] of Object.entries(gradients)) {
      const [weight, memory] = [this.weights[name], this.memory[name]];
      for (let k = 0; k < gradient.length; k++) {
        let g = gradient[k];
        if (clipAt !== null) g = Math.max(-clipAt, Math.min(clipAt, g));
        memory[k] += g * g;
        weight[k] -= (learningRate * g) / Math.sqrt(memory[k] + 1e-8);
      }
    }
  }

  // Some characters of the network's own.
  sample(length = LENGTH) {
    let h = this.h;
    let id = this.ids[this.at];
    let text = "";
    for (let drawn = 0; drawn < length; drawn++) {
      const { hidden, probs } = forward(this.weights, [id], h);
      h = hidden[1];
      id = drawId(probs[0], this.random);
      text += this.vocab[id];
    }
    return text;
  }

  // Train for as long as somebody listens; yields a report now and then.
  *run() {
    for (;;) {
      const { loss, norm, reach } = this.step();
      const { iteration, smooth } = this;
      if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
        yield { iteration, loss, norm, reach, broken: true };
        return;
      }
      const sample = iteration === 1 || iteration % SAMPLE === 0 ? this.sample() : null;
      if (sample !== null || iteration % REPORT === 0) {
        yield { iteration, loss, smooth, norm, reach, sample };
      } else {
        yield null;
      }
    }
  }
}

function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}
