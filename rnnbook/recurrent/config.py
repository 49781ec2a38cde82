"""The kinds of recurrent networks, and the shape of one.

Taught in the chapter *Long memory*.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Literal

Kind = Literal["rnn", "gru", "lstm", "mingru", "minlstm", "lru", "s6", "rglru"]

#: The gates of each kind whose gates read the hidden state, in the order of their blocks.
GATES: dict[str, tuple[str, ...]] = {
    "rnn": ("h",),
    "gru": ("r", "z", "n"),
    "lstm": ("i", "f", "g", "o"),
}
#: The linear recurrences, with what a trace records of each, all in [0, 1]: ``a`` is the factor.
LINEAR: dict[str, tuple[str, ...]] = {
    "mingru": ("a",),
    "minlstm": ("f", "i", "a"),
    "lru": ("a",),
    "s6": ("a",),
    "rglru": ("r", "i", "a"),
}
KINDS = (*GATES, *LINEAR)
NORMS = ("rms", "layer", "none")

_LABELS = {"mingru": "minGRU", "minlstm": "minLSTM", "rglru": "RG-LRU"}
_LEAST = {
    "hidden_size": 1, "num_layers": 1, "embedding_size": 0, "width": 0, "state_size": 1,
    "conv_width": 0, "mlp_factor": 0,
}  # fmt: skip


def label(kind: str) -> str:
    """How a kind is written in a sentence: LSTM, minGRU, RG-LRU."""
    return _LABELS.get(kind, kind.upper())


@dataclass(frozen=True)
class ModelConfig:
    """The shape of a recurrent network. Raises :class:`ValueError` on one that cannot be.

    The fields after ``embedding_size`` are those of the linear recurrences, in :data:`LINEAR`;
    the other kinds have none of what they describe, and only take their defaults.
    """

    kind: Kind = "lstm"
    hidden_size: int = 384  # H
    num_layers: int = 1  # L
    embedding_size: int = 64  # E; 0: the input is one-hot
    width: int = 0  # D of the stream between the blocks; 0: half the number of hidden units
    state_size: int = 8  # N, numbers that a channel of a selective state space keeps
    conv_width: int = 4  # K characters that a causal convolution sees; 0: there is none
    output_gate: bool = True  # whether what a block gives is gated by what it reads
    mlp_factor: int = 0  # M/D of the two-layer network behind each recurrence; 0: there is none
    norm: str = "rms"  # rms, layer or none

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}, not {self.kind!r}")
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ValueError(f"{name} is a whole number of at least {least}, not {value!r}")
        if self.conv_width == 1:
            raise ValueError("conv_width is 0, for none, or a whole number of at least 2, not 1")
        if not isinstance(self.output_gate, bool):
            raise ValueError(f"output_gate is true or false, not {self.output_gate!r}")
        if self.norm not in NORMS:
            raise ValueError(f"norm is one of {', '.join(NORMS)}, not {self.norm!r}")
        if given := self._of_others():
            kinds = ", ".join(LINEAR)
            raise ValueError(f"{' and '.join(given)}: only for the kinds {kinds}; leave it out")

    def _of_others(self) -> list[str]:
        """Settings that are given and that this kind of network does not have."""
        own = {item.name for item in fields(self)[:4]}
        if self.is_linear:
            own = {item.name for item in fields(self)} - ({"state_size"} - {_STATE[self.kind]})
        return [
            item.name
            for item in fields(self)
            if item.name not in own and getattr(self, item.name) != item.default
        ]

    @property
    def is_linear(self) -> bool:
        """Whether the recurrence is ``h = a h' + b``, with a and b from the input only."""
        return self.kind in LINEAR

    @property
    def stream(self) -> int:
        """D, the width of what goes from block to block."""
        return self.width or -(-self.hidden_size // 2)

    def to_dict(self) -> dict[str, object]:
        """All that this kind of network has, by name."""
        names = [item.name for item in fields(self)]
        return {name: asdict(self)[name] for name in (names if self.is_linear else names[:4])}


#: The kinds whose units keep several numbers.
_STATE = dict.fromkeys(LINEAR, "") | {"s6": "state_size"}
