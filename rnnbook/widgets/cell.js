// A cell at work: one unit, one character and one step at a time, numbers in the drawing.

import { button, choice, element, field, stepByArrows } from "./elements.js";
import { sign } from "./figure.js";
import { quantities } from "./engine/reading.js";
import { ReadingFigure } from "./reading_figure.js";
import { Strip } from "./strip.js";
import { Drawn, product, shown, sum } from "./drawn.js";

const STAGES = {
  lstm: ["inputs", "forget", "input", "candidate", "write", "output"],
  gru: ["inputs", "reset", "candidate", "update", "write"],
};
const TITLES = {
  inputs: "What arrives",
  forget: "Forget gate",
  input: "Input gate",
  candidate: "Candidate",
  write: "Write",
  output: "Output gate",
  reset: "Reset gate",
  update: "Update gate",
};

// How far a gate is open, in a word.
function openness(value) {
  if (value > 0.95) return "wide open";
  if (value > 0.65) return "mostly open";
  if (value > 0.35) return "half open";
  return value > 0.05 ? "mostly shut" : "shut";
}

// All that goes through the LSTM's drawing at one character.
function lstmNumbers({ f, i, g, o, c, h }, t) {
  const before = t > 0 ? c[t - 1] : 0;
  return {
    f: f[t], i: i[t], g: g[t], o: o[t], c: c[t], h: h[t],
    "c-before": before,
    "h-before": t > 0 ? h[t - 1] : 0,
    kept: f[t] * before,
    written: i[t] * g[t],
  }; // prettier-ignore
}

function gruNumbers({ r, z, n, h }, t) {
  const before = t > 0 ? h[t - 1] : 0;
  return {
    r: r[t], z: z[t], n: n[t], h: h[t],
    "h-before": before,
    kept: z[t] * before,
    written: (1 - z[t]) * n[t],
  }; // prettier-ignore
}

// What happens at a step, with its numbers.
const SAID = {
  lstm: {
    inputs: (v, char) =>
      `It reads ${char}. The belt brings c = ${shown(v["c-before"])}; what the unit showed before is h = ${shown(v["h-before"])}.`,
    forget: (v) =>
      `f = ${shown(v.f)}, ${openness(v.f)}. Of ${shown(v["c-before"])} the belt keeps ${shown(v.kept)}.`,
    input: (v) => `i = ${shown(v.i)}, ${openness(v.i)}: so much of what comes next is let in.`,
    candidate: (v) =>
      `g = ${shown(v.g)} is what could be written. The gate lets in ${product(v.i, v.g, v.written)}.`,
    write: (v) => `c: ${sum(v.kept, v.written, v.c)}. That goes on to the next character.`,
    output: (v) =>
      `o = ${shown(v.o)}, ${openness(v.o)}. Of tanh c = ${shown(Math.tanh(v.c))} the unit shows h = ${shown(v.h)}.`,
  },
  gru: {
    inputs: (v, char) => `It reads ${char}. The belt brings h = ${shown(v["h-before"])}, and a branch of it goes to the gates.`,
    reset: (v) => `r = ${shown(v.r)}, ${openness(v.r)}: so much of the old state reaches this unit's candidate.`,
    candidate: (v) => `n = ${shown(v.n)} is what could be written.`,
    update: (v) =>
      `z = ${shown(v.z)}, ${openness(v.z)}. Of ${shown(v["h-before"])} the belt keeps ${shown(v.kept)}.`,
    write: (v) =>
      `What is not kept is written: (1 − z) · n, which is ${product(1 - v.z, v.n, v.written)}. h: ${sum(v.kept, v.written, v.h)}.`,
  },
};

// c may be larger than 1; the colour follows what a tanh would make of it.
const BELTS = {
  lstm: [["belt-before", "c-before"], ["belt-kept", "kept"], ["belt-after", "c"]],
  gru: [["belt-before", "h-before"], ["belt-kept", "kept"], ["belt-after", "h"]],
}; // prettier-ignore

class Cell extends ReadingFigure {
  constructor(model, el) {
    super(model, el, "cell", 200);
    this.networks = model.get("_networks");
    this.build();
    this.values = model.get("_values");
    this.chars = Array.from(model.get("text"));
    this.draw();
    this.fill();
    for (const name of ["text", "name"]) model.on(`change:${name}`, () => this.read());
    model.on("change:unit", () => this.take());
    for (const name of ["at", "step"]) model.on(`change:${name}`, () => this.show());
  }

  get of() {
    const name = this.model.get("name");
    return this.networks.find((one) => one.name === name);
  }

  build() {
    const { model } = this;
    this.textField();
    this.which = choice("Network", this.networks.map(({ name, kind }) => [name, `${kind.toUpperCase()}, ${name}`]));
    this.which.input.addEventListener("change", ({ target }) => this.choose(target.value));
    this.unitField();
    const start = button("Read", () => this.start(), true);
    const read = element("div", { class: "rnnbook-buttons" }, start);
    this.strip = new Strip((t) => this.go(t, this.model.get("step")), (event) => this.key(event));
    this.stage = element("div", { class: "rnnbook-drawn", tabindex: 0, role: "group" });
    stepByArrows(this.stage, (by) => this.walk(by), (event) => this.key(event));
    this.back = button("Back", () => this.walk(-1));
    this.next = button("Next step", () => this.walk(1), true);
    this.heading = element("strong", {});
    this.sentence = element("span", {});
    const said = element("p", { class: "rnnbook-said", role: "status" }, this.heading, " ", this.sentence);
    const steps = element("div", { class: "rnnbook-buttons", role: "group", "aria-label": "Steps of the cell" }, this.back, this.next);
    const controls = this.group("A cell at work", this.text.row, this.which.row, this.unit.row, read);
    this.el.replaceChildren(controls, this.strip.box, this.stage, said, steps, this.message);
  }

