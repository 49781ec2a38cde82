// What a and b of h = a h' + b are made of, kind by kind: numpy_networks/linear_cells.py.

// What a trace records of each kind: the blocks of a layer's `gates`.
export const LINEAR = {
  mingru: ["a"],
  minlstm: ["f", "i", "a"],
  lru: ["a"],
  s6: ["a"],
  rglru: ["r", "i", "a"],
};

const logistic = (x) => 0.5 * Math.tanh(0.5 * x) + 0.5;
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
export const silu = (x) => x * logistic(x);

// Each reads a layer's product `read`, changes h, and leaves y, `shown` and the gates.
export const CELLS = {
  mingru({ read, y, shown, gates }, h) {
    const size = h.length;
    for (let j = 0; j < size; j++) {
      const z = logistic(read[j]);
      gates[j] = 1 - z;
      h[j] = (1 - z) * h[j] + z * read[size + j];
      y[j] = shown[j] = h[j];
    }
  },
  minlstm({ read, y, shown, gates }, h) {
    const size = h.length;
    for (let j = 0; j < size; j++) {
      const a = logistic(softplus(-read[size + j]) - softplus(-read[j]));
      gates[j] = logistic(read[j]);
      gates[size + j] = logistic(read[size + j]);
      gates[2 * size + j] = a;
      h[j] = a * h[j] + (1 - a) * read[2 * size + j];
      y[j] = shown[j] = h[j];
    }
  },
  rglru({ w, read, y, shown, gates }, h) {
    const size = h.length;
    for (let j = 0; j < size; j++) {
      const r = logistic(read[j]);
      const i = logistic(read[size + j]);
      const logA = -8 * r * softplus(-w.Lambda[j]);
      const a = Math.exp(logA);
      gates[j] = r;
      gates[size + j] = i;
      gates[2 * size + j] = a;
      h[j] = a * h[j] + Math.sqrt(-Math.expm1(2 * logA)) * i * read[2 * size + j];
      y[j] = shown[j] = h[j];
    }
  },
  lru({ w, read, y, shown, gates }, h) {
    const size = h.length / 2;
    for (let j = 0; j < size; j++) {
      const a = Math.exp(-Math.exp(w.nu[j]));
      const angle = Math.exp(w.theta[j]);
      const [re, im] = [a * Math.cos(angle), a * Math.sin(angle)];
      const scale = Math.exp(w.gamma[j]);
      const real = re * h[j] - im * h[size + j] + scale * read[j];
      h[size + j] = re * h[size + j] + im * h[j] + scale * read[size + j];
      h[j] = real;
      gates[j] = a;
      y[j] = shown[j] = real;
      y[size + j] = h[size + j];
    }
  },
  s6({ w, read, y, low, dt, shown, gates }, h, { affine }) {
    const size = y.length;
    const count = h.length / size; // N
    const [B, C] = [size + low.length, size + low.length + count]; // where they begin
    low.set(read.subarray(size, B));
    affine(w.W_dt, low, w.b_dt, dt);
    for (let j = 0; j < size; j++) {
      const step = softplus(dt[j]);
      const v = read[j];
      let [sum, slowest] = [w.D[j] * v, 0];
      for (let n = 0; n < count; n++) {
        const a = Math.exp(-step * Math.exp(w.A_log[j * count + n]));
        const at = j * count + n;
        h[at] = a * h[at] + step * v * read[B + n];
        sum += read[C + n] * h[at];
        slowest = Math.max(slowest, a);
      }
      gates[j] = slowest;
      y[j] = shown[j] = sum;
    }
  },
};
