// Reading a mind: a text, every character coloured by what one unit says after it,
// with the five likeliest next characters underneath, as in the panes of the post.

import { button, checkbox, choice, element, stepByArrows } from "./elements.js";
import { listed, sign } from "./figure.js";
import { quantities } from "./engine/reading.js";
import { ReadingFigure } from "./reading_figure.js";
import { Strip, nameOf } from "./strip.js";

class Reader extends ReadingFigure {
  constructor(model, el) {
    super(model, el, "reader", 2000);
    this.build();
    this.showSettings();
    this.strip.fill(Array.from(model.get("text")), model.get("_guesses"));
    this.colour(model.get("_values"));
    for (const name of ["text", "layer"]) model.on(`change:${name}`, () => this.read());
    for (const name of ["unit", "quantity"]) model.on(`change:${name}`, () => this.show());
  }

  build() {
    const { model } = this;
    this.textField();
    this.unitFields();
    const names = quantities(model.get("_kind")).map((name) => [name, this.nameOf(name)]);
    this.quantity = choice("Colour by", names);
    this.guesses = checkbox("Guesses below", (isOn) =>
      this.strip.box.classList.toggle("rnnbook-bare", !isOn),
    );
    this.guesses.input.checked = true;
    this.strip = new Strip(() => this.describe(), (event) => this.key(event));
    this.map = element("canvas", { class: "rnnbook-map", tabindex: 0, role: "img" });
    this.detail = element("p", { class: "rnnbook-heading", role: "status" });
    this.el.replaceChildren(this.controls(), this.strip.box, this.detail, this.map, this.message);
    this.listen();
  }

  controls() {
    const start = button("Read", () => this.start(), true);
    const previous = button("◀", () => this.move(-1));
    previous.setAttribute("aria-label", "Previous unit");
    const next = button("▶", () => this.move(1));
    next.setAttribute("aria-label", "Next unit");
    const units = element("div", { class: "rnnbook-buttons" }, previous, this.unit.input, next);
    this.unit.row.append(units);
    const buttons = element("div", { class: "rnnbook-buttons" }, start);
    const rows = [this.text.row, buttons, this.quantity.row, this.unit.row, this.guesses.row];
    if (this.model.get("_layers") > 1) rows.splice(2, 0, this.layer.row);
    return this.group(`Read with the model ${this.model.get("name")}`, ...rows);
  }

  listen() {
    const { model } = this;
    this.quantity.input.addEventListener("change", ({ target }) =>
      this.update("quantity", target.value),
    );
    this.map.addEventListener("click", (event) => {
      const share = event.offsetY / this.map.clientHeight;
      const unit = Math.floor(share * model.get("_units"));
      this.update("unit", Math.max(0, Math.min(model.get("_units") - 1, unit)));
    });
    stepByArrows(this.map, (by) => this.strip.point(this.strip.at + by), (event) => this.key(event));
  }

  showSettings() {
    const { model } = this;
    this.text.input.value = model.get("text");
    this.quantity.input.value = model.get("quantity");
    this.layer.input.value = model.get("layer");
    this.unit.input.value = model.get("unit");
  }

  nameOf(quantity) {
    return nameOf(this.model.get("_kind"), quantity);
  }

  get label() {
    return `${this.nameOf(this.model.get("quantity"))} of unit ${this.model.get("unit")}`;
  }

  colour(values) {
    this.now = values;
    this.strip.colour(values, `The text, coloured by the ${this.label}; arrow keys move`);
    this.describe();
  }

  // One sentence on the character that the keys or the pointer chose.
  describe() {
    const { at, chars, guesses } = this.strip;
    if (at >= chars.length) return;
    const where = `After character ${at + 1}, ${sign(chars[at])}`;
    const value = (this.now[at] ?? 0).toFixed(2);
    const next = listed(guesses[at] ?? []);
    this.detail.textContent = `${where}: the ${this.label} is ${value}. Expected next: ${next}.`;
  }

  // Read the text anew: another text, or another layer.
  read() {
    return this.readText((reading) => {
      this.reading = reading;
      const { chars, vocab, guesses } = reading;
      this.strip.fill(chars, guesses.map((row) => row.map(([id, prob]) => [vocab[id], prob])));
      this.show();
    });
  }

  // Another unit or quantity of what was read; the first time, the network is fetched.
  show() {
    this.showSettings();
    if (!this.reading) return this.read();
    const { reading, model } = this;
    const values = reading.values[model.get("quantity")];
    const unit = model.get("unit");
    this.colour(this.strip.chars.map((_, t) => values[t * reading.size + unit]));
    return this.draw(values, reading.size);
  }

  // All units by all characters, the chosen one framed.
  draw(values, height) {
    const { map, model } = this;
    const width = this.strip.chars.length;
    map.width = width;
    map.height = height;
    const context = map.getContext("2d");
    const image = context.createImageData(width, height);
    for (let unit = 0; unit < height; unit++) {
      for (let t = 0; t < width; t++) {
        const value = Math.max(-1, Math.min(1, values[t * height + unit]));
        const at = 4 * (unit * width + t);
        const [red, green, blue] = value < 0 ? [33, 102, 172] : [178, 24, 43];
        image.data[at] = red;
        image.data[at + 1] = green;
        image.data[at + 2] = blue;
        image.data[at + 3] = 255 * Math.abs(value);
      }
    }
    context.putImageData(image, 0, 0);
    map.style.setProperty("--unit", `${(100 * model.get("unit")) / height}%`);
    map.setAttribute(
      "aria-label",
      `The ${this.nameOf(model.get("quantity"))} of all ${height} units after each of ${width} ` +
        `characters; unit ${model.get("unit")} is chosen. Up and down choose another.`,
    );
  }
}

export function render({ model, el }) {
  const reader = new Reader(model, el);
  return () => reader.close();
}
