// minGRU, minLSTM, LRU, S6 and RG-LRU, one character at a time: the equations of
// numpy_networks/linear.py and linear_cells.py.
//
// Names, shapes and the state are those of rnnbook/recurrent/linear.py. As in recurrent.js, matrices
// stay as they are stored and all that is computed is in double.

import { makeKernel, rowOf } from "./kernel.js";
import { CELLS, LINEAR, silu } from "./linear_cells.js";
import { shapesOf } from "./safetensors.js";

const TINY = 1e-6;
const MATRICES = new Set(["W_in", "W_xh", "W_gate", "W_out", "W_up", "W_down", "W_dt", "W_hy"]);

const ownName = (name) => name.slice(name.lastIndexOf(".") + 1);

// The matrices that a network keeps in its kernel, and how many other numbers, or somewhat more.
function neededBy({ config, vocab, stream }, weights) {
  const [matrices, others] = [[], []];
  let longest = stream + config.hidden_size + vocab.length;
  for (const [name, tensor] of Object.entries(weights)) {
    (MATRICES.has(ownName(name)) ? matrices : others).push(tensor);
    longest = Math.max(longest, ...tensor.shape);
  }
  const held = others.reduce((sum, { data }) => sum + data.length, 0);
  return { matrices, numbers: held + (9 * config.num_layers + 9) * longest };
}

export class LinearNetwork {
  constructor({ config, vocab, weights }) {
    this.config = config;
    this.vocab = vocab;
    this.kind = config.kind;
    this.hiddenSize = config.hidden_size;
    this.shapes = shapesOf(weights);
    this.stream = weights.W_in.shape[0]; // D
    this.cell = CELLS[config.kind];
    this.kernel = makeKernel(neededBy(this, weights), 32 * config.num_layers + 32);
    const { numbers } = this.kernel;
    this.u = numbers(this.stream); // the stream
    this.x = numbers(this.stream); // what a block reads of it
    this.layers = Array.from({ length: config.num_layers }, (_, layer) => this.layer(weights, layer));
    this.table = this.beginnings(weights);
    this.norm_y = weights.norm_y?.data;
    this.W_hy = this.kernel.matrix(weights.W_hy);
    this.b_y = this.held(weights.b_y);
    this.logits = numbers(vocab.length); // after the last step
  }

  // Numbers where the kernel finds them.
  held(tensor) {
    const made = this.kernel.numbers(tensor.data.length);
    const { shape, scale } = tensor;
    if (scale) for (let row = 0; row < shape[0]; row++) made.set(rowOf(tensor, row), row * shape[1]);
    else made.set(tensor.data);
    return made;
  }

  // The weights of a layer by their own names, and room for what it computes.
  layer(weights, index) {
    const { config, stream, kernel, hiddenSize } = this;
    const { numbers } = kernel;
    const prefix = `layers.${index}.`;
    const w = {};
    for (const name of Object.keys(weights).filter((each) => each.startsWith(prefix))) {
      const own = name.slice(prefix.length);
      w[own] = MATRICES.has(own) ? kernel.matrix(weights[name]) : this.held(weights[name]);
    }
    const inner = weights[`${prefix}W_out`].shape[1]; // Y
    return {
      w,
      read: numbers(w.b_h.length),
      y: numbers(inner),
      gate: numbers(hiddenSize),
      low: numbers(w.W_dt ? weights[`${prefix}W_dt`].shape[1] : 0),
      dt: numbers(hiddenSize),
      out: numbers(stream),
      none: numbers(stream), // a bias of zeros
      wide: numbers(w.b_up ? w.b_up.length : 0),
      shown: new Float64Array(hiddenSize), // what a trace calls the hidden state
      gates: new Float64Array(LINEAR[config.kind].length * hiddenSize),
    };
  }

  // What the stream begins with, for every character: W_in times its embedding.
  beginnings({ W_in, embedding }) {
    const { vocab, stream, kernel } = this;
    if (!embedding) {
      const rows = Array.from({ length: stream }, (_, d) => rowOf(W_in, d));
      return vocab.map((_, id) => Float64Array.from(rows, (row) => row[id]));
    }
    const inputs = W_in.shape[1];
    const W = kernel.matrix(W_in);
    const [embedded, none] = [kernel.numbers(inputs), kernel.numbers(stream)];
    return vocab.map((_, id) => {
      embedded.set(rowOf(embedding, id));
      kernel.affine(W, embedded, none, this.u);
      return this.u.slice();
    });
  }

  // h and what the convolution saw, of every layer, all zero.
  initialState() {
    return this.layers.map(({ w }) => ({
      h: new Float64Array(w.A_log ? w.A_log.length : w.nu ? 2 * w.nu.length : this.hiddenSize),
      conv: new Float64Array(w.conv ? w.conv.length - this.stream : 0),
    }));
  }

  // Read one character; changes the state in place and returns the logits (V,).
  step(id, state) {
    this.u.set(this.table[id]);
    this.layers.forEach((layer, index) => this.block(layer, state[index]));
    this.normalise(this.norm_y);
    this.kernel.affine(this.W_hy, this.x, this.b_y, this.logits);
    return this.logits;
  }

  block(layer, { h, conv }) {
    const { affine } = this.kernel;
    const { u, x } = this;
    const { w, read, y, gate, out } = layer;
    this.normalise(w.norm);
    if (w.W_gate) affine(w.W_gate, x, w.b_gate, gate); // which the convolution does not touch
    if (w.conv) convolve(w, x, conv);
    affine(w.W_xh, x, w.b_h, read);
    this.cell(layer, h, this.kernel);
    if (w.W_gate) {
      for (let k = 0; k < gate.length; k++) gate[k] = silu(gate[k]);
      for (let k = 0; k < y.length; k++) y[k] *= gate[k % gate.length];
    }
    affine(w.W_out, y, layer.none, out);
    for (let d = 0; d < u.length; d++) u[d] += out[d];
    if (!w.W_up) return;
    this.normalise(w.norm_mlp);
    affine(w.W_up, x, w.b_up, layer.wide);
    for (let k = 0; k < layer.wide.length; k++) layer.wide[k] = silu(layer.wide[k]);
    affine(w.W_down, layer.wide, layer.none, out);
    for (let d = 0; d < u.length; d++) u[d] += out[d];
  }

  // x: the stream, brought to mean square 1 and times the gain, if there is one.
  normalise(gain) {
    const { u, x } = this;
    x.set(u);
    if (!gain) return;
    const size = x.length;
    if (this.config.norm === "layer") {
      let sum = 0;
      for (let d = 0; d < size; d++) sum += x[d];
      for (let d = 0; d < size; d++) x[d] -= sum / size;
    }
    let squares = 0;
    for (let d = 0; d < size; d++) squares += x[d] * x[d];
    const scale = 1 / Math.sqrt(squares / size + TINY);
    for (let d = 0; d < size; d++) x[d] *= scale * gain[d];
  }
}

// SiLU of a causal convolution, channel by channel; `seen` ((K-1) D) is the oldest first.
function convolve({ conv, b_conv }, x, seen) {
  const size = x.length;
  const width = conv.length / size;
  const read = x.slice();
  for (let d = 0; d < size; d++) {
    let sum = b_conv[d] + conv[d * width + width - 1] * x[d];
    for (let k = 0; k < width - 1; k++) sum += conv[d * width + k] * seen[k * size + d];
    x[d] = silu(sum);
  }
  seen.copyWithin(0, size);
  seen.set(read, (width - 2) * size);
}
