// Properties of a text, and the units that follow them: rnnbook/inspection/labels.py and units.py.

const inside = (pattern) => (text) => matches(text, pattern, false);

function bracketDepth(chars) {
  let depth = 0;
  return chars.map((char) => {
    if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth = Math.max(0, depth - 1);
    return depth;
  });
}

function linePosition(chars) {
  let position = -1;
  return chars.map((char, t) => (position = t > 0 && chars[t - 1] === "\n" ? 0 : position + 1));
}

const holds = (values, test) => values.map((value) => (test(value) ? 1 : 0));

// What can be asked for by name; a text gives a number a character.
export const PROPERTIES = {
  "inside quotes": inside(/("[^"]{0,600})"/dg),
  "inside brackets": (text) => holds(bracketDepth(Array.from(text)), (depth) => depth > 0),
  "depth of brackets": (text) => bracketDepth(Array.from(text)),
  "position in the line": (text) => linePosition(Array.from(text)),
  "late in the line": (text) => holds(linePosition(Array.from(text)), (at) => at >= 30),
  "at the start of a line": (text) => holds(linePosition(Array.from(text)), (at) => at < 3),
  "in a speaker's name": inside(/^([A-Z][A-Z ]+)(?=:)/dgm),
  "in a capital letter": inside(/([A-Z])/dg),
  "in a comment": inside(/(#[^\n]*|\/\/[^\n]*)/dg),
  "in a link": inside(/(\[\[[^\]\n]*|https?:\/\/\S*)/dg),
  "in a number": inside(/(\d)/dg),
};

// 1 for the characters (T,) in a match, or in the match's first group.
function matches(text, pattern, whole) {
  const at = new Map(); // place in the string -> place among the characters
  let place = 0;
  const chars = Array.from(text);
  chars.forEach((char, t) => {
    at.set(place, t);
    place += char.length;
  });
  at.set(place, chars.length);
  const found = chars.map(() => 0);
  for (const match of text.matchAll(pattern)) {
    const [first, last] = match.indices[whole ? 0 : 1] ?? match.indices[0];
    found.fill(1, at.get(first), at.get(last));
  }
  return found;
}

// The labels (T,) of a property, or of the regular expression that a reader wrote.
export function labelsOf(text, property, pattern) {
  if (property !== null) return PROPERTIES[property](text);
  return matches(text, new RegExp(pattern, "dgmu"), true);
}

// Area under the ROC curve of values by labels of 0 and 1; ties count half.
export function auc(values, labels) {
  const order = Array.from(values, (_, t) => t).sort((a, b) => values[a] - values[b]);
  let above = 0;
  let positives = 0;
  for (let first = 0; first < order.length; ) {
    let last = first;
    let here = 0;
    while (last < order.length && values[order[last]] === values[order[first]]) {
      here += labels[order[last++]];
    }
    above += here * ((first + last + 1) / 2); // the mean of the ranks first+1 ... last
    positives += here;
    first = last;
  }
  return (
    (above - (positives * (positives + 1)) / 2) / (positives * (order.length - positives))
  );
}

// Correlation of values with labels, 0 where either stands still.
export function correlation(values, labels) {
  const count = values.length;
  let [a, b] = [0, 0];
  for (let t = 0; t < count; t++) {
    a += values[t] / count;
    b += labels[t] / count;
  }
  let [ab, aa, bb] = [0, 0, 0];
  for (let t = 0; t < count; t++) {
    ab += (values[t] - a) * (labels[t] - b);
    aa += (values[t] - a) ** 2;
    bb += (labels[t] - b) ** 2;
  }
  return aa * bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

const isConstant = (labels) => labels.every((label) => label === labels[0]);

// Yields {unit, sign, first, score}: every unit of values (T, H), its score on the first half
// and on the second, and at the end {ranked}, the best on the first half first.
//
// The score is the AUC for labels of 0 and 1, and the correlation's square for counts.
export function* rank(values, size, labels) {
  const half = Math.floor(labels.length / 2);
  const halves = [labels.slice(0, half), labels.slice(half)];
  if (halves.some(isConstant)) {
    throw new Error(
      "each half of the text must have characters with the property and without; take another text",
    );
  }
  const isCount = labels.some((label) => label > 1);
  const measure = isCount ? correlation : auc;
  const chance = isCount ? 0 : 0.5;
  const units = [];
  for (let unit = 0; unit < size; unit++) {
    const [first, second] = [0, half].map((from, part) =>
      measure(Float32Array.from(halves[part], (_, t) => values[(from + t) * size + unit]), halves[part]),
    );
    const sign = first >= chance ? 1 : -1;
    const score = isCount ? second ** 2 * (second * sign < 0 ? -1 : 1) : sign > 0 ? second : 1 - second;
    units.push({ unit, sign, first: Math.abs(first - chance), score });
    yield { scored: unit + 1 };
  }
  units.sort((a, b) => b.first - a.first || a.unit - b.unit);
  yield { ranked: units, isCount };
}
