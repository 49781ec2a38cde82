// Matrix times vector: in WebAssembly, two numbers at once, where the browser has it. A
// matrix is in single precision, and all that is computed in double, as in Python's sampler.

// kernel.wat, compiled
const KERNEL =
  "AGFzbQEAAAABDwJgAXsBfWAGf39/f39/AAIQAQRwYWdlBm1lbW9yeQIAAQMDAgABBwoBBmFmZmluZQABCp4FAhkA" +
  "IAD9HwAgAP0fAZIgAP0fAiAA/R8DkpILgQUFBn8BewF9BHsEfSAFQQJ0IQYgBkFwcSEHAkADQCAEQQRIDQEgACAG" +
  "aiEJIAkgBmohCiAKIAZqIQv9DAAAAAAAAAAAAAAAAAAAAAAhDv0MAAAAAAAAAAAAAAAAAAAAACEP/QwAAAAAAAAA" +
  "AAAAAAAAAAAAIRD9DAAAAAAAAAAAAAAAAAAAAAAhEUEAIQgCQANAIAggB04NASABIAhq/QAEACEMIA4gDCAAIAhq" +
  "/QAEAP3mAf3kASEOIA8gDCAJIAhq/QAEAP3mAf3kASEPIBAgDCAKIAhq/QAEAP3mAf3kASEQIBEgDCALIAhq/QAE" +
  "AP3mAf3kASERIAhBEGohCAwACwsgDhAAIRIgDxAAIRMgEBAAIRQgERAAIRUCQANAIAggBk4NASABIAhqKgIAIQ0g" +
  "EiANIAAgCGoqAgCUkiESIBMgDSAJIAhqKgIAlJIhEyAUIA0gCiAIaioCAJSSIRQgFSANIAsgCGoqAgCUkiEVIAhB" +
  "BGohCAwACwsgAyASIAIqAgCSOAIAIAMgEyACKgIEkjgCBCADIBQgAioCCJI4AgggAyAVIAIqAgySOAIMIAsgBmoh" +
  "ACACQRBqIQIgA0EQaiEDIARBBGshBAwACwsCQANAIARFDQH9DAAAAAAAAAAAAAAAAAAAAAAhDkEAIQgCQANAIAgg" +
  "B04NASAOIAEgCGr9AAQAIAAgCGr9AAQA/eYB/eQBIQ4gCEEQaiEIDAALCyAOEAAhEgJAA0AgCCAGTg0BIBIgASAI" +
  "aioCACAAIAhqKgIAlJIhEiAIQQRqIQgMAAsLIAMgEiACKgIAkjgCACAAIAZqIQAgAkEEaiECIANBBGohAyAEQQFr" +
  "IQQMAAsLCwDZAQRuYW1lAQYBAANzdW0CaAIAAQABdgEWAAFXAQF4AgRiaWFzAwNvdXQEBHJvd3MFB2NvbHVtbnMG" +
  "BnN0cmlkZQcEd2lkZQgBawkBYgoBYwsBZAwBdg0BdQ4CczAPAnMxEAJzMhECczMSAmYwEwJmMRQCZjIVAmYzA2AB" +
  "AQwABnNpbmdsZQEEZm91cgIGc3VtbWVkAwhjb2x1bW5zNAQIZmluaXNoZWQFBHJlc3QGBGRvbmUHA29uZQgGc3Vt" +
  "bWVkCQhjb2x1bW5zNAoIZmluaXNoZWQLBHJlc3Q=";

const PAGE = 65536; // bytes in which the memory of WebAssembly grows

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

// A kernel is `weights(count)`, which gives zeros in single precision, `numbers(count)`,
// which gives them in double, and `affine`, which takes such arrays alone: the matrix of
// weights, all else of numbers. The counts are how many it will be asked for in all.
export function makeKernel({ weights, numbers }, arrays = 64) {
  try {
    return inWebAssembly(4 * weights + 8 * numbers + 16 * arrays);
  } catch {
    return {
      weights: (length) => new Float32Array(length),
      numbers: (length) => new Float64Array(length),
      affine,
    };
  }
}

function inWebAssembly(bytes) {
  const code = Uint8Array.from(atob(KERNEL), (char) => char.charCodeAt(0));
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const page = { memory };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { page });
  let end = 0;
  const zeros = (Kind) => (length) => {
    const made = new Kind(memory.buffer, end, length);
    end += 16 * Math.ceil(made.byteLength / 16);
    return made;
  };
  return {
    weights: zeros(Float32Array),
    numbers: zeros(Float64Array),
    affine: (W, x, bias, out) =>
      exports.affine(W.byteOffset, x.byteOffset, bias.byteOffset, out.byteOffset, out.length, x.length),
  };
}
