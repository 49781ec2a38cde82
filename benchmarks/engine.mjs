// Characters per second of the engine in JavaScript and of others that compute the same network:
// run by engine.py in Node.js and, inside a page, in Chromium.

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

// Each contestant is a function that reads an id and gives the logits, or a promise of them.
const CONTESTANTS = {
  plain: ({ before, bytes }) => {
    const { weights, config } = before.readCheckpoint(bytes);
    const size = config.hidden_size;
    const plain = {
      W_xh: nested(weights["layers.0.W_xh"]),
      W_hh: nested(weights["layers.0.W_hh"]),
      W_hy: nested(weights.W_hy),
      b_h: Array.from(weights["layers.0.b_h"].data),
      b_y: Array.from(weights.b_y.data),
    };
    const embedding = nested(weights.embedding);
    let now = { h: new Array(size).fill(0), c: new Array(size).fill(0) };
    return (id) => {
      const { logits, state } = plainStep(plain, size, embedding[id], now);
      now = state;
      return logits;
    };
  },
  before: ({ before, bytes }) => ours(before, bytes),
  onnxruntime: async ({ ort, onnx }) => {
    if (!ort) return null;
    const session = await ort.InferenceSession.create(onnx, { executionProviders: ["wasm"] });
    const [h, c] = [session.inputMetadata?.[1], session.inputMetadata?.[2]];
    const size = (h ?? c).shape.at(-1);
    const zeros = () => new ort.Tensor("float32", new Float32Array(size), [1, 1, size]);
    let state = { h: zeros(), c: zeros() };
    return async (id) => {
      const read = new ort.Tensor("int64", BigInt64Array.of(BigInt(id)), [1, 1]);
      const found = await session.run({ id: read, ...state });
      state = { h: found.h_next, c: found.c_next };
      return found.logits.data;
    };
  },
  engine: ({ engine, bytes }) => ours(engine, bytes),
};

function ours({ openNetwork, readCheckpoint }, bytes) {
  const network = openNetwork(readCheckpoint(bytes));
  const state = network.initialState();
  return (id) => network.step(id, state);
}

// A function that only reads as many bytes as the weights have, once for every call.
async function reader(code, bytes) {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
  new Uint8Array(memory.buffer).fill(1);
  const { instance } = await WebAssembly.instantiate(code, { page: { memory } });
  return () => instance.exports.read(bytes);
}

// Steps per second by the given clock, which is in seconds.
async function speed(step, seconds, clock) {
  const start = clock();
  let count = 0;
  while (clock() - start < seconds) {
    for (let k = 0; k < 10; k++) {
      const done = step();
      if (done?.then) await done;
    }
    count += 10;
  }
  return count / (clock() - start);
}

// files(name) -> bytes; `engine` and `before` hold a version of the engine each, `ort` may be null.
// -> H: {contestant: [characters a second, a round]}, with how far the logits are apart.
export async function measure({ engine, before, ort, files, sizes, seconds, rounds, clock }) {
  const found = {};
  const code = await files("reader.wasm");
  for (const size of sizes) {
    const bytes = await files(`${size}.safetensors`);
    const parts = { engine, before, ort, bytes, onnx: ort && (await files(`${size}.onnx`)) };
    const { defaultRng, drawId, nextCharProbs } = engine;
    const steps = {};
    const first = {};
    for (const [name, make] of Object.entries(CONTESTANTS)) {
      const read = await make(parts);
      if (!read) continue;
      for (let id = 0; id < 30; id++) first[name] = Array.from(await read(id)); // and warm up
      const random = defaultRng(0);
      let id = 0;
      const drawn = (logits) => void (id = drawId(nextCharProbs(logits, 1), random));
      steps[name] = () => {
        const logits = read(id);
        return logits.then ? logits.then(drawn) : drawn(logits);
      };
      steps[name]();
    }
    const bound = await reader(code, bytes.length);
    steps.bound = () => void bound();
    const apart = (name) =>
      Math.max(...first[name].map((logit, id) => Math.abs(logit - first.plain[id])));
    const speeds = Object.fromEntries(Object.keys(steps).map((name) => [name, []]));
    for (const step of Object.values(steps)) await speed(step, seconds, clock); // compiled by now
    for (let round = 0; round < rounds; round++) {
      for (const [name, step] of Object.entries(steps)) speeds[name].push(await speed(step, seconds, clock));
    }
    found[size] = { speeds, apart: Object.fromEntries(Object.keys(first).map((name) => [name, apart(name)])) };
  }
  return found;
}
