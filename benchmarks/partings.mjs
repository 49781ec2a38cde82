// The engine of the page, in Node.js, reads texts that Python wrote: see partings.py.
//
//     node partings.mjs task.json
//
// Prints {first}: of each text the first draw that is another one, or its length if none is.
// The logits of the first texts go to a file, in double precision.

import { readFileSync, writeFileSync } from "node:fs";
import { Network, encode } from "./recurrent.js";
import { defaultRng } from "./rng.js";
import { readCheckpoint } from "./safetensors.js";
import { drawId, nextCharProbs } from "./sampling.js";

const task = JSON.parse(readFileSync(process.argv[2], "utf8"));
const ids = readFileSync(task.ids); // a byte a character, text after text
const network = new Network(readCheckpoint(new Uint8Array(readFileSync(task.checkpoint))));
const [prompt] = encode(network.vocab, task.prompt).ids;
const { temperature, top_k: topK = null, top_p: topP = null } = task.settings;
const kept = new Float64Array(task.kept * task.length * network.vocab.length);

const first = [];
for (let text = 0; text < task.texts; text++) {
  const random = defaultRng(text);
  const state = network.initialState();
  let logits = network.step(prompt, state);
  let parted = task.length;
  for (let t = 0; t < task.length; t++) {
    const position = text * task.length + t;
    if (text < task.kept) kept.set(logits, position * network.vocab.length);
    const drawn = drawId(nextCharProbs(logits, temperature, topK, topP), random);
    if (drawn !== ids[position]) parted = Math.min(parted, t);
    logits = network.step(ids[position], state);
  }
  first.push(parted);
}
writeFileSync(task.logits, kept);
console.log(JSON.stringify({ first }));
