// Find the unit: choose a property of the text, and see which units follow it, and
// how well a network does that was never trained.

import { button, choice, element, field } from "./elements.js";
import { ReadingFigure } from "./reading_figure.js";
import { PROPERTIES } from "./engine/properties.js";
import { quantities } from "./engine/reading.js";
import { Strip, nameOf } from "./strip.js";

const PATIENCE = 2000; // milliseconds that a reader's expression may take
const SHOWN = 8; // units in the list
const OWN = "an expression of your own";

class UnitFinder extends ReadingFigure {
  constructor(model, el) {
    super(model, el, "unit-finder", 1500);
    this.build();
    this.showSettings();
    this.strip.fill(Array.from(model.get("text")));
    this.strip.mark(model.get("_labels"));
    this.strip.colour(model.get("_values"), this.label(model.get("_ranked")[0]?.unit));
    this.list(model.get("_ranked"), model.get("_untrained"), model.get("_counts"));
    for (const name of ["text", "property", "pattern", "quantity"]) {
      model.on(`change:${name}`, () => this.read());
    }
  }

  build() {
    const { model } = this;
    this.textField();
    const names = [...Object.keys(PROPERTIES), OWN].map((name) => [name, name]);
    this.property = choice("Property", names);
    this.pattern = field("Regular expression", element("input", { type: "text", maxlength: 200 }));
    this.pattern.input.spellcheck = false;
    const kinds = quantities(model.get("_kind")).map((name) => [name, nameOf(model.get("_kind"), name)]);
    this.quantity = choice("Look at", kinds);
    const start = button("Find", () => this.start(), true);
    const stop = button("Stop", () => this.halt("Stopped."));
    const buttons = element("div", { class: "rnnbook-buttons" }, start, stop);
    this.results = element("div", { class: "rnnbook-found", role: "group", "aria-label": "Units" });
    this.detail = element("p", { class: "rnnbook-heading", role: "status" });
    this.strip = new Strip(
      () => this.describe(),
      (event) => this.key(event),
    );
    this.strip.box.classList.add("rnnbook-bare");
    const rows = [this.text, this.property, this.pattern, this.quantity].map(({ row }) => row);
    const controls = this.group(`Find a unit of the model ${model.get("name")}`, ...rows, buttons);
    this.el.replaceChildren(controls, this.results, this.strip.box, this.detail, this.message);
    this.property.input.addEventListener("change", ({ target }) => {
      this.pattern.row.hidden = target.value !== OWN;
      this.update("property", target.value === OWN ? "" : target.value);
    });
    this.pattern.input.addEventListener("change", ({ target }) =>
      this.update("pattern", target.value),
    );
    this.quantity.input.addEventListener("change", ({ target }) =>
      this.update("quantity", target.value),
    );
  }

  showSettings() {
    const { model } = this;
    this.text.input.value = model.get("text");
    this.property.input.value = model.get("property") || OWN;
    this.pattern.row.hidden = Boolean(model.get("property"));
    this.pattern.input.value = model.get("pattern");
    this.quantity.input.value = model.get("quantity");
  }

  label(unit) {
    const name = nameOf(this.model.get("_kind"), this.model.get("quantity"));
    return `The text, coloured by the ${name} of unit ${unit}; underlined where the property holds`;
  }

  key({ key }) {
    const steps = { ArrowUp: -1, ArrowDown: 1 };
    if (!(key in steps) || !this.ranked) return false;
    const count = Math.min(SHOWN, this.ranked.length);
    this.choose((this.chosen + steps[key] + count) % count);
    return true;
  }

