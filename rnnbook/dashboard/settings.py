"""What a visitor may choose, with bounds, and the link that chooses it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from rnnbook import sampling
from rnnbook.dashboard.models import key
from rnnbook.errors import SamplingError

#: The longest text that is written at one press, and in all, in characters.
MAX_LENGTH, MAX_TOTAL = 1000, 3000
#: The longest prompt, in characters, and the longest link.
MAX_PROMPT, MAX_QUERY = 500, 4000
MAX_TEMPERATURE, MAX_TOP_K, MAX_SEED = 2.0, 200, 2**31 - 1
ENGINES = ("NumPy", "PyTorch")


@dataclass(frozen=True)
class Settings:
    """What one text is written with. Raises ``SamplingError`` for what is out of range."""

    model: str
    prompt: str
    temperature: float
    length: int
    seed: int
    top_k: int | None = None
    top_p: float | None = None
    engine: str = "NumPy"

    def __post_init__(self) -> None:
        sampling.check_settings(self.temperature, self.top_k, self.top_p)
        sampling.check_length(self.length)
        sampling.check_seed(self.seed)
        if self.length > MAX_TOTAL or len(self.prompt) > MAX_PROMPT:
            raise SamplingError(
                f"here a text has at most {MAX_TOTAL} characters and a prompt {MAX_PROMPT}"
            )
        if self.engine not in ENGINES:
            raise SamplingError(f"the engine is {' or '.join(ENGINES)}, not {self.engine!r}")


@dataclass(frozen=True)
class Chosen:
    """The settings of one text, or of two that are compared; both have the same seed."""

    first: Settings
    second: Settings | None = None

    def all(self) -> list[Settings]:
        return [self.first] if self.second is None else [self.first, self.second]


def to_query(chosen: Chosen) -> str:
    """The link's query string: everything that the text depends on, and no path of the server."""
    first, second = chosen.first, chosen.second
    fields: dict[str, Any] = {
        "model": key(first.model),
        "prompt": first.prompt,
        "temperature": f"{first.temperature:g}",
        "length": first.length,
        "seed": first.seed,
        "top_k": first.top_k,
        "top_p": first.top_p,
        "engine": first.engine,
    }
    if second is not None and second.model != first.model:
        fields["other_model"] = key(second.model)
    elif second is not None:
        fields["other_temperature"] = f"{second.temperature:g}"
    return urlencode({name: value for name, value in fields.items() if value is not None})


def from_query(query: str, default: Settings, models: Iterable[str]) -> Chosen:
    """What a link chooses; what it does not tell is taken from ``default``.

    Raises :class:`SamplingError` for a link that is too long, that is none, that names a
    model which is not among ``models``, or that asks for what is out of range.
    """
    try:
        fields = dict(parse_qsl(query[:MAX_QUERY].lstrip("?"), max_num_fields=20))
        read = {name: kind(fields[name]) for name, kind in _KINDS.items() if name in fields}
    except ValueError as error:
        raise SamplingError(f"the link cannot be read ({error})") from error
    if len(query) > MAX_QUERY:
        raise SamplingError(f"the link is longer than {MAX_QUERY} characters")
    others: dict[str, Any] = {
        name: read.pop(name) for name in ("other_model", "other_temperature") if name in read
    }
    known = {key(name): name for name in models}
    for fields_read, name in ((read, "model"), (others, "other_model")):
        if name in fields_read:
            if fields_read[name] not in known:
                raise SamplingError(
                    f"the link names the model {fields_read[name]!r}, which is not here"
                )
            fields_read[name] = known[fields_read[name]]
    first = replace(default, **read)
    second = None
    if others:
        second = replace(first, **{name.removeprefix("other_"): others[name] for name in others})
    return Chosen(first, second)


_KINDS: dict[str, Any] = {
    "model": str,
    "prompt": str,
    "temperature": float,
    "length": int,
    "seed": int,
    "top_k": int,
    "top_p": float,
    "engine": str,
    "other_model": str,
    "other_temperature": float,
}
