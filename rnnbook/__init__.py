"""rnnbook: the package behind an executable book about recurrent networks.

Importing it loads neither PyTorch nor matplotlib; each module says in its first
lines what it holds and which chapter teaches it.
"""

__version__ = "0.1.0"
