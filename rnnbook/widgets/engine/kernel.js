// Matrix times vector: in WebAssembly, two numbers at once, where the browser has it. A
// matrix is in single precision, and all that is computed in double, as in Python's sampler.

// kernel.wat, compiled
const KERNEL =
  "AGFzbQEAAAABEAJgAnt7AXxgBn9/f39/fwACEAEEcGFnZQZtZW1vcnkCAAEDAwIAAQcKAQZhZmZpbmUAAQq8BwIWACAAIAH9" +
  "8AEhACAA/SEAIAD9IQGgC6IHBQd/AnsBfAh7BHwgBUECdCEGIAZBcHEhBwJAA0AgBEEESA0BIAAgBmohCiAKIAZqIQsgCyAG" +
  "aiEM/QwAAAAAAAAAAAAAAAAAAAAAIRD9DAAAAAAAAAAAAAAAAAAAAAAhEf0MAAAAAAAAAAAAAAAAAAAAACES/QwAAAAAAAAA" +
  "AAAAAAAAAAAAIRP9DAAAAAAAAAAAAAAAAAAAAAAhFP0MAAAAAAAAAAAAAAAAAAAAACEV/QwAAAAAAAAAAAAAAAAAAAAAIRb9" +
  "DAAAAAAAAAAAAAAAAAAAAAAhF0EAIQgCQANAIAggB04NASABIAhBAXRqIQkgCf0ABAAhDSAJ/QAEECEOIAAgCGohCSAQIA0g" +
  "Cf1dAwD9X/3yAf3wASEQIBQgDiAJ/V0DCP1f/fIB/fABIRQgCiAIaiEJIBEgDSAJ/V0DAP1f/fIB/fABIREgFSAOIAn9XQMI" +
  "/V/98gH98AEhFSALIAhqIQkgEiANIAn9XQMA/V/98gH98AEhEiAWIA4gCf1dAwj9X/3yAf3wASEWIAwgCGohCSATIA0gCf1d" +
  "AwD9X/3yAf3wASETIBcgDiAJ/V0DCP1f/fIB/fABIRcgCEEQaiEIDAALCyAQIBQQACEYIBEgFRAAIRkgEiAWEAAhGiATIBcQ" +
  "ACEbAkADQCAIIAZODQEgASAIQQF0aisDACEPIBggDyAAIAhqKgIAu6KgIRggGSAPIAogCGoqAgC7oqAhGSAaIA8gCyAIaioC" +
  "ALuioCEaIBsgDyAMIAhqKgIAu6KgIRsgCEEEaiEIDAALCyADIBggAisDAKA5AwAgAyAZIAIrAwigOQMIIAMgGiACKwMQoDkD" +
  "ECADIBsgAisDGKA5AxggDCAGaiEAIAJBIGohAiADQSBqIQMgBEEEayEEDAALCwJAA0AgBEUNAf0MAAAAAAAAAAAAAAAAAAAA" +
  "ACEQ/QwAAAAAAAAAAAAAAAAAAAAAIRRBACEIAkADQCAIIAdODQEgASAIQQF0aiEJIAn9AAQAIQ0gCf0ABBAhDiAAIAhqIQkg" +
  "ECANIAn9XQMA/V/98gH98AEhECAUIA4gCf1dAwj9X/3yAf3wASEUIAhBEGohCAwACwsgECAUEAAhGAJAA0AgCCAGTg0BIAEg" +
  "CEEBdGorAwAhDyAYIA8gACAIaioCALuioCEYIAhBBGohCAwACwsgAyAYIAIrAwCgOQMAIAAgBmohACACQQhqIQIgA0EIaiED" +
  "IARBAWshBAwACwsLAPQBBG5hbWUBBgEAA3N1bQKCAQIAAgABdgEBdQEcAAFXAQF4AgRiaWFzAwNvdXQEBHJvd3MFB2NvbHVt" +
  "bnMGBnN0cmlkZQcEd2lkZQgBawkCYXQKAWILAWMMAWQNAXYOAXcPAXUQAnMwEQJzMRICczITAnMzFAJ0MBUCdDEWAnQyFwJ0" +
  "MxgCZjAZAmYxGgJmMhsCZjMDYAEBDAAGc2luZ2xlAQRmb3VyAgZzdW1tZWQDCGNvbHVtbnM0BAhmaW5pc2hlZAUEcmVzdAYE" +
  "ZG9uZQcDb25lCAZzdW1tZWQJCGNvbHVtbnM0CghmaW5pc2hlZAsEcmVzdA==";

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
