"""What the linear recurrences are made of: minGRU, minLSTM, LRU, S6 and RG-LRU.

All are ``h_t = a_t h_{t-1} + b_t``, number by number, with a and b from the input only. Between
them goes a stream of D numbers, to which every block adds. V characters, embedding E (V: one-hot),
H hidden units, K the width of the convolution, M = ``mlp_factor`` D, and for S6 N numbers a
channel and R = ceil(D / 16)::

    embedding          (V, E)    only if there is one
    W_in               (D, E)    the stream begins as W_in embedding[id], or as a column of W_in
    layers.0.norm      (D,)      if ``norm`` is not none: the gain before the block
    layers.0.conv      (D, K)    if K: column K-1 weighs the character itself, column 0 the
    layers.0.b_conv    (D,)      farthest; then SiLU
    layers.0.W_xh      (G, D)    all that the recurrence takes of x, block under block
    layers.0.b_h       (G,)
    layers.0.W_gate    (H, D)    if ``output_gate``: y is multiplied by SiLU(W_gate v + b_gate)
    layers.0.b_gate    (H,)
    layers.0.W_out     (D, Y)    the stream takes W_out y; Y is H, and 2H for the LRU
    layers.0.norm_mlp  (D,)      if M: the stream takes W_down SiLU(W_up norm + b_up), too
    layers.0.W_up      (M, D)
    layers.0.b_up      (M,)
    layers.0.W_down    (D, M)
    norm_y             (D,)      if ``norm`` is not none: the gain before the logits
    W_hy               (V, D)
    b_y                (V,)

v is the stream after the norm, and x is v after convolution and SiLU; where one of these is
missing, it changes nothing. **The gate reads v**, not x. rms divides by sqrt(mean(u²) + 1e-6),
layer subtracts the mean first; SiLU(x) = x sigmoid(x). The blocks of W_xh and b_h, H rows each
unless said, what becomes of them, and further weights of a layer::

    mingru   z, n            a = 1 - sigmoid(z), b = sigmoid(z) n
    minlstm  f, i, n         a = sigmoid(f) / (sigmoid(f) + sigmoid(i)), b = (1 - a) n
    lru      re, im          a = exp(-exp(nu) + 1j exp(theta)), b = exp(gamma) (re + 1j im);
                             y = re of h, then im of h, both gated alike; nu, theta, gamma (H,)
    s6       n, low (R rows), B (N), C (N)
                             dt = softplus(W_dt low + b_dt), a = exp(-dt exp(A_log)) (H, N),
                             b = dt n B, y = (sum over N of C h) + D n;
                             W_dt (H, R), b_dt (H,), A_log (H, N), D (H,)
    rglru    r, i, n         log a = -8 sigmoid(r) softplus(-Lambda), Lambda (H,),
                             b = sqrt(1 - a²) sigmoid(i) n

y is h where nothing else is said. **The state** is an array (L, B, ...) a name, zeros at first::

    h      (L, B, S)         S is H; for the LRU 2H, all re, then all im; for S6 H N, the N numbers
                             of a channel together
    conv   (L, B, (K-1) D)   if K: what the convolution saw of the last K-1 characters, the oldest
                             first, before it was weighed

Where a text begins, the RG-LRU's first b is weighed by sqrt(1 - a²) as any other; the published
code weighs it by 1, for which a state would have to say whether anything was read.

A trace holds as ``hidden`` h, for the LRU its real part and for S6 what a channel gives, y. As
``a`` it holds the factor, of a complex one its size, and for S6 the largest of a channel's N.

Sources: minGRU and minLSTM: Feng et al. (2024), arXiv 2410.01201; LRU: Orvieto et al. (2023),
arXiv 2303.06349; S6: Gu and Dao (2023), arXiv 2312.00752; RG-LRU: De et al. (2024), arXiv
2402.19427. What surrounds the recurrences is the same for all of them, so that they can be
compared; it is simpler than in each of these papers.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnnbook.recurrent.config import ModelConfig

Floats = NDArray[np.float64]
Shapes = dict[str, tuple[int, ...]]

#: The first factors of minGRU and minLSTM reach from about 1/2 to SLOWEST / (1 + SLOWEST): on a
#: text of characters, those that begin slower were still behind after some hundred steps.
SLOWEST = 4
#: What the sizes of the LRU's first factors lie between.
RADII = (0.5, 0.999)
#: What the RG-LRU's first factors lie between where its gate is open. In the paper they begin from
#: 0.9 on, which is slow for a text of characters.
OPEN = (0.1, 0.99)
_MORE = {"lru": 3, "s6": 4, "rglru": 1}  # further weights of a layer
#: Weights that say how fast is forgotten: stored whole, and not pulled towards zero.
_EXACT = ("nu", "theta", "gamma", "A_log", "D", "b_dt", "Lambda")


def is_exact(name: str) -> bool:
    """Whether a weight says how fast is forgotten: it is neither rounded nor decays."""
    return name.startswith("layers.") and name.rpartition(".")[2] in _EXACT


def rank(config: ModelConfig) -> int:
    """R, the numbers from which the steps dt of an S6 layer are made."""
    return -(-config.stream // 16)


def rows(config: ModelConfig) -> tuple[int, ...]:
    """The rows of each block of a layer's W_xh."""
    H, N = config.hidden_size, config.state_size
    blocks = {"mingru": 2, "minlstm": 3, "lru": 2, "rglru": 3}
    return (H, rank(config), N, N) if config.kind == "s6" else (H,) * blocks[config.kind]