  // The best units, and what the same search finds in an untrained network.
  list(ranked, untrained, isCount) {
    this.ranked = ranked;
    this.isCount = isCount;
    this.chosen = 0;
    const measure = isCount ? "r²" : "AUC";
    const score = (value) => value.toFixed(2);
    this.buttons = ranked.slice(0, SHOWN).map((found, rank) => {
      const name = `unit ${found.unit}${found.sign < 0 ? " (−)" : ""}: ${score(found.score)}`;
      const made = button(name, () => this.choose(rank));
      made.setAttribute("aria-pressed", String(rank === 0));
      return made;
    });
    const chance = isCount ? "0 is chance" : "0.50 is chance";
    const heading = `Chosen on the first half of the text, scored on the second (${measure}, ${chance}):`;
    const other = `The best unit of an untrained network of this shape: ${score(untrained)}.`;
    this.results.replaceChildren(
      element("p", { class: "rnnbook-heading" }, heading),
      element("div", { class: "rnnbook-buttons rnnbook-wrap" }, ...this.buttons),
      element("p", { class: "rnnbook-null" }, other),
    );
  }

  choose(rank) {
    this.chosen = rank;
    this.buttons.forEach((made, k) => made.setAttribute("aria-pressed", String(k === rank)));
    if (!this.reading) return this.read();
    return this.colour();
  }

  colour() {
    const { unit } = this.ranked[this.chosen];
    const { values, size } = this.reading;
    this.now = this.strip.chars.map((_, t) => values[this.model.get("quantity")][t * size + unit]);
    this.strip.colour(this.now, this.label(unit));
    this.describe();
  }

  describe() {
    if (!this.now) return;
    const { at } = this.strip;
    const holds = this.marks[at];
    const says = this.isCount ? `the property is ${holds}` : holds ? "it holds" : "it does not hold";
    const { unit } = this.ranked[this.chosen];
    this.detail.textContent = `Character ${at + 1}: ${says}, unit ${unit} says ${this.now[at].toFixed(2)}.`;
  }

  // The labels; a reader's own expression gets so much time and no more.
  async labels(text) {
    const { model, engine } = this;
    const property = model.get("property") || null;
    if (property === null && !engine.isWorker) {
      throw new Error("this browser gives the page no worker, so that expressions cannot be tried");
    }
    let labels = null;
    const asked = engine.ask("labels", { text, property, pattern: model.get("pattern") }, (step) => {
      labels = step;
    });
    const watch = setTimeout(() => {
      this.engine.restart();
      this.say("The expression took too long; try a simpler one.", true);
    }, PATIENCE);
    await asked.finally(() => clearTimeout(watch));
    return labels;
  }

  read() {
    this.showSettings();
    return this.attempt(async (isNewest) => {
      const { model } = this;
      this.theEngine?.stop();
      if (!model.get("property") && !model.get("pattern")) {
        this.say("Write a regular expression: [aeiou], for instance.");
        return;
      }
      const name = model.get("name");
      const { vocab, hiddenSize } = await this.network();
      if (!isNewest()) return;
      const all = Array.from(model.get("text"));
      const kept = all.slice(0, this.longest);
      const ids = this.idsOf(vocab, kept.join(""));
      if (ids === null) return;
      this.say("Looking for the property …");
      const labels = await this.labels(kept.join(""));
      if (labels === null || !isNewest()) return;
      this.say("Reading …");
      const quantity = model.get("quantity");
      const found = [];
      for (const which of [name, `untrained ${name}`]) {
        const args = { model: which, ids, layer: 0, quantity, labels };
        const finished = await this.engine.ask("rank", args, (step) => {
          if (step.ranked) found.push(step);
          else this.progress(step, ids.length, which);
        });
        if (!finished) return;
      }
      const finished = await this.engine.ask("read", { model: name, ids, layer: 0 }, (step) => {
        if (step.values) this.reading = { values: step.values, size: hiddenSize };
      });
      if (!finished) return;
      this.strip.fill(kept);
      this.marks = labels;
      this.strip.mark(labels);
      this.list(found[0].ranked, found[1].ranked[0].score, found[0].isCount);
      this.colour();
      this.sayLeftOut(all.length - kept.length, kept.length);
    });
  }

  progress({ read }, count, which) {
    if (read && read % 50 === 0) this.say(`${which}: read ${read} of ${count} characters …`);
  }
}

export function render({ model, el }) {
  const finder = new UnitFinder(model, el);
  return () => finder.close();
}
