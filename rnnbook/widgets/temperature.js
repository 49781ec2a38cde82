// Two temperatures side by side, from the same network, prompt and seed.

import { button, element, field, slider } from "./elements.js";
import { Figure } from "./figure.js";
import { barRows, entropy, highest } from "./bars.js";
import { Written } from "./written.js";

class Side {
  // `name` is the trait that holds this side's temperature.
  constructor(figure, name, label) {
    this.figure = figure;
    this.name = name;
    this.slider = slider(label, 0, 2, 0.05);
    this.slider.input.addEventListener("input", ({ target }) =>
      figure.update(name, Number(target.value)),
    );
    this.bars = element("div", { class: "rnnbook-bars" });
    this.note = element("p", { class: "rnnbook-heading" });
    this.written = new Written(`What the network writes: ${label}`);
    const parts = [this.slider.row, this.note, this.bars, this.written.box, this.written.detail];
    this.box = element("div", { class: "rnnbook-half" }, ...parts);
  }

  get temperature() {
    return this.figure.model.get(this.name);
  }

  show() {
    const { vocab, logits } = this.figure;
    this.slider.input.value = this.temperature;
    this.slider.value.textContent = this.temperature.toFixed(2);
    const full = Math.max(...this.figure.sides.map(({ temperature }) => highest(logits, temperature)));
    this.bars.replaceChildren(...barRows(vocab, logits, this.temperature, null, null, full));
    const bits = entropy(logits, this.temperature).toFixed(2);
    this.note.textContent = `The next character: ${bits} bits undecided`;
  }
}

class Temperature extends Figure {
  constructor(model, el) {
    super(model, el, "temperature");
    this.vocab = model.get("_vocab");
    this.logits = model.get("_logits");
    this.build();
    this.showSettings();
    this.sides.forEach(({ written }, k) => {
      written.clear(model.get("prompt"));
      const text = Array.from(model.get("_texts")[k]);
      for (const char of text) written.append({ char, surprise: 0, guesses: [] });
    });
    for (const side of this.sides) {
      model.on(`change:${side.name}`, () => {
        for (const one of this.sides) one.show(); // one scale for both
        this.generate();
      });
    }
    for (const name of ["prompt", "seed", "length"]) {
      model.on(`change:${name}`, () => this.generate());
    }
  }

  build() {
    this.prompt = field("Prompt", element("textarea", { rows: 2, spellcheck: "false", maxlength: 2000 }));
    this.prompt.input.addEventListener("change", ({ target }) => this.update("prompt", target.value));
    this.seed = field("Seed", element("input", { type: "number", min: 0, step: 1 }));
    this.seed.input.addEventListener("change", ({ target }) => {
      const seed = Number(target.value);
      const isThere = target.value !== "" && Number.isSafeInteger(seed) && seed >= 0;
      if (isThere) this.update("seed", seed);
      else this.say("The seed is a whole number of at least 0.", true);
    });
    const write = button("Write", () => this.generate(), true);
    this.fetchAhead(write);
    const stop = button("Stop", () => this.halt("Stopped."));
    const buttons = element("div", { class: "rnnbook-buttons" }, write, stop);
    this.sides = [
      new Side(this, "temperature", "Temperature, left"),
      new Side(this, "other", "Temperature, right"),
    ];
    const label = `Two temperatures of the model ${this.model.get("name")}`;
    this.el.replaceChildren(
      this.group(label, this.prompt.row, this.seed.row, buttons),
      element("div", { class: "rnnbook-halves" }, ...this.sides.map(({ box }) => box)),
      this.message,
    );
  }

  showSettings() {
    this.prompt.input.value = this.model.get("prompt");
    this.seed.input.value = this.model.get("seed");
    for (const side of this.sides) side.show();
  }

  generate() {
    return this.attempt(async (isNewest) => {
      const { model } = this;
      this.theEngine?.stop();
      this.showSettings();
      const { vocab } = await this.network();
      if (!isNewest()) return;
      const nothing = "The prompt is empty; type at least one character.";
      const ids = this.readable(vocab, model.get("prompt"), nothing);
      if (ids === null) return;
      this.say("");
      for (const { written } of this.sides) written.clear(model.get("prompt"));
      for (const { temperature, written } of this.sides) {
        const settings = { temperature, seed: model.get("seed") };
        const args = { model: model.get("name"), ids, length: model.get("length"), settings };
        const finished = await this.engine.ask("generate", args, (step) => {
          if (step.char) written.append(step);
          else this.logits = step.logits;
        });
        if (!finished) return;
      }
      for (const side of this.sides) side.show();
      this.say("Both texts began with the same random numbers.");
    });
  }
}

export function render({ model, el }) {
  const temperature = new Temperature(model, el);
  return () => temperature.close();
}
