// RNN, GRU and LSTM, one character at a time: the equations of numpy_networks/model.py.
//
// Names and shapes are those of rnnbook/recurrent. A matrix is {data, shape}, row after row, and
// of int8 {data, shape, scale}; all that is computed is in double precision.

import { makeKernel, rowOf } from "./kernel.js";
import { LinearNetwork } from "./linear.js";
import { LINEAR } from "./linear_cells.js";
import { firstValues, tie } from "./linear_start.js";
import { defaultRng, normals } from "./rng.js";
import { shapesOf } from "./safetensors.js";

const BLOCKS = { rnn: 1, gru: 3, lstm: 4 };
const REMEMBERED = 2 ** 21; // numbers that come of single characters, 16 MB

export class Network {
  constructor({ config, vocab, weights }) {
    this.config = config;
    this.vocab = vocab;
    this.kind = config.kind;
    this.hiddenSize = config.hidden_size;
    this.shapes = shapesOf(weights);
    this.cell = NEXT_STATE[config.kind];
    const size = config.hidden_size;
    const rows = BLOCKS[config.kind] * size;
    const { embedding } = weights;
    const prefixes = Array.from({ length: config.num_layers }, (_, layer) => `layers.${layer}.`);
    const matrices = prefixes.flatMap((at) => [weights[`${at}W_xh`], weights[`${at}W_hh`]]);
    const numbers = prefixes.length * (4 * rows + 2 * size) + rows + this.shapes.W_hy[1];
    this.kernel = makeKernel(
      { matrices: [...matrices, weights.W_hy], numbers: numbers + 2 * vocab.length + (embedding?.shape[1] ?? 0) },
      6 * prefixes.length + 4,
    );
    this.layers = prefixes.map((at) => this.layer(weights, at, rows));
    this.zeros = this.kernel.numbers(rows);
    this.input = embedding && this.kernel.numbers(embedding.shape[1]);
    const { data, ...first } = embedding ?? weights["layers.0.W_xh"];
    this.first = { ...first, data: data.slice() }; // so that the file's bytes may go
    this.fromIds = new Map(); // id -> W_xh x + b_h of the first layer, once it was asked for
    this.W_hy = this.kernel.matrix(weights.W_hy);
    this.b_y = this.held(weights.b_y);
    this.logits = this.kernel.numbers(vocab.length); // after the last step
  }

  // Numbers where the kernel finds them.
  held({ data }) {
    const made = this.kernel.numbers(data.length);
    made.set(data);
    return made;
  }

  layer(weights, at, rows) {
    const { matrix, numbers } = this.kernel;
    const size = this.hiddenSize;
    const isTable = at === "layers.0." && !weights.embedding; // whose columns are read, one a character
    const gates = numbers(rows); // of the last step, block after block
    return {
      W_xh: isTable ? null : matrix(weights[`${at}W_xh`]),
      W_hh: matrix(weights[`${at}W_hh`]),
      b_h: this.held(weights[`${at}b_h`]),
      b_hn: weights[`${at}b_hn`]?.data,
      h: numbers(size), // copies, where the kernel finds them
      squashed: numbers(size),
      fromX: numbers(rows),
      fromH: numbers(rows),
      gates,
      blocks: Array.from({ length: rows / size }, (_, k) => gates.subarray(k * size, (k + 1) * size)),
      two: gates.subarray(0, 2 * size),
    };
  }

