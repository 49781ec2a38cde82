"""rnnbook: the package behind an executable book about recurrent networks.

Importing it loads neither PyTorch nor matplotlib. Each module says in its first lines
what it holds, and which chapter teaches it if one does.
"""

__version__ = "0.1.0"
