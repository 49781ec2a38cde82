// A drawing that Python made (rnnbook/drawings), brought to life: its parts, numbers, colours.

export class Drawn {
  constructor(markup) {
    const parsed = new DOMParser().parseFromString(markup, "image/svg+xml");
    this.svg = document.importNode(parsed.documentElement, true);
    const listed = (key) =>
      new Map(Array.from(this.svg.querySelectorAll(`[data-${key}]`), (one) => [one.dataset[key], one]));
    this.named = listed("name");
    this.parts = listed("part");
  }

  get(name) {
    return this.named.get(name);
  }

  write(name, text) {
    this.named.get(name).textContent = text;
  }

  // Blue for a value below zero, red for one above, and the stronger the further from it.
  tone(name, value) {
    const found = this.named.get(name);
    found.classList.add("rnnbook-toned");
    found.classList.toggle("rnnbook-negative", value < 0);
    found.style.setProperty("--v", Math.min(1, Math.abs(value)).toFixed(2));
  }

  // A number in its place: the text, and a bar for the share of the place.
  fill(name, text, share) {
    const place = this.named.get(name);
    const [ground, bar] = place.querySelectorAll("rect");
    place.querySelector("text").textContent = text;
    if (share !== undefined) bar.setAttribute("width", share * ground.getAttribute("width"));
  }

  show(name, isShown) {
    this.named.get(name).setAttribute("visibility", isShown ? "visible" : "hidden");
  }

  // Parts in their order, drawn as far as the one of that number, which stands out.
  upTo(names, now) {
    names.forEach((name, k) => {
      const { classList } = this.parts.get(name);
      classList.toggle("rnnbook-ahead", k > now);
      classList.toggle("rnnbook-now", k === now);
    });
  }
}

// A number as it stands in a drawing and in a sentence.
export const shown = (value, digits = 2) => {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
};

// The same after a plus, which becomes a minus before a negative number.
export const added = (value) => `${shown(value).startsWith("−") ? "−" : "+"} ${shown(Math.abs(value))}`;

const round = (value) => Number(value.toFixed(2));

// A sum or a product with its result, as they are shown: "≈" where rounding spoils the equation.
export const sum = (a, b, result) =>
  `${shown(a)} ${added(b)} ${shown(round(a) + round(b)) === shown(result) ? "=" : "≈"} ${shown(result)}`;

export const product = (a, b, result) => {
  const second = shown(b).startsWith("−") ? `(${shown(b)})` : shown(b);
  return `${shown(a)} · ${second} ${shown(round(a) * round(b)) === shown(result) ? "=" : "≈"} ${shown(result)}`;
};
