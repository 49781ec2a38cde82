// What the figures of a text share: the box for it, the choice of a unit, and the reading.

import { choice, element, field } from "./elements.js";
import { Figure } from "./figure.js";
import { textBox } from "./strip.js";

const STEPS = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 };

export class ReadingFigure extends Figure {
  // A subclass has `read()`, which reads the text anew.
  constructor(model, el, name, longest) {
    super(model, el, name);
    this.longest = longest; // characters; what comes after them is left out
  }

  textField(label = "Text to read") {
    this.text = field(label, textBox(this.longest));
    this.text.row.classList.add("rnnbook-wide");
    return this.text;
  }

  // The unit by its number, and the layer where there are several.
  unitFields() {
    const { model } = this;
    const layers = Array.from({ length: model.get("_layers") }, (_, k) => [k, String(k + 1)]);
    this.layer = choice("Layer", layers);
    this.layer.input.addEventListener("change", ({ target }) =>
      this.update("layer", Number(target.value)),
    );
    const most = model.get("_units") - 1;
    this.unit = field("Unit", element("input", { type: "number", min: 0, max: most, step: 1 }));
    this.unit.input.addEventListener("change", ({ target }) => {
      const unit = Number(target.value);
      const isThere = target.value !== "" && Number.isInteger(unit);
      if (isThere && unit >= 0 && unit <= most) this.update("unit", unit);
      else this.say(`The units are numbered 0 to ${most}.`, true);
    });
  }

  // The button: read what stands in the box, also when it is what was read last.
  start() {
    if (this.text.input.value === this.model.get("text")) this.read();
    else this.update("text", this.text.input.value);
  }

  // Up and down choose another unit; whether the key was one of these.
  key({ key }) {
    if (key in STEPS) this.move(STEPS[key]);
    return key in STEPS;
  }

  // Another unit; after the last comes the first.
  move(by) {
    const count = this.model.get("_units");
    this.update("unit", (((this.model.get("unit") + by) % count) + count) % count);
  }

  // The kept part of the text as ids for the network of a name, or null after saying why not.
  idsOf(vocab, kept) {
    return this.readable(vocab, kept, "There is no text to read; type at least one character.");
  }

  // Have the network read the text; `show(reading)` gets {chars, ids, vocab, size, ...step}.
  readText(show) {
    this.showSettings();
    return this.attempt(async (isNewest) => {
      const { model } = this;
      this.theEngine?.stop();
      const { vocab, hiddenSize } = await this.network();
      if (!isNewest()) return;
      const all = Array.from(model.get("text"));
      const ids = this.idsOf(vocab, all.slice(0, this.longest).join(""));
      if (ids === null) return;
      this.say("Reading …");
      const args = { model: model.get("name"), ids, layer: model.get("layer") };
      let read = null;
      const finished = await this.engine.ask("read", args, (step) => {
        if (step.values) read = step;
      });
      if (!finished) return;
      show({ ...read, chars: ids.map((id) => vocab[id]), vocab, size: hiddenSize });
      this.sayLeftOut(all.length - ids.length, ids.length);
    });
  }

  sayLeftOut(rest, count) {
    this.say(rest > 0 ? `Read ${count} characters; ${rest} more were left out.` : "");
  }
}
