// RNN, GRU and LSTM, one character at a time: the equations of numpy_networks/model.py.
//
// Names and shapes are those of rnnbook/recurrent. A matrix is a Float32Array, row after
// row; all that is computed is in double precision. Nothing is allocated in a step.

import { makeKernel } from "./kernel.js";
import { LinearNetwork } from "./linear.js";
import { LINEAR } from "./linear_cells.js";
import { firstValues, tie } from "./linear_start.js";
import { defaultRng, normals } from "./rng.js";

const BLOCKS = { rnn: 1, gru: 3, lstm: 4 };

const sigmoid = (x) => 0.5 * Math.tanh(0.5 * x) + 0.5;

// The first layer's W_xh x + b_h for every character: a table (V, G*H).
function inputTable(kernel, W, bias, embedding, vocabSize) {
  const rows = bias.length;
  const inputs = W.length / rows;
  const table = Array.from({ length: vocabSize }, () => new Float64Array(rows));
  const [x, out] = [kernel.numbers(inputs), kernel.numbers(rows)];
  for (let id = 0; id < vocabSize; id++) {
    if (embedding) {
      x.set(embedding.data.subarray(id * inputs, (id + 1) * inputs));
      kernel.affine(W, x, bias, out);
      table[id].set(out);
    } else {
      for (let row = 0; row < rows; row++) table[id][row] = W[row * inputs + id] + bias[row];
    }
  }
  return table;
}

// How many weights and other numbers a network keeps in its kernel, or somewhat more.
function needed(network, rows) {
  const { config, vocab, weights } = network;
  let count = 0;
  for (const { data } of Object.values(weights)) count += data.length;
  const inputs = config.embedding_size || vocab.length;
  const inLayers = config.num_layers * (3 * rows + config.hidden_size);
  const around = inputs + 2 * rows + config.hidden_size + 2 * vocab.length;
  return { weights: count, numbers: inLayers + around };
}

export class Network {
  constructor({ config, vocab, weights }) {
    this.config = config;
    this.vocab = vocab;
    this.kind = config.kind;
    this.hiddenSize = config.hidden_size;
    this.weights = weights;
    const rows = BLOCKS[config.kind] * config.hidden_size;
    this.kernel = makeKernel(needed(this, rows), 8 * config.num_layers + 8);
    const { numbers } = this.kernel;
    const held = (name, zeros) => {
      const { data } = weights[name];
      const made = zeros(data.length);
      made.set(data);
      return made;
    };
    const matrix = (name) => held(name, this.kernel.weights);
    const bias = (name) => held(name, numbers);
    this.layers = Array.from({ length: config.num_layers }, (_, layer) => ({
      W_xh: matrix(`layers.${layer}.W_xh`),
      W_hh: matrix(`layers.${layer}.W_hh`),
      b_h: bias(`layers.${layer}.b_h`),
      b_hn: weights[`layers.${layer}.b_hn`]?.data,
      h: numbers(config.hidden_size), // a copy, where the kernel finds it
      fromX: numbers(rows),
      fromH: numbers(rows),
      gates: new Float64Array(rows), // of the last step, block after block
    }));
    this.zeros = numbers(rows);
    const [{ W_xh, b_h }] = this.layers;
    this.table = inputTable(this.kernel, W_xh, b_h, weights.embedding, vocab.length);
    this.W_hy = matrix("W_hy");
    this.b_y = bias("b_y");
    this.top = numbers(config.hidden_size);
    this.logits = numbers(vocab.length); // after the last step
  }

  // h and c of every layer, all zero.
  initialState() {
    return this.layers.map(() => ({
      h: new Float64Array(this.hiddenSize),
      c: new Float64Array(this.hiddenSize),
    }));
  }

