// The sampler: a prompt, a temperature, a length and a seed become a text.
//
// Everything is computed here; Python only holds the settings.

import { Figure, element, field, sign } from "./figure.js";
import { generate, nextCharProbs, ranking } from "./sampling.js";

const BARS = 10;

class Sampler extends Figure {
  constructor(model, el) {
    super(model, el, "sampler");
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
    this.bars = element("div", { class: "rnnbook-bars" });
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
    const update = (name, value) => this.update(name, value);
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
    const steps = generate(network, ids, model.get("length"), settings);
    let read = 0;
    const finished = await this.inSlices(steps, run, (draw) => {
      if (!draw && ++read === ids.length) this.showBars(Array.from(network.logits));
      if (draw) this.append(draw);
    });
    if (!finished) return undefined;
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
        const name = element("span", { class: "rnnbook-sign" }, sign(vocab[id]));
        return element("div", { class: "rnnbook-row" }, name, track, element("span", {}, percent));
      });
    this.bars.replaceChildren(...rows);
  }
}

export function render({ model, el }) {
  const sampler = new Sampler(model, el);
  return () => sampler.run++; // a view that is taken away stops writing
}
