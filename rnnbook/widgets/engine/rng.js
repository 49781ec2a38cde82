// The random numbers of numpy.random.default_rng(seed), bit for bit.
//
// A SeedSequence hashes the seed into 256 bits; PCG64 (XSL-RR) turns them into a
// stream of 64-bit numbers. Sources: O'Neill (2014), "PCG: A Family of Simple Fast
// Space-Efficient Statistically Good Algorithms for Random Number Generation", and
// NumPy's documentation of SeedSequence. NumPy guarantees this stream.

const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

// A hash that changes its constant with every word it takes.
function makeHash(constant, multiplier) {
  return (word) => {
    let value = (word ^ constant) >>> 0;
    constant = Math.imul(constant, multiplier) >>> 0;
    value = Math.imul(value, constant) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  };
}

function mix(x, y) {
  const value = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) >>> 0;
  return (value ^ (value >>> 16)) >>> 0;
}

// The seed's 32-bit words, the lowest first.
function words(seed) {
  let rest = BigInt(seed);
  if (rest < 0n) throw new RangeError("the seed is a whole number of at least 0");
  const found = [];
  do {
    found.push(Number(rest & 0xffffffffn));
    rest >>= 32n;
  } while (rest > 0n);
  return found;
}

// Four 64-bit numbers from a seed, as SeedSequence(seed).generate_state(4, uint64).
export function seedState(seed) {
  const entropy = words(seed);
  const pool = [0, 0, 0, 0];
  const hash = makeHash(0x43b0d7e5, 0x931e8875);
  for (let i = 0; i < 4; i++) pool[i] = hash(entropy[i] ?? 0);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
    }
  }
  for (let from = 4; from < entropy.length; from++) {
    for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], hash(entropy[from]));
  }
  const out = makeHash(0x8b51f9dd, 0x58f38ded);
  const state = Array.from({ length: 8 }, (_, i) => BigInt(out(pool[i % 4])));
  return [0, 1, 2, 3].map((i) => state[2 * i] | (state[2 * i + 1] << 32n));
}

// A function that returns the next uniform number in [0, 1).
export function defaultRng(seed) {
  const [high, low, highSequence, lowSequence] = seedState(seed);
  const increment = ((((highSequence << 64n) | lowSequence) << 1n) | 1n) & MASK_128;
  let state = increment; // one step from 0
  state = (state + ((high << 64n) | low)) & MASK_128;
  state = (state * MULTIPLIER + increment) & MASK_128;
  return () => {
    state = (state * MULTIPLIER + increment) & MASK_128;
    const rotation = state >> 122n;
    const folded = (state >> 64n) ^ (state & MASK_64);
    const bits = ((folded >> rotation) | (folded << (64n - rotation))) & MASK_64;
    return Number(bits >> 11n) / 2 ** 53;
  };
}

// Normal numbers from uniform ones (Box and Muller, 1958).
export function normals(random) {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
