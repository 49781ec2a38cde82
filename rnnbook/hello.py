"""The network that reads "hell" and should say "ello": the drawn example of the post.

The post gives the hidden states and the scores, to one decimal, and no weights. The
weights found here give those numbers.

Source: Karpathy (2015), "The Unreasonable Effectiveness of Recurrent Neural Networks".

Taught in the chapter *A network with memory*.
"""

from __future__ import annotations

import numpy as np

from rnnbook.numpy_networks.rnn import Weights

WORD = "hello"
#: In the order of the drawing, not of the alphabet.
CHARS = "helo"
#: After each of h, e, l, l. Where the drawing says 1.0, tanh comes near: 0.995 rounds to it.
HIDDEN = np.array([[0.3, -0.1, 0.9], [0.995, 0.3, 0.1], [0.1, -0.5, -0.3], [-0.3, 0.9, 0.7]])
#: The scores of h, e, l and o after each of them.
LOGITS = np.array(
    [[1.0, 2.2, -3.0, 4.1], [0.5, 0.3, -1.0, 1.2], [0.1, 0.5, 1.9, -1.1], [0.2, -1.5, -0.1, 2.2]]
)


def weights() -> Weights:
    """W_xh (3, 4), W_hh (3, 3), b_h (3,), W_hy (4, 3) and b_y (4,) that give the drawing's numbers.

    The scores fix W_hy and b_y: four steps, four equations for each row. The states
    leave the others free; these are the smallest.
    """
    ones = np.ones((4, 1))
    read = np.eye(4)[[CHARS.index(char) for char in WORD[:-1]]]  # (T, V), one-hot
    before = np.vstack([np.zeros(3), HIDDEN[:-1]])  # (T, H), the state before each
    down, *_ = np.linalg.lstsq(np.hstack([read, before, ones]), np.arctanh(HIDDEN))
    up = np.linalg.solve(np.hstack([HIDDEN, ones]), LOGITS)
    return {"W_xh": down[:4].T, "W_hh": down[4:7].T, "W_hy": up[:3].T, "b_h": down[7], "b_y": up[3]}
