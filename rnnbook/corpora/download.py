"""The one text that is in no package: fetched once, verified, and kept."""

from __future__ import annotations

import os
from pathlib import Path

from rnnbook.errors import CorpusError

URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"


def cache_folder() -> Path:
    """Where downloads are kept: ``RNNBOOK_CACHE``, or the user's cache folder."""
    import pooch

    return Path(os.environ.get("RNNBOOK_CACHE") or pooch.os_cache("rnnbook"))


def tinyshakespeare() -> str:
    """The 1,115,394 characters that small language models are usually compared on.

    A download that breaks off is tried again, and leaves nothing behind. Raises
    :class:`CorpusError` if there is no network or what came is not the text, and
    :class:`ModuleNotFoundError` without pooch.
    """
    import pooch
    import requests

    source = pooch.create(
        cache_folder(), base_url="", registry={"tinyshakespeare.txt": f"sha256:{SHA256}"},
        urls={"tinyshakespeare.txt": URL}, retry_if_failed=2,
    )  # fmt: skip
    pooch.get_logger().setLevel("ERROR")
    by_hand = "download it by hand and give its path in place of the name"
    try:
        path = Path(source.fetch("tinyshakespeare.txt"))
    except ValueError as error:
        raise CorpusError(
            f"what {URL} gave is not the text that the book was made with (its SHA-256 is "
            f"another); try again later, or {by_hand}"
        ) from error
    except (requests.RequestException, OSError) as error:
        raise CorpusError(
            f"{URL} could not be downloaded ({type(error).__name__}); it takes a network the "
            f"first time: {by_hand}"
        ) from error
    return path.read_text(encoding="utf-8")
