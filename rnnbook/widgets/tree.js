// A scan as a tree: a column for every place, a row for every round, a line for every join.

const SVG = "http://www.w3.org/2000/svg";
const [COLUMN, ROW, LEFT, TOP] = [46, 46, 54, 24]; // of the drawing, in its own units

// A number in few characters.
export function short(value) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "?";
  const size = Math.abs(value);
  const text =
    size >= 1000 || (size > 0 && size < 0.01)
      ? value.toExponential(0).replace("e+", "e")
      : String(Number(value.toPrecision(size < 1 ? 2 : 3)));
  return text.replace("-", "−");
}

function drawn(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// The drawing of a plan when `step` turns are done; the box at {row, t} is framed.
export function drawTree({ columns, rounds, length }, step, at) {
  const x = (t) => LEFT + COLUMN * (t + 0.5);
  const y = (row) => TOP + ROW * (row + 0.5);
  const last = rounds.length + 1; // the row of results
  const [width, height] = [LEFT + COLUMN * length, TOP + ROW * (last + 1)];
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  svg.style.width = `clamp(${0.78 * width}px, 100%, ${1.35 * width}px)`;
  const label = (text, left, top) => drawn("text", { x: left, y: top, class: "rnnbook-mark" }, text);
  const names = ["start", ...rounds.map((_, k) => `round ${k + 1}`), "h"];
  svg.append(...names.map((name, row) => label(name, 27, y(row) + 4)));
  for (const column of columns) {
    const { t } = column[0];
    svg.append(label(t + 1, x(t), 16));
    svg.append(drawn("line", { x1: x(t), x2: x(t), y1: y(0), y2: y(last), class: "rnnbook-wire" }));
  }
  const nodes = columns.flat();
  const tone = ({ turn }) => (turn > step ? "" : turn && turn === step ? "rnnbook-turn" : "rnnbook-done");
  for (const node of nodes.filter(({ earlier }) => earlier)) {
    const { earlier, row, t } = node;
    const ends = { x1: x(earlier.t), y1: y(row - 1), x2: x(t), y2: y(row) };
    svg.append(drawn("line", { ...ends, class: `rnnbook-wire ${tone(node)}` }));
  }
  for (const node of nodes) {
    const { row, t, start, a, b, turn } = node;
    const isWhole = start === 0;
    const isHere = at?.row === row && at?.t === t;
    const kinds = [tone(node), isWhole && "rnnbook-whole", isHere && "rnnbook-chosen"];
    const group = drawn("g", { class: `rnnbook-node ${kinds.filter(Boolean).join(" ")}`, "data-row": row, "data-t": t });
    group.append(drawn("rect", { x: x(t) - 20, y: y(row) - 16, width: 40, height: 32, rx: 5 }));
    const lines = turn > step ? [] : isWhole ? [short(b)] : [`×${short(a)}`, `${b < 0 ? "" : "+"}${short(b)}`];
    lines.forEach((line, k) => {
      const down = lines.length === 1 ? 4 : 13 * k - 2.5;
      group.append(drawn("text", { x: x(t), y: y(row) + down }, line));
    });
    svg.append(group);
  }
  for (const column of columns) {
    const { t, b } = column.at(-1);
    const isThere = column.at(-1).turn <= step;
    const result = drawn("text", { x: x(t), y: y(last) + 4, class: "rnnbook-result" }, isThere ? short(b) : "·");
    svg.append(drawn("rect", { x: x(t) - 20, y: y(last) - 9, width: 40, height: 18, class: "rnnbook-under" }), result);
  }
  return svg;
}
