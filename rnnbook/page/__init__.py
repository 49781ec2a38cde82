"""A network to take along: one HTML file that writes, with no network and no server.

``rnnbook page letters.safetensors`` makes it. The file holds the network's weights, its live
figures with all that they need, and its card. Of the text that the network read it holds
nothing, unless it is asked to.

Told in README and in the chapter *Training for real*.
"""

from rnnbook.page.document import FIGURES, Included, build, snippet
from rnnbook.page.module import module

__all__ = ["FIGURES", "Included", "build", "module", "snippet"]
