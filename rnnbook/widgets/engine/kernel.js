// Matrix times vector, and the functions of the gates: in WebAssembly where the browser has it.
// A matrix stays as it is stored, in single precision or a byte a weight; all that is computed
// is in double, as in Python's sampler, or in whole numbers.

import { KERNEL } from "./kernel_code.js";

const PAGE = 65536; // bytes in which the memory of WebAssembly grows
const LINE = 64; // bytes to a multiple of which every array is made longer

const upTo = (count, multiple) => multiple * Math.ceil(count / multiple);

// Rows and columns of a matrix of int8 as the kernel holds it.
const padded = ([rows, columns]) => [upTo(rows, 4), upTo(columns, 8)];

// A row of a matrix, as numbers.
export function rowOf({ data, shape, scale }, row) {
  const size = shape[1];
  const factor = scale ? scale[row] : 1;
  return Float64Array.from(data.subarray(row * size, (row + 1) * size), (value) => factor * value);
}

// out[r] = bias[r] + W[r] . x, four rows at once so that x is read a quarter as often.
function affine({ data: W, scale }, x, bias, out) {
  const size = x.length;
  const rows = out.length;
  const finish = (row, sum) => (out[row] = bias[row] + (scale ? scale[row] * sum : sum));
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const a = row * size;
    const b = a + size;
    const c = b + size;
    const d = c + size;
    let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
    for (let k = 0; k < size; k++) {
      const value = x[k];
      sumA += W[a + k] * value;
      sumB += W[b + k] * value;
      sumC += W[c + k] * value;
      sumD += W[d + k] * value;
    }
    finish(row, sumA);
    finish(row + 1, sumB);
    finish(row + 2, sumC);
    finish(row + 3, sumD);
  }
  for (; row < rows; row++) {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += W[row * size + k] * x[k];
    finish(row, sum);
  }
}

const plain = {
  matrix: (tensor) => tensor,
  numbers: (length) => new Float64Array(length),
  affine,
  logistic(values) {
    for (let k = 0; k < values.length; k++) values[k] = 0.5 * Math.tanh(0.5 * values[k]) + 0.5;
  },
  tanh(values) {
    for (let k = 0; k < values.length; k++) values[k] = Math.tanh(values[k]);
  },
};

// A kernel is `matrix(tensor)`, which takes {data, shape, scale?} and gives what `affine` wants;
// `numbers(count)`, which gives zeros in double precision; and what takes such arrays alone:
// `affine(matrix, x, bias, out)`, and `logistic` and `tanh`, in place. It is told beforehand all the
// matrices that it will hold, how many numbers, and in how many arrays.
export function makeKernel({ matrices, numbers }, arrays = 64) {
  try {
    return inWebAssembly(matrices, 8 * numbers + 2 * LINE * (arrays + 4 * matrices.length));
  } catch {
    return plain;
  }
}

function inWebAssembly(matrices, more) {
  const code = Uint8Array.from(atob(KERNEL), (char) => char.charCodeAt(0));
  const widest = Math.max(...matrices.map(({ shape }) => upTo(shape[1], 8)));
  const sizes = matrices.map((tensor) => bytesOf(tensor));
  const bytes = sizes.reduce((sum, size) => sum + size, more + 4 * widest);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const page = { memory };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { page });
  let end = 0;
  const zeros = (Kind, length) => {
    const made = new Kind(memory.buffer, end, length);
    end += upTo(made.byteLength, LINE);
    return made;
  };
  const halves = zeros(Uint8Array, 4 * widest).byteOffset; // of x, in 16 bits
  return {
    matrix(tensor) {
      if (!tensor.scale) {
        const data = zeros(Float32Array, tensor.data.length);
        data.set(tensor.data);
        return { at: data.byteOffset };
      }
      const [rows, columns] = padded(tensor.shape);
      const data = zeros(Int8Array, rows * columns);
      interleave(tensor, columns, data);
      const scale = zeros(Float32Array, rows);
      scale.set(tensor.scale);
      return { at: data.byteOffset, scale: scale.byteOffset, rows, columns };
    },
    numbers: (length) => zeros(Float64Array, length),
    affine({ at, scale, rows, columns }, x, bias, out) {
      const [from, to] = [bias.byteOffset, out.byteOffset];
      if (scale === undefined) exports.affine(at, x.byteOffset, from, to, out.length, x.length);
      else {
        const step = exports.split(x.byteOffset, x.length, halves);
        exports.affine_int8(at, scale, halves, step, from, to, rows, columns);
      }
    },
    logistic: (values) => exports.squash(values.byteOffset, values.length, 1),
    tanh: (values) => exports.squash(values.byteOffset, values.length, 2),
  };
}

function bytesOf({ data, shape, scale }) {
  if (!scale) return 4 * data.length;
  const [rows, columns] = padded(shape);
  return rows * columns + 4 * rows;
}

// As affine_int8 reads a matrix: of four rows the same eight columns, then the next eight.
function interleave({ data, shape: [rows, size] }, columns, to) {
  for (let row = 0; row < rows; row++) {
    const start = (row & ~3) * columns + 8 * (row & 3);
    for (let k = 0; k < size; k++) to[start + ((k & ~7) << 2) + (k & 7)] = data[row * size + k];
  }
}