  // The unit by its number, among those of the network that is chosen.
  unitField() {
    this.unit = field("Unit", element("input", { type: "number", min: 0, step: 1 }));
    this.unit.input.addEventListener("change", ({ target }) => {
      const unit = Number(target.value);
      const isThere = target.value !== "" && Number.isInteger(unit);
      if (isThere && unit >= 0 && unit < this.of.units) this.update("unit", unit);
      else this.say(`The units are numbered 0 to ${this.of.units - 1}.`, true);
    });
  }

  move(by) {
    const { units } = this.of;
    this.update("unit", (((this.model.get("unit") + by) % units) + units) % units);
  }

  showSettings() {
    this.text.input.value = this.model.get("text");
    this.which.input.value = this.model.get("name");
    this.unit.input.value = this.model.get("unit");
  }

  // Another network, at the unit that is worth looking at in it.
  choose(name) {
    const { unit } = this.networks.find((one) => one.name === name);
    this.reading = null;
    this.model.set("step", 0);
    this.model.set("name", name);
    this.update("unit", unit);
  }

  // The drawing of the network's kind.
  draw() {
    const { kind } = this.of;
    if (this.kind === kind) return;
    this.kind = kind;
    this.drawn = new Drawn(this.model.get("_drawings")[kind]);
    this.stage.replaceChildren(this.drawn.svg);
    this.unit.input.max = this.of.units - 1;
  }

  read() {
    return this.readText((reading) => {
      this.reading = reading;
      this.chars = reading.chars;
      this.draw();
      if (this.model.get("at") >= this.chars.length) this.model.set("at", 0);
      this.take();
    });
  }

  // The values of the unit, from what was read; without a reading, read first.
  take() {
    if (!this.reading) return this.read();
    const { values, size } = this.reading;
    const unit = this.model.get("unit");
    this.values = {};
    for (const name of quantities(this.kind)) {
      this.values[name] = this.chars.map((_, t) => values[name][t * size + unit]);
    }
    if (this.kind === "lstm") {
      const { f, i, g } = this.values;
      let c = 0;
      this.values.c = f.map((keep, t) => (c = keep * c + i[t] * g[t])); // not squashed
    }
    return this.fill();
  }

  fill() {
    this.showSettings();
    this.strip.fill(this.chars);
    const belt = this.values[this.kind === "lstm" ? "c" : "h"];
    const symbol = this.kind === "lstm" ? "cell state" : "hidden state";
    const label = `The text, coloured by the ${symbol} of unit ${this.model.get("unit")}; left and right choose a character`;
    this.strip.colour(belt.map(Math.tanh), label);
    this.show();
  }

  // Step by step; after the last step comes the next character.
  walk(by) {
    const last = STAGES[this.kind].length - 1;
    const [at, step] = [this.model.get("at"), this.model.get("step") + by];
    if (step > last && at + 1 < this.chars.length) this.go(at + 1, 0);
    else if (step < 0 && at > 0) this.go(at - 1, last);
    else if (step >= 0 && step <= last) this.go(at, step);
  }

  go(at, step) {
    this.model.set("at", at);
    this.update("step", step);
  }

  show() {
    const stages = STAGES[this.kind];
    const [t, step] = [this.model.get("at"), Math.min(this.model.get("step"), stages.length - 1)];
    if (t >= this.chars.length || !this.drawn) return;
    const numbers = (this.kind === "lstm" ? lstmNumbers : gruNumbers)(this.values, t);
    const char = sign(this.chars[t]);
    for (const [name, value] of Object.entries(numbers)) this.drawn.write(name, shown(value));
    this.drawn.write("x", `= ${char}`);
    for (const [belt, name] of BELTS[this.kind]) this.drawn.tone(belt, Math.tanh(1.5 * numbers[name]));
    this.reveal(stages, step);
    this.strip.at = t;
    this.strip.columns.forEach((column, k) => column.classList.toggle("rnnbook-here", k === t));
    const name = stages[step];
    this.heading.textContent = `${step + 1} of ${stages.length}. ${TITLES[name]}:`;
    this.sentence.textContent = SAID[this.kind][name](numbers, char);
    const where = `character ${t + 1}, ${char}, step ${step + 1}`;
    this.stage.setAttribute("aria-label", `The ${this.kind.toUpperCase()} cell at ${where}; left and right step, up and down choose another unit`);
    this.back.disabled = t === 0 && step === 0;
    this.next.disabled = t === this.chars.length - 1 && step === stages.length - 1;
    this.next.textContent = step === stages.length - 1 ? "Next character" : "Next step";
  }

  // The parts as far as the step; a number stands where its part does.
  reveal(stages, step) {
    this.drawn.upTo(stages, step);
    const since = { kept: this.kind === "lstm" ? "forget" : "update", written: this.kind === "lstm" ? "candidate" : "write" };
    const firsts = {
      f: "forget", i: "input", g: "candidate", o: "output", c: "write",
      h: this.kind === "lstm" ? "output" : "write",
      r: "reset", z: "update", n: "candidate", ...since,
    }; // prettier-ignore
    for (const [name, first] of Object.entries(firsts)) {
      this.drawn.get(name)?.classList.toggle("rnnbook-ahead", stages.indexOf(first) > step);
    }
    const kept = stages.indexOf(since.kept) <= step;
    const after = stages.indexOf("write") <= step;
    this.drawn.get("belt-kept").classList.toggle("rnnbook-ahead", !kept);
    this.drawn.get("belt-after").classList.toggle("rnnbook-ahead", !after);
  }
}

export function render({ model, el }) {
  const cell = new Cell(model, el);
  return () => cell.close();
}
