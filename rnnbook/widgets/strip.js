// A text as a strip of characters, each with a colour, and below it what was expected next.

import { element, stepByArrows } from "./elements.js";
import { sign } from "./figure.js";

const NAMES = {
  a: "factor a",
  h: "hidden state h",
  c: "cell state, tanh c",
  i: "input gate i",
  f: "forget gate f",
  g: "candidate g",
  o: "output gate o",
  r: "reset gate r",
  z: "update gate z",
  n: "candidate n",
};

// How a quantity is written in a sentence; the r of an RG-LRU resets nothing.
export const nameOf = (kind, name) =>
  kind === "rglru" && name === "r" ? "recurrence gate r" : NAMES[name];

export class Strip {
  // `onPoint(t)` is told which character was chosen; `onKey(event)` gets the keys that
  // the strip does not use itself.
  constructor(onPoint, onKey = () => false) {
    this.box = element("div", { class: "rnnbook-strip", tabindex: 0, role: "group", dir: "auto" });
    this.onPoint = onPoint;
    this.at = 0;
    this.box.addEventListener("click", ({ target }) => {
      const column = target.closest("[data-t]");
      if (column) this.point(Number(column.dataset.t));
    });
    stepByArrows(this.box, (by) => this.point(this.at + by), onKey);
  }

  // The characters, and under each the guesses [char, prob] for the one after it.
  fill(chars, guesses = []) {
    this.chars = chars;
    this.guesses = guesses;
    this.at = 0;
    const columns = chars.map((char, t) => {
      const rows = (guesses[t] ?? []).map(([guess, prob]) => {
        const cell = element("span", { class: "rnnbook-guess" }, sign(guess));
        cell.style.setProperty("--p", prob.toFixed(2));
        return cell;
      });
      const shown = element("span", { class: "rnnbook-char" }, sign(char));
      const column = element("span", { class: "rnnbook-column", "data-t": t }, shown, ...rows);
      return char === "\n" ? [column, element("span", { class: "rnnbook-break" })] : [column];
    });
    this.box.replaceChildren(...columns.flat());
    this.columns = Array.from(this.box.querySelectorAll("[data-t]"));
  }

  // Values (T,) from -1, blue, to 1, red.
  colour(values, label) {
    this.columns.forEach((column, t) => {
      const value = values[t] ?? 0;
      column.style.setProperty("--v", Math.min(1, Math.abs(value)).toFixed(2));
      column.classList.toggle("rnnbook-negative", value <= -0.005);
    });
    this.box.setAttribute("aria-label", label);
  }

  // Underline the characters where a property holds.
  mark(labels) {
    this.columns.forEach((column, t) =>
      column.classList.toggle("rnnbook-marked", Boolean(labels[t])),
    );
  }

  point(t) {
    if (t < 0 || t >= this.columns.length) return;
    this.columns[this.at]?.classList.remove("rnnbook-here");
    this.at = t;
    this.columns[t].classList.add("rnnbook-here");
    this.columns[t].scrollIntoView({ block: "nearest", inline: "nearest" });
    this.onPoint(t);
  }
}

// A box for a text, bounded: a megabyte that is pasted would hold the page up.
export function textBox(longest) {
  return element("textarea", { rows: 3, spellcheck: "false", dir: "auto", maxlength: 5 * longest });
}
