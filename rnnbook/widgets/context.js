// How a guess changes with how much of the text before it is shown.

import { choice, element, field, button, slider } from "./elements.js";
import { Drawn } from "./drawn.js";
import { Figure, percent, sign } from "./figure.js";
import { textBox } from "./strip.js";
import { likeliest } from "./engine/sampling.js";

const ROWS = 6;
const EDGE = 8; // bits at the upper edge of the curve

class Context extends Figure {
  constructor(model, el) {
    super(model, el, "context");
    this.lengths = model.get("_shown");
    this.rivals = model.get("_rivals");
    this.passages = model.get("_passages");
    this.drawn = new Drawn(model.get("_drawing"));
    this.build();
    this.take(model.get("text"));
    model.on("change:text", () => this.take(model.get("text")));
    model.on("change:place", () => this.show());
  }

  build() {
    const last = this.lengths.length - 1;
    const names = this.passages.map(({ name }, k) => [k, name]);
    this.passage = choice("Passage", [...names, ["", "your own"]]);
    this.passage.input.addEventListener("change", ({ target }) => {
      if (target.value !== "") this.update("text", this.passages[target.value].text);
      else this.text.input.focus();
    });
    this.shown = slider("Characters shown", 0, last, 1);
    this.shown.input.addEventListener("input", ({ target }) => this.update("place", Number(target.value)));
    this.text = field("Text: its last character is the one to guess", textBox(this.lengths[last] + 1));
    const read = button("Read", () => this.begin(), true);
    const stop = button("Stop", () => this.halt("Stopped."));
    const row = element("div", { class: "rnnbook-buttons" }, read, stop);
    const own = element("details", { class: "rnnbook-folded rnnbook-wide" });
    own.append(element("summary", {}, "A text of your own"), this.text.row, row);
    this.folded = own;
    this.seen = element("div", { class: "rnnbook-text", tabindex: 0, role: "region", "aria-label": "What is shown" });
    this.sides = this.rivals.map((name) => {
      const bars = element("div", { class: "rnnbook-bars" });
      const cost = element("p", { class: "rnnbook-heading" });
      const box = element("div", { class: "rnnbook-half" }, element("p", { class: "rnnbook-name" }, `The ${name}`), cost, bars);
      return { name, bars, cost, box };
    });
    const stage = element("div", { class: "rnnbook-drawn" }, this.drawn.svg);
    const halves = element("div", { class: "rnnbook-halves" }, ...this.sides.map(({ box }) => box));
    const controls = this.group("Context", this.passage.row, this.shown.row, own);
    this.el.replaceChildren(controls, this.seen, halves, stage, this.message);
  }

  // Another text: what Python found of it, or else what the network finds here.
  take(text) {
    this.text.input.value = text;
    const known = this.passages.findIndex((one) => one.text === text);
    this.passage.input.value = known < 0 ? "" : known;
    if (known < 0) return this.read();
    this.run += 1; // what is still being read is not wanted any more
    this.theEngine?.stop();
    this.el.removeAttribute("aria-busy");
    this.say("");
    this.found = { chars: Array.from(text), ...this.passages[known] };
    return this.show();
  }

  begin() {
    if (this.text.input.value === this.model.get("text")) this.read();
    else this.update("text", this.text.input.value);
  }

  read() {
    return this.attempt(async (isNewest) => {
      this.theEngine?.stop();
      const { vocab } = await this.network();
      if (!isNewest()) return;
      const most = this.lengths.at(-1) + 1;
      const chars = Array.from(this.model.get("text")).slice(-most);
      const ids = this.readable(vocab, chars.join(""), "There is no text; type at least two characters.");
      if (ids === null) return;
      if (ids.length < 2) {
        this.say("Type at least two characters: one to show, and one to guess.", true);
        return;
      }
      const lengths = this.lengths.map((length) => Math.min(length, ids.length - 1));
      const [guesses, bits] = [[], []];
      this.say("Reading …");
      const args = { model: this.model.get("name"), ids: ids.slice(0, -1), lengths };
      const finished = await this.engine.ask("context", args, ({ n, probs }) => {
        guesses[n] = likeliest(probs, ROWS).map(([id, share]) => [vocab[id], share]);
        bits[n] = -Math.log2(probs[ids.at(-1)]);
      });
      if (!finished) return;
      this.found = { chars, guesses: [guesses], bits: [bits] };
      this.show();
      this.say(`The ${this.rivals[1]} is not asked: its counts are too large for a page.`);
    });
  }

  show() {
    const place = this.model.get("place");
    const { chars, guesses, bits } = this.found;
    const before = chars.slice(0, -1);
    const length = Math.min(this.lengths[place], before.length);
    const all = length < this.lengths[place] || length === before.length ? "all " : "";
    this.shown.input.value = place;
    this.shown.value.textContent = `${all}${length}`;
    this.shown.input.setAttribute("aria-valuetext", `${all}${length} characters`);
    const cut = before.length - length;
    const hidden = element("span", { class: "rnnbook-unshown" }, before.slice(0, cut).join(""));
    const caret = element("span", { class: "rnnbook-caret" }, "?");
    const seen = element("span", { class: "rnnbook-shown" }, before.slice(cut).join(""));
    this.seen.replaceChildren(hidden, seen, caret);
    this.seen.scrollTop = this.seen.scrollHeight;
    this.sides.forEach(({ bars, cost, box }, k) => {
      box.hidden = !bits[k];
      this.drawn.show(`curve-${k}`, Boolean(bits[k]));
      if (!bits[k]) return;
      cost.textContent = `${sign(chars.at(-1))}, which came, costs it ${bits[k][place].toFixed(2)} bits`;
      const most = guesses[k][place][0][1];
      bars.replaceChildren(...guesses[k][place].map(([char, share]) => this.row(char, share, most)));
      this.bend(k, bits[k], place);
    });
  }

  row(char, share, most) {
    const bar = element("span", { class: "rnnbook-bar" });
    bar.style.width = `${(100 * share) / most}%`;
    const isTrue = char === this.found.chars.at(-1);
    const name = element("span", { class: "rnnbook-sign" }, sign(char));
    const row = element("div", { class: `rnnbook-row${isTrue ? " rnnbook-true" : ""}` }, name, element("span", { class: "rnnbook-track" }, bar));
    row.append(element("span", {}, `${isTrue ? "✓ " : ""}${percent(share, 1)}`));
    return row;
  }

  // Lay a curve of the drawing through its bits.
  bend(k, bits, place) {
    const level = (name) => Number(this.drawn.get(name).getAttribute("y1"));
    const [zero, full] = [level("level-0"), level(`level-${EDGE}`)];
    const points = bits.map((value, n) => {
      const dot = this.drawn.get(`dot-${k}-${n}`);
      dot.setAttribute("cy", (zero + ((full - zero) * Math.min(value, EDGE)) / EDGE).toFixed(1));
      return [dot.getAttribute("cx"), dot.getAttribute("cy")];
    });
    this.drawn.get(`line-${k}`).setAttribute("d", `M${points.map((point) => point.join(" ")).join("L")}`);
    const mark = this.drawn.get(`mark-${k}`);
    mark.setAttribute("cx", points[place][0]);
    mark.setAttribute("cy", points[place][1]);
  }
}

export function render({ model, el }) {
  const context = new Context(model, el);
  return () => context.close();
}
