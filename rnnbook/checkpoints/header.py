"""What a checkpoint says of itself, and whether to believe it before anything is built from it.

A header comes with a file that may be anybody's. So it is read in steps of which none costs
more than the file is long: the JSON may not be nested deeply; the configuration must be that of
the tensors that the file lists, in number first, then in name, type and shape; and what is told
of the training has the types that the commands and the pages rely on.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnnbook.recurrent import ModelConfig, count_tensors, is_exact, weight_shapes
from rnnbook.text import Vocab

FORMAT = 1
#: The type and the shape of every tensor of a file, by name; types as safetensors calls them.
Tensors = Mapping[str, tuple[str, tuple[int, ...]]]

_DEEPEST = 32  # levels of JSON; a checkpoint of ours has five
_LONGEST = 200  # characters of a reason that is shown


@dataclass(frozen=True)
class Header:
    """The configuration, the vocabulary and the story of a checkpoint."""

    config: ModelConfig
    vocab: Vocab
    info: dict[str, Any]


def read(text: str, tensors: Tensors) -> Header:
    """The header of a file with these tensors.

    Raises :class:`ValueError`, :class:`TypeError` or :class:`KeyError` if the two do not belong
    together, or if the header is not one of ours.
    """
    content = json_object(text)
    if content["format"] != FORMAT:
        raise ValueError("it was written in another format")
    if not isinstance(content["config"], dict) or not isinstance(content["vocab"], list):
        raise ValueError("its configuration or its vocabulary is of another type")
    config, vocab = ModelConfig(**content["config"]), Vocab(content["vocab"])
    check_tensors(config, len(vocab), tensors)
    check_info(content["info"])
    return Header(config, vocab, content["info"])


def json_object(text: str) -> dict[str, Any]:
    """A JSON object that is not nested deeply. Raises :class:`ValueError` for anything else."""
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError("its header is nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError("its header is no JSON object")
    level: list[Any] = [content]
    for _ in range(_DEEPEST):
        level = [
            item
            for part in level
            for item in (part.values() if isinstance(part, dict) else part)
            if isinstance(item, dict | list)
        ]
    if level:
        raise ValueError("its header is nested too deeply")
    return content


def check_tensors(config: ModelConfig, vocab_size: int, tensors: Tensors) -> None:
    """Raise :class:`ValueError` unless these are the weights of such a network, as stored."""
    found = {name: of for name, of in tensors.items() if not name.endswith(".scale")}
    if len(found) != count_tensors(config):  # before the layers are listed
        raise ValueError(f"its tensors are not those of a {config.kind} network")
    shapes = weight_shapes(config, vocab_size)
    if found.keys() != shapes.keys():
        raise ValueError(f"its tensors are not those of a {config.kind} network")
    scales = set()
    for name, shape in shapes.items():
        kind, stored = found[name]
        if stored != shape:
            raise ValueError(f"{name} has the shape {stored}, not {shape}")
        if kind == "I8" and len(shape) == 2 and not is_exact(name):
            scales.add(f"{name}.scale")
            if tensors.get(f"{name}.scale") != ("F32", shape[:1]):
                raise ValueError(f"{name} is quantised, and its scale is missing")
        elif kind not in ("F32", "F16"):
            raise ValueError(f"{name} is stored as {kind}")
    if tensors.keys() - found.keys() != scales:
        raise ValueError("it holds scales of nothing")


_NUMBER, _NOTHING = (int, float), (type(None),)
_INFO: dict[str, Any] = {
    "corpus": {
        "name": str, "characters": int, "sha256": str, "source": str, "licence": str,
        "parts": [{"name": str, "characters": int, "sha256": str}],
        "preparation": {"min_count": int, "replacement": str, "symbols": int, "characters": int,
                        "shuffle_seed": int},
    },
    "ngram": {"order": _NUMBER, "loss": _NUMBER},
    "validation_loss": _NUMBER,
    "test_loss": _NUMBER,
    "block_loss": _NUMBER + _NOTHING,
    "measured": str,
    "command": str,
    "parameters": int,
    "steps": int,
    "planned_steps": (int, type(None)),
    "characters_read": int,
    "seconds": _NUMBER,
    "training": {
        "seed": int,
        "batch_size": int,
        "seq_len": int,
        "optimizer": str,
        "precision": str,
    },
    "versions": {},
    "history": [{
        "step": int, "loss": _NUMBER + _NOTHING, "validation_loss": _NUMBER + _NOTHING,
        "sample": (str, type(None)),
    }],
}  # fmt: skip


def check_info(info: object) -> None:
    """Raise :class:`ValueError` where what is told of a training has another type than it should.

    Nothing has to be told, and more may be.
    """
    _check(info, _INFO, "info")


def _check(value: object, wanted: Any, name: str) -> None:
    """Hold a value against a type, several, a dictionary of such, or a list of one."""
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            raise ValueError(f"{name} is no object")
        for key in wanted.keys() & value.keys():
            if value[key] is not None or not isinstance(wanted[key], dict):  # None: not told
                _check(value[key], wanted[key], f"{name}.{key}")
    elif isinstance(wanted, list):
        if not isinstance(value, list):
            raise ValueError(f"{name} is no list")
        for item in value:
            _check(item, wanted[0], name)
    elif not isinstance(value, wanted) or isinstance(value, bool):
        raise ValueError(f"{name} is of another type than it should be")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} is not finite")


def reason(error: BaseException) -> str:
    """Why a file is refused, in one short line: it may hold what the file says."""
    what = str(error) if not isinstance(error, KeyError) else f"{error} is missing"
    line = " ".join(what.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"
