// The sampler: a prompt, a temperature, a length and a seed become a text.
//
// `model` is anywidget's (get, set, on, save_changes), or the page's stand-in for
// it. Everything is computed here; Python only holds the settings. Text from the
// network or the reader enters the page as text, never as markup.

import { readCheckpoint } from "./safetensors.js";
import { Network } from "./recurrent.js";
import { generate, nextCharProbs, ranking } from "./sampling.js";

const SLICE = 12; // milliseconds of work before the page gets its turn
const BARS = 10;
const SIGNS = { "\n": "⏎", " ": "␣", "\t": "⇥" };

let nextId = 0;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function field(label, input, hint) {
  input.id = `rnnbook-${nextId++}`;
  const value = hint ? element("output", { for: input.id, class: "rnnbook-value" }) : "";
  const name = element("label", { for: input.id }, label, " ", value);
  return { row: element("div", { class: "rnnbook-field" }, name, input), input, value };
}

const pause = () => new Promise((resolve) => setTimeout(resolve));

class Sampler {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.run = 0; // counts the runs: a newer one ends the older
    this.build();
    this.showSettings();
    this.showText(model.get("text"), model.get("_surprise"));
    this.showBars(model.get("_logits"));
    for (const name of ["prompt", "temperature", "length", "seed"]) {
      model.on(`change:${name}`, () => this.changed(name));
    }
  }

  build() {
    this.prompt = field("Prompt", element("textarea", { rows: 2, spellcheck: "false" }));
    this.temperature = field(
      "Temperature",
      element("input", { type: "range", min: 0, max: 2, step: 0.05 }),
      true,
    );
    this.length = field(
      "Length",
      element("input", { type: "range", min: 20, max: 1000, step: 20 }),
      true,
    );
    this.seed = field("Seed", element("input", { type: "number", min: 0, step: 1 }));
    this.start = element("button", { type: "button", class: "rnnbook-main" }, "Generate");
    this.stop = element("button", { type: "button" }, "Stop");
    this.colour = element("input", { type: "checkbox" });
    this.text = element("div", { class: "rnnbook-text", tabindex: 0, role: "region" });
    this.text.setAttribute("aria-label", "What the network wrote");
    this.message = element("p", { class: "rnnbook-message", role: "status" });
    this.bars = element("div", { class: "rnnbook-bars" });
    this.el.classList.add("rnnbook-sampler");
    this.el.replaceChildren(this.controls(), this.results(), this.message);
    this.listen();
  }

  controls() {
    const buttons = element("div", { class: "rnnbook-buttons" }, this.start, this.stop);
    const colour = element("label", { class: "rnnbook-check" }, this.colour, " Colour surprises");
    const rows = [this.prompt, this.temperature, this.length, this.seed].map(({ row }) => row);
    const group = element("div", { class: "rnnbook-controls" }, ...rows, buttons, colour);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", `Sample from the model ${this.model.get("name")}`);
    return group;
  }

  results() {
    const heading = element("p", { class: "rnnbook-heading" }, "What may come after the prompt");
    const side = element("div", { class: "rnnbook-side" }, heading, this.bars);
    return element("div", { class: "rnnbook-results" }, this.text, side);
  }

  listen() {
    const { model } = this;
    const update = (name, value) => {
      model.set(name, value);
      model.save_changes();
    };
    this.temperature.input.addEventListener("input", ({ target }) =>
      update("temperature", Number(target.value)),
    );
    this.length.input.addEventListener("input", ({ target }) =>
      update("length", Number(target.value)),
    );
    this.seed.input.addEventListener("change", ({ target }) => {
      const seed = Number(target.value);
      if (target.value !== "" && Number.isSafeInteger(seed) && seed >= 0) update("seed", seed);
      else this.say("The seed is a whole number of at least 0.", true);
    });
    this.prompt.input.addEventListener("change", ({ target }) => update("prompt", target.value));
    this.start.addEventListener("click", () => this.generate());
    this.stop.addEventListener("click", () => this.halt("Stopped."));
    this.colour.addEventListener("change", () => {
      this.text.classList.toggle("rnnbook-coloured", this.colour.checked);
    });
  }

  showSettings() {
    const { model } = this;
    this.prompt.input.value = model.get("prompt");
    this.temperature.input.value = model.get("temperature");
    this.temperature.value.textContent = model.get("temperature").toFixed(2);
    this.length.input.value = model.get("length");
    this.length.value.textContent = `${model.get("length")} characters`;
    this.seed.input.value = model.get("seed");
    this.stop.disabled = true;
  }

  // A setting has changed, here or in Python: show it and write anew.
  changed(name) {
    this.showSettings();
    if (name === "temperature") this.showBars(this.logits ?? this.model.get("_logits"));
    this.generate();
  }

  say(text, isProblem = false) {
    this.message.textContent = text;
    this.message.classList.toggle("rnnbook-problem", isProblem);
  }

  halt(why, isProblem = false) {
    this.run++;
    this.finish();
    this.say(why, isProblem);
  }

  finish() {
    this.stop.disabled = true;
    this.el.removeAttribute("aria-busy");
    this.model.set("text", this.written.join(""));
    this.model.set("running", false);
    this.model.save_changes();
  }

  // The network; its weights are asked for once, on first need.
  async network() {
    if (!this.loaded) {
      this.say("Fetching the network …");
      this.loaded = loadWeights(this.model).then((bytes) => new Network(readCheckpoint(bytes)));
      this.loaded.catch(() => (this.loaded = undefined));
    }
    return this.loaded;
  }

  async generate() {
    const run = ++this.run;
    this.written = [];
    this.stop.disabled = false;
    this.el.setAttribute("aria-busy", "true");
    try {
      const network = await this.network();
      if (run === this.run) await this.write(network, run);
    } catch (error) {
      if (run === this.run) this.halt(`The figure cannot go on: ${error.message}`, true);
    }
  }

  async write(network, run) {
    const { model } = this;
    const { ids, unknown } = network.encode(model.get("prompt"));
    const problem = unknown.length
      ? `The network never read these characters: ${unknown.slice(0, 8).join(" ")}`
      : ids.length === 0 && "The prompt is empty; type at least one character.";
    if (problem) return this.halt(problem, true);
    this.say("");
    this.showText("", []);
    model.set("running", true);
    const settings = { temperature: model.get("temperature"), seed: model.get("seed") };
    let since = performance.now();
    let read = 0;
    for (const draw of generate(network, ids, model.get("length"), settings)) {
      if (!draw && ++read === ids.length) this.showBars(Array.from(network.logits));
      if (draw) this.append(draw);
      if (performance.now() - since > SLICE) {
        await pause();
        if (run !== this.run) return undefined;
        since = performance.now();
      }
    }
    this.finish();
    return this.say(`Wrote ${this.written.length} characters.`);
  }

  append({ char, surprise }) {
    this.written.push(char);
    const span = element("span", {}, char);
    span.style.setProperty("--surprise", Math.min(1, surprise / 5).toFixed(2));
    this.text.append(span);
  }

  showText(text, surprise) {
    this.written = [];
    this.text.replaceChildren(
      element("span", { class: "rnnbook-prompt" }, this.model.get("prompt").replace(/^\n+/, "")),
    );
    Array.from(text).forEach((char, t) => this.append({ char, surprise: surprise[t] ?? 0 }));
  }

  // The likeliest characters after the prompt, at the temperature of the slider.
  showBars(logits) {
    this.logits = logits;
    const vocab = this.model.get("_vocab");
    const probs = nextCharProbs(logits, this.model.get("temperature"));
    const rows = ranking(probs)
      .slice(0, BARS)
      .map((id) => {
        const percent = `${(100 * probs[id]).toFixed(1)} %`;
        const bar = element("span", { class: "rnnbook-bar" });
        bar.style.width = `${100 * probs[id]}%`;
        const track = element("span", { class: "rnnbook-track" }, bar);
        const sign = element("span", { class: "rnnbook-sign" }, SIGNS[vocab[id]] ?? vocab[id]);
        return element("div", { class: "rnnbook-row" }, sign, track, element("span", {}, percent));
      });
    this.bars.replaceChildren(...rows);
  }
}

// Bytes of the checkpoint: from the kernel's message, or from the page's own file.
async function loadWeights(model) {
  const sent = model.get("_weights");
  if (sent && sent.byteLength) {
    return new Uint8Array(sent.buffer ?? sent, sent.byteOffset ?? 0, sent.byteLength);
  }
  return globalThis.rnnbook.weights(model.get("name"));
}

export function render({ model, el }) {
  const sampler = new Sampler(model, el);
  return () => sampler.run++; // a view that is taken away stops writing
}
