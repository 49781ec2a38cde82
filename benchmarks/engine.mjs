// Characters per second of the engine in JavaScript, and of plain loops that do the same
// arithmetic: run by engine.py in Node.js and, inside a page, in Chromium.

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// W (rows of numbers) times x, one number after the other: the plain loops.
function product(W, x) {
  const out = [];
  for (let row = 0; row < W.length; row++) {
    let sum = 0;
    for (let k = 0; k < x.length; k++) sum += W[row][k] * x[k];
    out.push(sum);
  }
  return out;
}

function plainStep(weights, size, x, state) {
  const fromX = product(weights.W_xh, x);
  const fromH = product(weights.W_hh, state.h);
  const [h, c] = [[], []];
  for (let j = 0; j < size; j++) {
    const block = (k) => fromX[k * size + j] + fromH[k * size + j] + weights.b_h[k * size + j];
    c.push(sigmoid(block(1)) * state.c[j] + sigmoid(block(0)) * Math.tanh(block(2)));
    h.push(sigmoid(block(3)) * Math.tanh(c[j]));
  }
  const logits = product(weights.W_hy, h).map((value, id) => value + weights.b_y[id]);
  return { logits, state: { h, c } };
}

const nested = ({ data, shape }) =>
  Array.from({ length: shape[0] }, (_, row) => Array.from(data.slice(row * shape[1], (row + 1) * shape[1])));

function checkpoint(size, random) {
  const [vocabSize, inputs] = [65, 64];
  const draw = (...shape) => {
    const count = shape.reduce((product, length) => product * length, 1);
    const spread = 1 / Math.sqrt(size);
    return { data: Float32Array.from({ length: count }, () => (2 * random() - 1) * spread), shape };
  };
  const weights = {
    embedding: draw(vocabSize, inputs),
    "layers.0.W_xh": draw(4 * size, inputs),
    "layers.0.W_hh": draw(4 * size, size),
    "layers.0.b_h": draw(4 * size),
    W_hy: draw(vocabSize, size),
    b_y: draw(vocabSize),
  };
  const vocab = Array.from({ length: vocabSize }, (_, id) => String.fromCharCode(48 + id));
  const config = { kind: "lstm", hidden_size: size, num_layers: 1, embedding_size: inputs };
  return { config, vocab, weights };
}

function speed(step, seconds) {
  for (let warm = 0; warm < 30; warm++) step();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < 1000 * seconds) {
    for (let k = 0; k < 10; k++) step();
    count += 10;
  }
  return count / ((performance.now() - start) / 1000);
}

// {Network, defaultRng, drawId, nextCharProbs} -> H: {plain, engine}, characters per second
export function measure({ Network, defaultRng, drawId, nextCharProbs }, seconds = 1) {
  const found = {};
  for (const size of [128, 256, 512]) {
    const random = defaultRng(0);
    const whole = checkpoint(size, random);
    const { weights } = whole;
    const network = new Network(whole);
    const state = network.initialState();
    let id = 0;
    const engine = () => {
      id = drawId(nextCharProbs(network.step(id, state), 1), random);
    };
    const plain = {
      W_xh: nested(weights["layers.0.W_xh"]),
      W_hh: nested(weights["layers.0.W_hh"]),
      W_hy: nested(weights.W_hy),
      b_h: Array.from(weights["layers.0.b_h"].data),
      b_y: Array.from(weights.b_y.data),
    };
    const embedding = nested(weights.embedding);
    let now = { h: new Array(size).fill(0), c: new Array(size).fill(0) };
    let plainId = 0;
    const loops = () => {
      const { logits, state: next } = plainStep(plain, size, embedding[plainId], now);
      now = next;
      plainId = drawId(nextCharProbs(logits, 1), random);
    };
    const rounds = [0, 1, 2].map(() => [speed(loops, seconds), speed(engine, seconds)]);
    const median = (which) => rounds.map((round) => round[which]).sort((a, b) => a - b)[1];
    found[size] = { plain: Math.round(median(0)), engine: Math.round(median(1)) };
  }
  return found;
}
