// What every figure's controls are made of. Text enters the page as text, never as markup.

// In JupyterLab every figure is a module of its own: a number alone would be there twice.
const family = Math.random().toString(36).slice(2, 8);
let nextId = 0;

export const newId = () => `rnnbook-${family}-${nextId++}`;

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// JupyterLab would take the arrow keys and go to another cell. It leaves alone what is
// marked so, if the element that has the focus is.
export function keepKeys(el) {
  el.addEventListener("focusin", ({ target }) =>
    target.setAttribute("data-lm-suppress-shortcuts", "true"),
  );
}

// Left and right step through what a node shows; `otherwise` may take another key, and says so.
export function stepByArrows(node, move, otherwise = () => false) {
  node.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key in moves) move(moves[event.key]);
    else if (!otherwise(event)) return;
    event.preventDefault();
  });
}

export function field(label, input, hint) {
  input.id = newId();
  const value = hint ? element("output", { for: input.id, class: "rnnbook-value" }) : "";
  const name = element("label", { for: input.id }, label, " ", value);
  return { row: element("div", { class: "rnnbook-field" }, name, input), input, value };
}

export const slider = (label, min, max, step) =>
  field(label, element("input", { type: "range", min, max, step }), true);

export const choice = (label, options) =>
  field(
    label,
    element("select", {}, ...options.map(([value, name]) => element("option", { value }, name))),
  );

export function button(label, act, isMain = false) {
  const made = element("button", { type: "button", ...(isMain && { class: "rnnbook-main" }) }, label);
  made.addEventListener("click", act);
  return made;
}

export function checkbox(label, act) {
  const input = element("input", { type: "checkbox" });
  input.addEventListener("change", () => act(input.checked));
  return { input, row: element("label", { class: "rnnbook-check" }, input, ` ${label}`) };
}