  // Read one character; changes the state in place and returns the logits (V,).
  step(id, state) {
    const { affine } = this.kernel;
    let fromX = this.table[id];
    let below = null;
    this.layers.forEach((layer, index) => {
      const { h, c } = state[index];
      if (index > 0) {
        layer.h.set(below);
        affine(layer.W_xh, layer.h, layer.b_h, layer.fromX);
        fromX = layer.fromX;
      }
      layer.h.set(h);
      affine(layer.W_hh, layer.h, this.zeros, layer.fromH);
      if (this.kind === "lstm") lstmCell(fromX, layer.fromH, h, c, layer.gates);
      else if (this.kind === "gru") gruCell(fromX, layer.fromH, layer.b_hn, h, layer.gates);
      else rnnCell(fromX, layer.fromH, h, layer.gates);
      below = h;
    });
    this.top.set(below);
    affine(this.W_hy, this.top, this.b_y, this.logits);
    return this.logits;
  }
}

// The network of a checkpoint, whatever its kind.
export const openNetwork = (checkpoint) =>
  checkpoint.config.kind in LINEAR ? new LinearNetwork(checkpoint) : new Network(checkpoint);

// Ids of a text; characters that the network does not know are listed instead.
export function encode(vocab, text) {
  const known = new Map(vocab.map((char, id) => [char, id]));
  const chars = Array.from(text);
  const unknown = [...new Set(chars.filter((char) => !known.has(char)))];
  return { ids: unknown.length ? [] : chars.map((char) => known.get(char)), unknown };
}

// A network of the same shape that was never trained: its weights start as in
// rnnbook/torch_networks/rnn.py, and the forget gates of an LSTM open, at a bias of 1.
export function untrained(network, seed) {
  const { config, vocab } = network;
  const random = defaultRng(seed);
  const normal = normals(random);
  const spread = 1 / Math.sqrt(config.hidden_size);
  const uniform = () => (2 * random() - 1) * spread;
  const weights = {};
  for (const name of Object.keys(network.weights).sort()) {
    const { data, shape } = network.weights[name];
    if (config.kind in LINEAR && name !== "embedding") {
      weights[name] = { data: Float32Array.from(firstValues(config, name, shape, random)), shape };
      continue;
    }
    const drawn = Float32Array.from(data, name === "embedding" ? normal : uniform);
    if (name.endsWith(".b_h") && config.kind === "lstm") {
      drawn.fill(1, config.hidden_size, 2 * config.hidden_size);
    }
    weights[name] = { data: drawn, shape };
  }
  tie(config, weights);
  return openNetwork({ config, vocab, weights });
}

function rnnCell(fromX, fromH, h, gates) {
  for (let j = 0; j < h.length; j++) h[j] = gates[j] = Math.tanh(fromX[j] + fromH[j]);
}

function gruCell(fromX, fromH, b_hn, h, gates) {
  const size = h.length;
  for (let j = 0; j < size; j++) {
    const r = sigmoid(fromX[j] + fromH[j]);
    const z = sigmoid(fromX[size + j] + fromH[size + j]);
    const n = Math.tanh(fromX[2 * size + j] + r * (fromH[2 * size + j] + b_hn[j]));
    gates[j] = r;
    gates[size + j] = z;
    gates[2 * size + j] = n;
    h[j] = (1 - z) * n + z * h[j];
  }
}

function lstmCell(fromX, fromH, h, c, gates) {
  const size = h.length;
  for (let j = 0; j < size; j++) {
    const i = sigmoid(fromX[j] + fromH[j]);
    const f = sigmoid(fromX[size + j] + fromH[size + j]);
    const g = Math.tanh(fromX[2 * size + j] + fromH[2 * size + j]);
    const o = sigmoid(fromX[3 * size + j] + fromH[3 * size + j]);
    gates[j] = i;
    gates[size + j] = f;
    gates[2 * size + j] = g;
    gates[3 * size + j] = o;
    c[j] = f * c[j] + i * g;
    h[j] = o * Math.tanh(c[j]);
  }
}
