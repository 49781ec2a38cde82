// A unit is held while the network writes: the same prompt and seed, left alone and held.

import { button, choice, element, field, slider } from "./elements.js";
import { Figure } from "./figure.js";
import { Written } from "./written.js";

// How many quotation marks a text opens and closes, as rnnbook/inspection/steering.py counts them:
// one opens where a space, a dash or a bracket stands before it.
function quotationMarks(prompt, text) {
  const chars = Array.from(prompt.slice(-1) + text);
  const marks = chars.flatMap((char, t) => (t > 0 && char === '"' ? [chars[t - 1]] : []));
  const opened = marks.filter((before) => /[\s([-]/.test(before)).length;
  return `Quotation marks: ${opened} opened, ${marks.length - opened} closed`;
}

class Steering extends Figure {
  constructor(model, el) {
    super(model, el, "steering");
    this.build();
    this.showSettings();
    const prompt = model.get("prompt");
    this.sides.forEach(({ written, note }, k) => {
      const text = model.get("_texts")[k];
      written.clear(prompt);
      for (const char of Array.from(text)) written.append({ char, surprise: 0, guesses: [] });
      note.textContent = quotationMarks(prompt, text);
    });
    for (const name of ["prompt", "which", "dose", "temperature", "seed", "length"]) {
      model.on(`change:${name}`, () => this.generate());
    }
  }

  build() {
    const { model } = this;
    const names = model.get("_held").map(({ name }, k) => [k, name]);
    this.unit = choice("Unit", names);
    this.unit.input.addEventListener("change", ({ target }) => this.update("which", Number(target.value)));
    this.dose = slider("Dose", -model.get("_strongest"), model.get("_strongest"), 0.5);
    this.dose.input.addEventListener("input", ({ target }) => this.update("dose", Number(target.value)));
    this.prompt = field("Prompt", element("textarea", { rows: 2, spellcheck: "false", maxlength: 2000 }));
    this.prompt.input.addEventListener("change", ({ target }) => this.update("prompt", target.value));
    const write = button("Write another", () => this.update("seed", model.get("seed") + 1), true);
    this.fetchAhead(write);
    const stop = button("Stop", () => this.halt("Stopped."));
    const buttons = element("div", { class: "rnnbook-buttons" }, write, stop);
    this.sides = ["Left alone", "Held"].map((label) => {
      const heading = element("p", { class: "rnnbook-heading" }, label);
      const note = element("p", { class: "rnnbook-detail" });
      const written = new Written(`What the network writes: ${label}`);
      const box = element("div", { class: "rnnbook-half" }, heading, note, written.box, written.detail);
      return { heading, note, written, box };
    });
    const label = `A unit of the model ${model.get("name")} is held`;
    this.el.replaceChildren(
      this.group(label, this.unit.row, this.dose.row, this.prompt.row, buttons),
      element("div", { class: "rnnbook-halves" }, ...this.sides.map(({ box }) => box)),
      this.message,
    );
  }

  showSettings() {
    const { model } = this;
    const dose = model.get("dose");
    const said = `${dose > 0 ? "+" : dose < 0 ? "\u2212" : ""}${Math.abs(dose)}`;
    this.unit.input.value = model.get("which");
    this.dose.input.value = dose;
    this.dose.value.textContent = `${said} standard deviations`;
    this.prompt.input.value = model.get("prompt");
    this.sides[1].heading.textContent = `Held at a dose of ${said}`;
  }

  // Where the unit is held: its states, each as far from its mean.
  get held() {
    const { layer, column, sign, values } = this.model.get("_held")[this.model.get("which")];
    const dose = sign * this.model.get("dose");
    const at = Object.entries(values).map(([name, [mean, spread]]) => [name, mean + dose * spread]);
    const held = Object.fromEntries(at);
    held.h = Math.min(1, Math.max(-1, held.h));
    return { layer, column, values: held };
  }

  generate() {
    return this.attempt(async (isNewest) => {
      const { model, held } = this;
      this.theEngine?.stop();
      this.showSettings();
      const { vocab } = await this.network();
      if (!isNewest()) return;
      const prompt = model.get("prompt");
      const ids = this.readable(vocab, prompt, "The prompt is empty; type at least one character.");
      if (ids === null) return;
      this.say("");
      const [temperature, seed] = [model.get("temperature"), model.get("seed")];
      const base = { model: model.get("name"), ids, length: model.get("length") };
      for (const [k, { written, note }] of this.sides.entries()) {
        written.clear(prompt);
        note.textContent = "";
        const settings = { temperature, seed, ...(k ? { held } : {}) };
        const finished = await this.engine.ask("generate", { ...base, settings }, (step) => {
          if (step.char) written.append(step);
        });
        if (!finished) return;
        note.textContent = quotationMarks(prompt, written.text);
      }
      this.say("Both texts began with the same random numbers.");
    });
  }
}

export function render({ model, el }) {
  const steering = new Steering(model, el);
  return () => steering.close();
}
