// One unit's factor along a text, and what it leaves of each earlier character.

import { button, choice, element, field } from "./elements.js";
import { percent, sign } from "./figure.js";
import { ReadingFigure } from "./reading_figure.js";
import { factorsOf, leftAt, reachOf, steadiest } from "./engine/forgetting.js";

const KINDS = {
  lstm: ["LSTM", "forget gate f"],
  gru: ["GRU", "update gate z"],
  mingru: ["minGRU", "factor 1 − z"],
  minlstm: ["minLSTM", "factor a"],
  lru: ["LRU", "factor, its size"],
  s6: ["S6", "slowest factor"],
  rglru: ["RG-LRU", "factor a"],
};

class Forgetting extends ReadingFigure {
  constructor(model, el) {
    super(model, el, "forgetting", 300);
    this.networks = model.get("_networks");
    this.readings = null; // of each network, once it has read the text here: {kept, size}
    this.chars = Array.from(model.get("text"));
    this.at = lastLetter(this.chars);
    this.build();
    this.showSettings();
    this.fill(model.get("_factors"));
    for (const name of ["text", "layer"]) model.on(`change:${name}`, () => this.read());
    model.on("change:units", () => this.show());
  }

  build() {
    const { model, networks } = this;
    this.textField();
    this.fields = networks.map(({ name, kind, units }, k) => {
      const label = `Unit, ${name} (${KINDS[kind][0]})`;
      const made = field(label, element("input", { type: "number", min: 0, max: units - 1, step: 1 }));
      made.input.addEventListener("change", ({ target }) => this.take(k, target.value));
      return made;
    });
    const layers = Math.max(...networks.map((network) => network.layers));
    this.layer = choice("Layer", Array.from({ length: layers }, (_, k) => [k, String(k + 1)]));
    this.layer.input.addEventListener("change", ({ target }) =>
      this.update("layer", Number(target.value)),
    );
    const start = button("Read", () => this.start(), true);
    const longest = button("Keeps longest", () => this.choose(true));
    const shortest = button("Keeps least", () => this.choose(false));
    const buttons = element("div", { class: "rnnbook-buttons rnnbook-wrap rnnbook-wide" }, start, longest, shortest);
    const rows = [this.text.row, ...this.fields.map(({ row }) => row)];
    if (layers > 1) rows.push(this.layer.row);
    this.table = element("div", { class: "rnnbook-strip", tabindex: 0, role: "group", dir: "auto" });
    this.table.setAttribute("aria-label", "What is kept: left and right choose the place to look back from");
    this.detail = element("p", { class: "rnnbook-detail", role: "status" });
    const controls = this.group("Forgetting: a text, and a unit of each network", ...rows, buttons);
    this.el.replaceChildren(controls, this.legend(), this.table, this.detail, this.message);
    this.table.addEventListener("keydown", (event) => {
      const last = this.chars.length - 1;
      const places = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: last };
      if (!(event.key in places)) return;
      this.point(Math.max(0, Math.min(last, places[event.key])));
      event.preventDefault();
    });
    this.table.addEventListener("click", ({ target }) => {
      const cell = target.closest("[data-t]");
      if (cell) this.point(Number(cell.dataset.t));
    });
  }

  showSettings() {
    this.text.input.value = this.model.get("text");
    this.fields.forEach(({ input }, k) => (input.value = this.model.get("units")[k]));
    this.layer.input.value = this.model.get("layer");
  }

  // The unit of one network, as the reader typed it.
  take(k, typed) {
    const most = this.networks[k].units - 1;
    const unit = Number(typed);
    if (typed === "" || !Number.isInteger(unit) || unit < 0 || unit > most) {
      this.say(`The units of ${this.networks[k].name} are numbered 0 to ${most}.`, true);
    } else this.update("units", this.model.get("units").map((old, i) => (i === k ? unit : old)));
  }

  // Of each network the unit that keeps most over this text, or least.
  async choose(isMost) {
    if (!this.readings) await this.read();
    if (!this.readings) return;
    this.update("units", this.readings.map(({ kept, size }) => steadiest(kept, size, isMost)));
  }

  read() {
    this.showSettings();
    return this.attempt(async (isNewest) => {
      this.theEngine?.stop();
      const all = Array.from(this.model.get("text"));
      const text = all.slice(0, this.longest).join("");
      const readings = [];
      for (const { name, kind, layers } of this.networks) {
        const { vocab, hiddenSize } = await this.network(name);
        if (!isNewest()) return;
        const ids = this.idsOf(vocab, text);
        if (ids === null) return;
        this.say(`${name} reads …`);
        const layer = Math.min(this.model.get("layer"), layers - 1);
        let values = null;
        const finished = await this.engine.ask("read", { model: name, ids, layer }, (step) => {
          values = step.values ?? values;
        });
        if (!finished) return;
        readings.push({ kept: factorsOf(kind, values), size: hiddenSize });
      }
      this.readings = readings;
      this.chars = all.slice(0, this.longest);
      this.at = lastLetter(this.chars);
      this.show();
      this.sayLeftOut(all.length - this.chars.length, this.chars.length);
    });
  }

  show() {
    this.showSettings();
    if (!this.readings) return this.read();
    const units = this.model.get("units");
    const factors = this.readings.map(({ kept, size }, k) =>
      this.chars.map((_, t) => kept[t * size + units[k]]),
    );
    return this.fill(factors);
  }

  // What the bars below a character are.
  legend() {
    const entries = this.networks.flatMap(({ kind }) => {
      const [name, factor] = KINDS[kind];
      return [["keeps", `${name}: its ${factor} here`], ["left", `${name}: left of this at the chosen place`]];
    });
    const items = entries.map(([share, said]) =>
      element("li", {}, element("span", { class: `rnnbook-swatch rnnbook-${share}`, "aria-hidden": "true" }), said),
    );
    return element("ul", { class: "rnnbook-legend" }, ...items);
  }

  // factors: for each network, what its unit keeps at each character (T,)
  fill(factors) {
    this.factors = factors;
    const bar = (share) => element("span", { class: `rnnbook-share rnnbook-${share}` });
    this.left = factors.map(() => []);
    const columns = this.chars.flatMap((char, t) => {
      const bars = factors.flatMap((values, k) => {
        const [kept, left] = [bar("keeps"), bar("left")];
        kept.style.setProperty("--v", values[t].toFixed(2));
        this.left[k].push(left);
        return [kept, left];
      });
      const shown = element("span", {}, sign(char));
      const column = element("span", { class: "rnnbook-shares", "data-t": t }, shown, ...bars);
      return char === "\n" ? [column, element("span", { class: "rnnbook-break" })] : [column];
    });
    this.table.replaceChildren(...columns);
    this.columns = Array.from(this.table.querySelectorAll("[data-t]"));
    this.point(Math.min(this.at, this.chars.length - 1));
  }

  // Look back from a place.
  point(at) {
    this.columns[this.at]?.classList.remove("rnnbook-here");
    this.at = at;
    this.columns[at].classList.add("rnnbook-here");
    const said = this.networks.map(({ name, kind }, k) => {
      const left = leftAt(this.factors[k], at);
      this.left[k].forEach((span, t) => span.style.setProperty("--v", (left[t] ?? 0).toFixed(3)));
      const kept = `${KINDS[kind][1]} ${this.factors[k][at].toFixed(2)}`;
      const first = `of the first character ${percent(left[0])} is left`;
      const unit = this.model.get("units")[k];
      return `${name}, unit ${unit}: ${kept}; ${gone(reachOf(left, 0.5), "half")}, ${first}.`;
    });
    this.detail.textContent = `Looking back from character ${at + 1}, “${sign(this.chars[at])}”: ${said.join(" ")}`;
  }
}

// The last place that is no line break, from which there is more to see.
const lastLetter = (chars) => {
  const at = chars.findLastIndex((char) => char !== "\n");
  return at < 0 ? chars.length - 1 : at;
};

const gone = (back, share) =>
  back === null
    ? `${share} is gone nowhere in this text`
    : `${share} of what it held is gone ${back} character${back === 1 ? "" : "s"} back`;

export function render({ model, el }) {
  const forgetting = new Forgetting(model, el);
  return () => forgetting.close();
}