def state_sizes(config: ModelConfig) -> dict[str, int]:
    """How many numbers a layer keeps of each stream of text, by the name of the state."""
    each = {"lru": 2, "s6": config.state_size}.get(config.kind, 1)
    conv = {"conv": (config.conv_width - 1) * config.stream} if config.conv_width else {}
    return {"h": each * config.hidden_size, **conv}


def weight_shapes(config: ModelConfig, vocab_size: int) -> Shapes:
    """The name and the shape of every weight, in the order of the table above."""
    D, E = config.stream, config.embedding_size or vocab_size
    has_norm = config.norm != "none"
    shapes: Shapes = {"embedding": (vocab_size, E)} if config.embedding_size else {}
    shapes["W_in"] = (D, E)
    for layer in range(config.num_layers):
        for name, shape in layer_shapes(config).items():
            shapes[f"layers.{layer}.{name}"] = shape
    return shapes | ({"norm_y": (D,)} if has_norm else {}) | {
        "W_hy": (vocab_size, D),
        "b_y": (vocab_size,),
    }  # fmt: skip


def layer_shapes(config: ModelConfig) -> Shapes:
    D, H, K, N = config.stream, config.hidden_size, config.conv_width, config.state_size
    G, M, has_norm = sum(rows(config)), config.mlp_factor * D, config.norm != "none"
    shapes: Shapes = {"norm": (D,)} if has_norm else {}
    if K:
        shapes |= {"conv": (D, K), "b_conv": (D,)}
    shapes |= {"W_xh": (G, D), "b_h": (G,)}
    if config.kind == "lru":
        shapes |= {"nu": (H,), "theta": (H,), "gamma": (H,)}
    elif config.kind == "s6":
        shapes |= {"W_dt": (H, rank(config)), "b_dt": (H,), "A_log": (H, N), "D": (H,)}
    elif config.kind == "rglru":
        shapes |= {"Lambda": (H,)}
    if config.output_gate:
        shapes |= {"W_gate": (H, D), "b_gate": (H,)}
    shapes["W_out"] = (D, 2 * H if config.kind == "lru" else H)
    if M:
        shapes |= {"norm_mlp": (D,)} if has_norm else {}
        shapes |= {"W_up": (M, D), "b_up": (M,), "W_down": (D, M)}
    return shapes


def count_tensors(config: ModelConfig) -> int:
    """How many weights there are, without listing the layers."""
    has_norm = config.norm != "none"
    a_layer = 3 + has_norm + 2 * bool(config.conv_width) + 2 * config.output_gate
    a_layer += _MORE.get(config.kind, 0) + (3 + has_norm) * bool(config.mlp_factor)
    return a_layer * config.num_layers + 3 + has_norm + bool(config.embedding_size)


def first_values(config: ModelConfig, name: str, u: Floats) -> Floats:
    """How a weight begins, from uniform numbers u of its shape, in [0, 1).

    Matrices are uniform in [-1, 1] / sqrt(columns), gains 1, biases 0. The factors a are spread
    from the start: see :data:`SLOWEST`, :data:`RADII` and :data:`OPEN`; an S6 layer has dt from
    0.001 to 0.1 and A from -1 to -N.
    """
    own = name.rpartition(".")[2]
    if own.startswith("norm") or own == "D":
        return np.ones_like(u)
    if own == "A_log":
        return np.zeros_like(u) + np.log(np.arange(1, u.shape[1] + 1))
    if own == "b_h":
        return _first_biases(config, u)
    if own == "b_dt":
        dt = np.exp(math.log(1e-3) + math.log(1e2) * u)
        return dt + np.log(-np.expm1(-dt))  # softplus of it is dt
    if own == "nu":
        low, high = np.square(RADII)
        return np.log(-0.5 * np.log(low + (high - low) * u))
    if own == "theta":  # half a turn: the other half are their conjugates
        return np.log(math.pi * (1 - u))
    if own == "Lambda":
        a = (OPEN[0] + (OPEN[1] - OPEN[0]) * u) ** (1 / 8)
        return np.log(a / (1 - a))
    if u.ndim == 1:
        return np.zeros_like(u)
    columns = 1 if name == "W_in" and not config.embedding_size else u.shape[1]
    return (2 * u - 1) * columns**-0.5


def tie(config: ModelConfig, weights: dict[str, NDArray[np.float32]]) -> None:
    """Let an LRU's inputs begin with the weight sqrt(1 - abs(a)²): states keep their size."""
    for layer in range(config.num_layers if config.kind == "lru" else 0):
        nu = weights[f"layers.{layer}.nu"].astype(np.float64)
        weights[f"layers.{layer}.gamma"] = (0.5 * np.log(-np.expm1(-2 * np.exp(nu)))).astype(
            np.float32
        )


def _first_biases(config: ModelConfig, u: Floats) -> Floats:
    """Zeros, but that the shares of what is new are spread: 1 / (1 + SLOWEST^u)."""
    H, values = config.hidden_size, np.zeros_like(u)
    if config.kind == "mingru":
        values[:H] = -math.log(SLOWEST) * u[:H]
    elif config.kind == "minlstm":
        values[:H] = 1.0
        values[H : 2 * H] = -math.log(SLOWEST) * u[H : 2 * H]
    return values