  // What a character gives to the first layer's gates (G*H,).
  fromId(id) {
    const known = this.fromIds.get(id);
    if (known) return known;
    const [{ W_xh, b_h, fromX }] = this.layers;
    if (this.input) {
      this.input.set(rowOf(this.first, id));
      this.kernel.affine(W_xh, this.input, b_h, fromX);
    } else {
      const { data, shape, scale } = this.first;
      const [rows, inputs] = shape;
      for (let row = 0; row < rows; row++) {
        fromX[row] = data[row * inputs + id] * (scale ? scale[row] : 1) + b_h[row];
      }
    }
    if (this.fromIds.size * fromX.length > REMEMBERED) this.fromIds.clear();
    this.fromIds.set(id, fromX.slice());
    return fromX;
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
    let below = null;
    this.layers.forEach((layer, index) => {
      if (index === 0) layer.fromX.set(this.fromId(id));
      else affine(layer.W_xh, below, layer.b_h, layer.fromX);
      layer.h.set(state[index].h);
      this.cell(layer, state[index], this);
      layer.h.set(state[index].h);
      below = layer.h;
    });
    return this.says(below);
  }

  // The logits (V,) of the last layer's h, which lies where the kernel finds it.
  says(h) {
    this.kernel.affine(this.W_hy, h, this.b_y, this.logits);
    return this.logits;
  }

  // Hold a unit: its h and c become what `values` says. Changes the state and returns the logits.
  hold(state, { layer, column, values }) {
    for (const [name, value] of Object.entries(values)) state[layer][name][column] = value;
    const { h } = this.layers.at(-1);
    h.set(state.at(-1).h);
    return this.says(h);
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

// The weights of a network of the same shape that was never trained: they start as in
// rnnbook/torch_networks/rnn.py, and the forget gates of an LSTM open, at a bias of 1.
export function untrainedWeights({ config, shapes }, seed) {
  const random = defaultRng(seed);
  const normal = normals(random);
  const spread = 1 / Math.sqrt(config.hidden_size);
  const uniform = () => (2 * random() - 1) * spread;
  const weights = {};
  for (const name of Object.keys(shapes).sort()) {
    const shape = shapes[name];
    if (config.kind in LINEAR && name !== "embedding") {
      weights[name] = { data: Float32Array.from(firstValues(config, name, shape, random)), shape };
      continue;
    }
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let k = 0; k < data.length; k++) data[k] = name === "embedding" ? normal() : uniform();
    if (name.endsWith(".b_h") && config.kind === "lstm") {
      data.fill(1, config.hidden_size, 2 * config.hidden_size);
    }
    weights[name] = { data, shape };
  }
  if (config.kind in LINEAR) tie(config, weights);
  return weights;
}

export const untrained = (network, seed) =>
  openNetwork({ ...network, weights: untrainedWeights(network, seed) });

// Each reads what a character gave to a layer, `fromX`, and the state, and changes the state.
const NEXT_STATE = {
  rnn({ W_hh, h: before, fromX, gates }, { h }, { kernel }) {
    kernel.affine(W_hh, before, fromX, gates);
    kernel.tanh(gates);
    h.set(gates);
  },
  gru({ W_hh, h: before, b_hn, fromX, fromH, blocks: [r, z, n], two }, { h }, { kernel, zeros }) {
    const size = h.length;
    kernel.affine(W_hh, before, zeros, fromH);
    for (let j = 0; j < 2 * size; j++) two[j] = fromX[j] + fromH[j];
    kernel.logistic(two);
    for (let j = 0; j < size; j++) n[j] = fromX[2 * size + j] + r[j] * (fromH[2 * size + j] + b_hn[j]);
    kernel.tanh(n);
    for (let j = 0; j < size; j++) h[j] = (1 - z[j]) * n[j] + z[j] * h[j];
  },
  lstm({ W_hh, h: before, fromX, gates, blocks: [i, f, g, o], two, squashed }, { h, c }, { kernel }) {
    const size = h.length;
    kernel.affine(W_hh, before, fromX, gates);
    kernel.logistic(two);
    kernel.tanh(g);
    kernel.logistic(o);
    for (let j = 0; j < size; j++) c[j] = f[j] * c[j] + i[j] * g[j];
    squashed.set(c);
    kernel.tanh(squashed);
    for (let j = 0; j < size; j++) h[j] = o[j] * squashed[j];
  },
};
