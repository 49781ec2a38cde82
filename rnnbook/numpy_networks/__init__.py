"""The networks by hand, in NumPy: what the first half of the book derives line by line.

``rnn`` is min-char-rnn with its gradients, ``buffered`` trains the same network fast, and
``model`` reads with an RNN, a GRU or an LSTM of any number of layers.
"""

from rnnbook.numpy_networks import buffered, model, rnn

__all__ = ["buffered", "model", "rnn"]
