// The sums of a linear recurrence: which pairs are joined when, and what that costs.

import { button, choice, element, field, keepKeys, slider } from "./elements.js";
import { range, schedule, turnsOf } from "./schedules.js";
import { drawTree, short } from "./tree.js";

const MOST = 16; // places, and processors
const POINT = "Point at a box, or use the arrow keys, to see which steps it holds.";

const count = (number, name) => `${number} ${name}${number === 1 ? "" : "s"}`;

class Scan {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.at = null; // the node that was pointed at: {row, t}
    el.classList.add("rnnbook-live", "rnnbook-scan");
    keepKeys(el);
    this.build();
    this.show();
    for (const name of ["way", "length", "processors", "factors", "inputs"]) {
      model.on(`change:${name}`, () => this.begin());
    }
    model.on("change:step", () => this.show());
  }

  update(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  build() {
    const { model } = this;
    this.plan = this.compute();
    this.way = choice("Way", model.get("_ways"));
    this.way.input.addEventListener("change", ({ target }) => this.update("way", target.value));
    this.sliders = { length: ["Length", 2], processors: ["Processors", 1] };
    for (const [name, [label, least]] of Object.entries(this.sliders)) {
      this[name] = slider(label, least, MOST, 1);
      this[name].input.addEventListener("input", ({ target }) =>
        this.update(name, Number(target.value)),
      );
    }
    for (const [name, label] of [["factors", "Factors a"], ["inputs", "Inputs b"]]) {
      this[name] = field(label, element("input", { type: "text", maxlength: 200, spellcheck: "false" }));
      this[name].input.addEventListener("change", () => this.take(name, label));
    }
    this.back = button("Back", () => this.move(-1));
    this.next = button("Next", () => this.move(1), true);
    this.end = button("To the end", () => this.move(this.plan.turns));
    this.again = button("Start again", () => this.move(-this.plan.turns));
    const buttons = element("div", { class: "rnnbook-buttons rnnbook-wrap rnnbook-wide" });
    buttons.append(this.back, this.next, this.end, this.again);
    const controls = element("div", { class: "rnnbook-controls", role: "group" });
    controls.setAttribute("aria-label", "Settings of the scan");
    const fields = [this.way, this.length, this.processors, this.factors, this.inputs];
    controls.append(...fields.map(({ row }) => row), buttons);
    this.stage = element("div", { class: "rnnbook-tree", tabindex: 0, role: "group" });
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("click", ({ target }) => {
      const { row, t } = target.closest("[data-row]")?.dataset ?? {};
      if (row !== undefined) this.point(Number(row), Number(t));
    });
    this.message = element("p", { class: "rnnbook-message", role: "status" });
    this.detail = element("p", { class: "rnnbook-detail", role: "status" });
    this.table = element("table", { class: "rnnbook-costs" });
    this.el.replaceChildren(controls, this.message, this.stage, this.detail, this.table);
  }

  // The numbers that the reader typed.
  take(name, label) {
    const words = this[name].input.value.replaceAll("−", "-").split(/[\s,;]+/).filter(Boolean);
    const numbers = words.map(Number);
    if (numbers.length && numbers.length <= MOST && numbers.every(Number.isFinite)) {
      this.update(name, numbers);
      return;
    }
    this.say(`${label}: 1 to ${MOST} numbers, with blanks or commas between them.`, true);
  }

  say(text, isProblem = false) {
    this.message.textContent = text;
    this.message.classList.toggle("rnnbook-problem", isProblem);
  }

  // Arrows choose a box: left and right a place, up and down what it held before and after.
  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const [across, down] = moves[event.key];
    const { row, t } = this.at ?? { row: 0, t: -across };
    const column = this.plan.columns[t + across];
    if (!column) return;
    const here = column.findLastIndex((node) => node.row <= row) + (this.at ? down : 0);
    const node = column[Math.max(0, Math.min(column.length - 1, here))];
    this.point(node.row, t + across);
  }

  // Something else is scanned: from the start.
  begin() {
    this.at = null;
    if (this.model.get("step") === 0) this.show();
    else this.update("step", 0);
  }

  move(by) {
    const step = Math.max(0, Math.min(this.plan.turns, this.step + by));
    if (step !== this.step) this.update("step", step);
  }

  get step() {
    return Math.min(this.model.get("step"), this.plan.turns);
  }

  // Everything that will be computed: each place's boxes, and the turn in which each is filled.
  compute() {
    const { model } = this;
    const [length, processors] = [model.get("length"), model.get("processors")];
    const numbers = (name, t) => model.get(name)[t % model.get(name).length];
    const rounds = schedule(model.get("way"), length, processors);
    const columns = range(0, length).map((t) => [
      { row: 0, t, start: t, a: numbers("factors", t), b: numbers("inputs", t), turn: 0 },
    ]);
    let turns = 0;
    rounds.forEach((joins, round) => {
      const before = columns.map((column) => column.at(-1)); // what the round begins with
      joins.forEach(([from, t], k) => {
        const [earlier, later] = [before[from], before[t]];
        const [a, b] = [later.a * earlier.a, later.a * earlier.b + later.b];
        const turn = turns + Math.floor(k / processors) + 1;
        columns[t].push({ row: round + 1, t, start: earlier.start, a, b, turn, earlier });
      });
      turns += Math.ceil(joins.length / processors);
    });
    return { rounds, columns, turns, length, processors };
  }

  show() {
    const { model } = this;
    this.plan = this.compute();
    this.way.input.value = model.get("way");
    for (const name of ["length", "processors"]) {
      this[name].input.value = model.get(name);
      this[name].value.textContent = model.get(name);
    }
    for (const name of ["factors", "inputs"]) {
      this[name].input.value = model.get(name).map(String).join(" ");
    }
    this.back.disabled = this.again.disabled = this.step === 0;
    this.next.disabled = this.end.disabled = this.step === this.plan.turns;
    this.draw();
    this.tabulate();
    this.say(this.sentence());
    this.describe();
  }

  sentence() {
    const { step, plan } = this;
    const { rounds, columns, turns, processors } = plan;
    const joins = columns.flat().filter(({ turn }) => turn > 0);
    if (step === 0) {
      const rule = `Each box holds what is done to the state: multiply, then add.`;
      return `${rule} ${count(joins.length, "join")} to do, in ${count(turns, "turn")} of ${count(processors, "processor")}.`;
    }
    const now = joins.filter(({ turn }) => turn === step);
    const where = `Turn ${step} of ${turns}, in round ${now[0].row} of ${rounds.length}`;
    const end = step === turns ? " Every place has taken in all before it." : "";
    return `${where}: ${count(now.length, "join")}.${end}`;
  }

  draw() {
    const { plan, step, at } = this;
    const { columns, length } = plan;
    this.stage.replaceChildren(drawTree(plan, step, at));
    const done = columns.filter((column) => column.at(-1).turn <= step).length;
    const name = this.way.input.selectedOptions[0]?.textContent ?? "";
    this.stage.setAttribute(
      "aria-label",
      `A scan of ${length} places, ${name}: ${done} of ${length} are finished. Arrow keys choose a box.`,
    );
  }

  point(row, t) {
    this.at = { row, t };
    this.draw();
    this.describe();
    this.stage.querySelector(".rnnbook-chosen")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // One sentence on the box that was chosen.
  describe() {
    const { at, plan, step } = this;
    const node = at && plan.columns[at.t]?.find(({ row }) => row === at.row);
    if (!node) {
      this.detail.textContent = POINT;
      return;
    }
    const { row, t, start, a, b, turn } = node;
    const held = start === t ? `step ${t + 1}` : `steps ${start + 1} to ${t + 1} as one`;
    const plus = `${b < 0 ? "−" : "+"} ${short(Math.abs(b))}`;
    const rule = start === 0 ? `h${t + 1} = ${short(b)}` : `h${t + 1} = ${short(a)} · h${start} ${plus}`;
    const when = row === 0 ? "At the start" : `${turn > step ? "Not yet filled: after" : "After"} round ${row}`;
    this.detail.textContent = `${when}, place ${t + 1} holds ${held}: ${rule}.`;
  }

  // What each way costs at this length, on so many processors.
  tabulate() {
    const { model, plan } = this;
    const { length, processors } = plan;
    const cells = (kind, texts, scope) =>
      texts.map((text) => element(kind, scope ? { scope } : {}, String(text)));
    const head = element("tr", {}, ...cells("th", ["Way", "Joins", "Rounds", `Turns on ${processors}`], "col"));
    const rows = model.get("_ways").map(([way, name]) => {
      const rounds = schedule(way, length, processors);
      const costs = [rounds.flat().length, rounds.length, turnsOf(rounds, processors)];
      const row = element("tr", {}, element("th", { scope: "row" }, name), ...cells("td", costs));
      if (way === model.get("way")) row.setAttribute("aria-current", "true");
      return row;
    });
    const caption = element("caption", {}, `What ${count(length, "place")} cost`);
    this.table.replaceChildren(caption, element("thead", {}, head), element("tbody", {}, ...rows));
  }
}

export function render({ model, el }) {
  new Scan(model, el);
}
