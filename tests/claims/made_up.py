"""Made-up results, as small as a claim needs them: a row a seed, with numbers that are said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rnnbook.experiments import Result

READ = (100_000, 300_000, 1_000_000, 3_500_000)
COUNTER = 2.0  # nats of every made-up counter


class MadeUp(dict):
    """Results by name, in place of those that are stored."""

    def __or__(self, other: MadeUp) -> MadeUp:
        return MadeUp({**self, **other})


def made(name: str, *groups: Iterable[dict[str, Any]]) -> MadeUp:
    """A result of these rows."""
    return MadeUp({name: Result(name, tuple(row for rows in groups for row in rows), {})})


def at(mean: float, wobble: float = 0.0, seeds: int = 3) -> list[float]:
    """A value a seed, around a mean. Two such lists without wobble differ by the same each time."""
    middle = (seeds - 1) / 2
    return [mean + wobble * (seed - middle) for seed in range(seeds)]


def rows(seeds: int = 3, **values: Any) -> list[dict[str, Any]]:
    """A row a seed; a list gives each seed its own value, also in a dictionary."""
    return [{**_of(values, seed), "seed": seed} for seed in range(seeds)]


def _of(value: Any, seed: int) -> Any:
    if isinstance(value, dict):
        return {key: _of(one, seed) for key, one in value.items()}
    return value[seed] if isinstance(value, list) else value


def yardsticks(loss: float = COUNTER, within: float = 0.7) -> MadeUp:
    """The best counter of every text that a small training reads."""
    texts = [("shakespeare", count) for count in READ] + [("war-and-peace", 2_800_000)]
    return made("yardsticks", [
        {"text": text, "characters": count, "counter": "made up", "loss": loss, "within": within}
        for text, count in texts
    ])  # fmt: skip
