// RNN, GRU and LSTM, one character at a time: the equations of numpy_model.py.
//
// Names and shapes are those of rnnbook/recurrent.py. A matrix is a Float32Array,
// row after row. Nothing is allocated in a step.

import { defaultRng, normals } from "./rng.js";

const BLOCKS = { rnn: 1, gru: 3, lstm: 4 };

const sigmoid = (x) => 0.5 * Math.tanh(0.5 * x) + 0.5;

// out[r] = bias[r] + W[r] . x, four rows at once so that x is read a quarter as often.
export function affine(W, x, bias, out) {
  const size = x.length;
  const rows = out.length;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const a = row * size;
    const b = a + size;
    const c = b + size;
    const d = c + size;
    let sumA = bias[row];
    let sumB = bias[row + 1];
    let sumC = bias[row + 2];
    let sumD = bias[row + 3];
    for (let k = 0; k < size; k++) {
      const value = x[k];
      sumA += W[a + k] * value;
      sumB += W[b + k] * value;
      sumC += W[c + k] * value;
      sumD += W[d + k] * value;
    }
    out[row] = sumA;
    out[row + 1] = sumB;
    out[row + 2] = sumC;
    out[row + 3] = sumD;
  }
  for (; row < rows; row++) {
    let sum = bias[row];
    for (let k = 0; k < size; k++) sum += W[row * size + k] * x[k];
    out[row] = sum;
  }
}

// The first layer's W_xh x + b_h for every character: a table (V, G*H).
function inputTable(weights, vocabSize, rows) {
  const W = weights["layers.0.W_xh"].data;
  const bias = weights["layers.0.b_h"].data;
  const table = Array.from({ length: vocabSize }, () => new Float32Array(rows));
  const inputs = W.length / rows;
  for (let id = 0; id < vocabSize; id++) {
    if (weights.embedding) {
      const x = weights.embedding.data.subarray(id * inputs, (id + 1) * inputs);
      affine(W, x, bias, table[id]);
    } else {
      for (let row = 0; row < rows; row++) table[id][row] = W[row * inputs + id] + bias[row];
    }
  }
  return table;
}

export class Network {
  constructor({ config, vocab, weights }) {
    this.config = config;
    this.vocab = vocab;
    this.kind = config.kind;
    this.hiddenSize = config.hidden_size;
    this.weights = weights;
    const rows = BLOCKS[config.kind] * config.hidden_size;
    this.table = inputTable(weights, vocab.length, rows);
    this.layers = Array.from({ length: config.num_layers }, (_, layer) => ({
      W_xh: weights[`layers.${layer}.W_xh`].data,
      W_hh: weights[`layers.${layer}.W_hh`].data,
      b_h: weights[`layers.${layer}.b_h`].data,
      b_hn: weights[`layers.${layer}.b_hn`]?.data,
      fromX: new Float32Array(rows),
      fromH: new Float32Array(rows),
      gates: new Float32Array(rows), // of the last step, block after block
    }));
    this.zeros = new Float32Array(rows);
    this.logits = new Float32Array(vocab.length); // after the last step
  }

  // h and c of every layer, all zero.
  initialState() {
    return this.layers.map(() => ({
      h: new Float32Array(this.hiddenSize),
      c: new Float32Array(this.hiddenSize),
    }));
  }

  // Read one character; changes the state in place and returns the logits (V,).
  step(id, state) {
    let fromX = this.table[id];
    this.layers.forEach((layer, index) => {
      const { h, c } = state[index];
      if (index > 0) {
        affine(layer.W_xh, state[index - 1].h, layer.b_h, layer.fromX);
        fromX = layer.fromX;
      }
      affine(layer.W_hh, h, this.zeros, layer.fromH);
      if (this.kind === "lstm") lstmCell(fromX, layer.fromH, h, c, layer.gates);
      else if (this.kind === "gru") gruCell(fromX, layer.fromH, layer.b_hn, h, layer.gates);
      else rnnCell(fromX, layer.fromH, h, layer.gates);
    });
    const top = state[state.length - 1].h;
    affine(this.weights.W_hy.data, top, this.weights.b_y.data, this.logits);
    return this.logits;
  }

}

// Ids of a text; characters that the network does not know are listed instead.
export function encode(vocab, text) {
  const known = new Map(vocab.map((char, id) => [char, id]));
  const chars = Array.from(text);
  const unknown = [...new Set(chars.filter((char) => !known.has(char)))];
  return { ids: unknown.length ? [] : chars.map((char) => known.get(char)), unknown };
}

// A network of the same shape that was never trained: its weights start as in
// rnnbook/torch_rnn.py, and the forget gates of an LSTM open, at a bias of 1.
export function untrained(network, seed) {
  const { config, vocab } = network;
  const random = defaultRng(seed);
  const normal = normals(random);
  const spread = 1 / Math.sqrt(config.hidden_size);
  const uniform = () => (2 * random() - 1) * spread;
  const weights = {};
  for (const name of Object.keys(network.weights).sort()) {
    const { data, shape } = network.weights[name];
    const drawn = Float32Array.from(data, name === "embedding" ? normal : uniform);
    if (name.endsWith(".b_h") && config.kind === "lstm") {
      drawn.fill(1, config.hidden_size, 2 * config.hidden_size);
    }
    weights[name] = { data: drawn, shape };
  }
  return new Network({ config, vocab, weights });
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
