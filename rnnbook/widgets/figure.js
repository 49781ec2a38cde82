// What the figures of a network share: the engine, and a model's traits.
//
// `model` is anywidget's (get, set, on, save_changes), or the page's stand-in for
// it. Text from the network or the reader enters the page as text, never as markup.

import { element, keepKeys } from "./elements.js";
import { serve } from "./engine/jobs.js";
import { encode } from "./engine/recurrent.js";

/* global rnnbookEngine: the whole engine as one function, see assets.py */

const SIGNS = { "\n": "⏎", " ": "␣", "\t": "⇥" };

// A character as it is shown where a blank would not be seen.
export const sign = (char) => SIGNS[char] ?? char;

export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;

export const listed = (guesses) =>
  guesses.map(([guess, prob]) => `${sign(guess)} ${percent(prob)}`).join(", ");

// The two ends of a worker's port, without a worker: the same loop on the page's own thread.
function ownThread() {
  const inner = { postMessage: (data) => setTimeout(() => outer.onmessage({ data })) };
  const outer = { postMessage: (data) => setTimeout(() => inner.onmessage({ data })), terminate() {} };
  serve(inner);
  return outer;
}

function worker() {
  const source = `(${rnnbookEngine})().serve(self);`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Worker(address);
}

// The page's end of the engine. One job at a time: a newer one ends the older.
export class Engine {
  constructor() {
    this.id = 0;
    this.asked = null;
    this.loading = new Map(); // name -> {promise, resolve, reject, data, isThere}
    this.open();
  }

  open() {
    try {
      this.port = worker();
      this.isWorker = true;
      this.port.onerror = (event) => {
        event.preventDefault?.();
        this.fallBack();
      };
    } catch {
      this.port = ownThread();
      this.isWorker = false;
    }
    this.port.onmessage = ({ data }) => this.answer(data);
  }

  // The page allows no worker: everything that was asked is asked again, here.
  fallBack() {
    this.port = ownThread();
    this.isWorker = false;
    this.port.onmessage = ({ data }) => this.answer(data);
    const again = Array.from(this.loading, async ([load, { data }]) =>
      this.port.postMessage({ load, data: await data() }),
    );
    Promise.allSettled(again).then(() => this.asked && this.send());
  }

  answer({ load, network, id, batch, done, error }) {
    if (load !== undefined) {
      const entry = this.loading.get(load);
      if (error === undefined) {
        if (entry) entry.isThere = true;
        return entry?.resolve(network);
      }
      this.loading.delete(load);
      return entry?.reject(new Error(error));
    }
    const { asked } = this;
    if (asked?.id !== id) return undefined;
    if (error !== undefined) {
      this.asked = null;
      return asked.reject(new Error(error));
    }
    for (const step of batch) if (step !== null) asked.each(step);
    if (done && this.asked === asked) {
      this.asked = null;
      asked.resolve(true);
    }
    return undefined;
  }

  // Give the engine a checkpoint; `data` gives its bytes. Resolves to what it holds.
  load(name, data) {
    if (!this.loading.has(name)) {
      const entry = { data, isThere: false };
      entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
      this.loading.set(name, entry);
      data().then(
        (found) => this.port.postMessage({ load: name, data: found }),
        (problem) => {
          this.loading.delete(name); // so that the next touch tries again
          entry.reject(problem);
        },
      );
    }
    return this.loading.get(name).promise;
  }

  // Have a job done. Resolves to true at its end, to false if it was ended before.
  ask(job, args, each) {
    this.stop();
    return new Promise((resolve, reject) => {
      this.asked = { id: ++this.id, job, args, each, resolve, reject };
      this.send();
    });
  }

  send() {
    const { id, job, args } = this.asked;
    this.port.postMessage({ id, job, args });
  }

  stop() {
    const { asked } = this;
    if (!asked) return;
    this.asked = null;
    this.port.postMessage({ id: ++this.id, job: "stop" });
    asked.resolve(false);
  }

  // End whatever runs, even a job that never comes back, and begin with a new engine.
  restart() {
    this.asked?.resolve(false);
    this.asked = null;
    this.port.terminate();
    this.loading.clear();
    this.open();
  }

  close() {
    this.asked?.resolve(false);
    this.asked = null;
    this.port.terminate();
  }
}

export class Figure {
  constructor(model, el, name) {
    this.model = model;
    this.el = el;
    this.run = 0; // counts the runs: a newer one ends the older
    this.message = element("p", { class: "rnnbook-message", role: "status" });
    el.classList.add("rnnbook-live", `rnnbook-${name}`);
    keepKeys(el);
  }

  say(text, isProblem = false) {
    this.message.textContent = text;
    this.message.classList.toggle("rnnbook-problem", isProblem);
  }

  update(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  // The engine is made on first need: a figure that nobody touches costs nothing.
  get engine() {
    return (this.theEngine ??= new Engine());
  }

  group(label, ...rows) {
    return element("div", { class: "rnnbook-controls", role: "group", "aria-label": label }, ...rows);
  }

  // What the network of that name is; its weights are asked for once, on first need. How much of
  // them is there is shown until all is, or until something else is said.
  async network(name = this.model.get("name")) {
    if (!this.theEngine?.loading.get(name)?.isThere) {
      this.bar = element("progress", { max: 1, "aria-label": `Fetching the network ${name}` });
      this.say("Fetching the network … ");
      this.message.append(this.bar);
    }
    return this.load(name);
  }

  load(name) {
    const tell = (share) => {
      if (this.bar) this.bar.value = share;
    };
    return this.engine.load(name, () => loadWeights(this.model, name, tell));
  }

  // Whoever points at a button will press it: the weights are on their way.
  fetchAhead(main) {
    main.addEventListener("pointerenter", () => this.load(this.model.get("name")).catch(() => {}));
  }

  // Ids of a text, or null after saying what is wrong with it.
  readable(vocab, text, nothing) {
    const { ids, unknown } = encode(vocab, text);
    if (unknown.length) {
      this.say(`The network never read these characters: ${unknown.slice(0, 8).join(" ")}`, true);
    } else if (ids.length === 0) this.say(nothing, true);
    else return ids;
    return null;
  }

  // Do something that may fail or be overtaken. `act` gets a function that tells
  // whether this is still the newest run.
  async attempt(act) {
    const run = ++this.run;
    const isNewest = () => run === this.run;
    this.el.setAttribute("aria-busy", "true");
    try {
      await act(isNewest);
    } catch (error) {
      if (isNewest()) this.say(`The figure cannot go on: ${error.message}`, true);
    }
    if (isNewest()) this.el.removeAttribute("aria-busy");
  }

  // End what runs.
  halt(why) {
    this.run += 1;
    this.theEngine?.stop();
    this.el.removeAttribute("aria-busy");
    this.say(why);
  }

  // A view that is taken away stops working.
  close() {
    this.run += 1;
    this.theEngine?.close();
  }
}

// A checkpoint: from the kernel's message, or, in base64, from the page's own file.
async function loadWeights(model, name, tell) {
  const sent = () => model.get("_weights") ?? {};
  if (Object.keys(sent()).length === 0) return globalThis.rnnbook.weights(name, tell);
  while (!(name in sent())) {
    await new Promise((resolve) => model.on("change:_weights", resolve));
  }
  const found = sent()[name];
  return new Uint8Array(found.buffer ?? found, found.byteOffset ?? 0, found.byteLength).slice();
}
