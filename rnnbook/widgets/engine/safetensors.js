// Checkpoints of the book, read in the browser: see rnnbook/checkpoints.py.
//
// A safetensors file is the length of its header (64 bits), the header (JSON), and
// the numbers of all tensors behind one another.

const BYTES = { F32: 4, F16: 2, I8: 1 };

function refuse(why) {
  return new Error(`this is not a whole, unchanged rnnbook checkpoint (${why})`);
}

function float16(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

// A byte a weight stays in the file's bytes; the others are copied.
function numbers(bytes, dtype) {
  if (dtype === "I8") return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const aligned = bytes.slice().buffer; // a copy that starts on a boundary
  if (dtype === "F32") return new Float32Array(aligned);
  return Float32Array.from(new Uint16Array(aligned), float16);
}

function readHeader(bytes) {
  if (bytes.byteLength < 8) throw refuse("it is too short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.byteLength - 8) throw refuse("it ends too early");
  try {
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    return { header: JSON.parse(text), start: 8 + length };
  } catch {
    throw refuse("its header cannot be read");
  }
}

function readTensors(bytes, header, start) {
  const tensors = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [first, last] = entry.data_offsets;
    const count = entry.shape.reduce((product, size) => product * size, 1);
    if (!(entry.dtype in BYTES)) throw refuse(`it stores ${entry.dtype}`);
    if (last - first !== count * BYTES[entry.dtype] || start + last > bytes.byteLength) {
      throw refuse("it ends too early");
    }
    const data = numbers(bytes.subarray(start + first, start + last), entry.dtype);
    tensors[name] = { data, shape: entry.shape };
  }
  return tensors;
}

// bytes (Uint8Array) -> {config, vocab, info, weights: name -> {data, shape}}. A matrix of int8 is
// {data, shape, scale} and keeps the bytes: row r of it is data[r] * scale[r].
export function readCheckpoint(bytes) {
  const { header, start } = readHeader(bytes);
  const text = header.__metadata__?.rnnbook;
  if (text === undefined) throw refuse("it has no description");
  const { config, vocab, info } = JSON.parse(text);
  const tensors = readTensors(bytes, header, start);
  const weights = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name.endsWith(".scale")) continue;
    const scale = tensors[`${name}.scale`];
    if (tensor.data instanceof Int8Array && !scale) throw refuse(`${name} has no scale`);
    weights[name] = scale ? { ...tensor, scale: scale.data } : tensor;
  }
  const middle = "W_in" in weights ? "layers.0.W_out" : "layers.0.W_hh"; // of a linear recurrence
  for (const name of ["W_hy", "b_y", "layers.0.W_xh", middle]) {
    if (!(name in weights)) throw refuse(`${name} is missing`);
  }
  return { config, vocab, info, weights };
}

// The shapes of weights, by name.
export const shapesOf = (weights) =>
  Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, shape]));
