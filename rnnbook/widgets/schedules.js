// Which pairs a scan joins, round by round: numpy_networks/schedules.py.

// 1, 2, 4, ... below the length.
function powers(length) {
  const found = [];
  for (let gap = 1; gap < length; gap *= 2) found.push(gap);
  return found;
}

// first, first + by, ... below the end.
export function range(first, end, by = 1) {
  const found = [];
  for (let t = first; t < end; t += by) found.push(t);
  return found;
}

const WAYS = {
  "sequential": (length) => range(1, length).map((t) => [[t - 1, t]]),
  "hillis_steele": (length) =>
    powers(length).map((gap) => range(gap, length).map((t) => [t - gap, t])),
  "blelloch": (length) => {
    const sweep = (gap, first) => range(first * gap - 1, length, 2 * gap).map((t) => [t - gap, t]);
    const gaps = powers(length);
    return [...gaps.map((gap) => sweep(gap, 2)), ...gaps.reverse().map((gap) => sweep(gap, 3))];
  },
  "chunked": (length, processors) => {
    const size = Math.ceil(length / processors);
    const pieces = range(0, length, size).map((start) => range(start, Math.min(start + size, length)));
    const inside = range(1, size).map((k) =>
      pieces.filter((piece) => k < piece.length).map((piece) => [piece[k - 1], piece[k]]),
    );
    const ends = pieces.slice(1).map((piece, k) => [[pieces[k].at(-1), piece.at(-1)]]);
    const rest = pieces.slice(1).flatMap((piece) => piece.slice(0, -1).map((t) => [piece[0] - 1, t]));
    return [...inside, ...ends, rest];
  },
};

// The joins [earlier, later] of each round.
export function schedule(way, length, processors) {
  return WAYS[way](length, processors).filter((joins) => joins.length);
}

export const turnsOf = (rounds, processors) =>
  rounds.reduce((sum, joins) => sum + Math.ceil(joins.length / processors), 0);
