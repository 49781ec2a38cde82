"""``rnnbook sample``: one text as it is drawn, or many side by side."""

from __future__ import annotations

import argparse
import json
import re
import secrets
import sys
from collections.abc import Iterator

import numpy as np
from tqdm import tqdm

from rnnbook import checkpoints, sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.corpora import files
from rnnbook.errors import SamplingError, UnknownCharacterError
from rnnbook.text import Vocab, fit

_SIDE_BY_SIDE = 64  # texts

_DESCRIPTION = """\
Let a model write. With --count, text k has the seed SEED + k: that seed alone, without
--count, gives the same text again. On one machine a seed gives the same text to the last
character. Another machine or engine, or --count, adds up in another order: there a text may
part where a draw is so close that rounding decides it, which is very rare.
"""


def add_parser(subparsers, model_help: str) -> None:
    parser = subparsers.add_parser("sample", help="let a model write", description=_DESCRIPTION)
    parser.add_argument("model", help=model_help)
    parser.add_argument(
        "--prompt", help="what the text goes on from (default: a line break, if the model knows it)"
    )
    parser.add_argument(
        "--prompt-file", metavar="FILE", help="a file, or -, with the prompt, to its last character"
    )
    parser.add_argument(
        "--escapes",
        action="store_true",
        help=r"in the prompt, read \n \t \\ \xHH \uHHHH \UHHHHHHHH as the characters they name",
    )
    parser.add_argument("--length", type=int, default=500, help="characters (default: 500)")
    parser.add_argument(
        "--temperature",
        type=float,
        default=0.8,
        help="0 always takes the likeliest character, 1 follows the model (default: 0.8)",
    )
    parser.add_argument("--top-k", type=int, help="draw from the k likeliest characters only")
    parser.add_argument("--top-p", type=float, help="draw from the likeliest share p only")
    parser.add_argument("--seed", type=int, help="at least 0; the same seed, the same text")
    parser.add_argument(
        "--count", type=int, default=1, metavar="N", help="so many texts, each below its seed"
    )
    parser.add_argument(
        "--json", action="store_true", help="a JSON object a line: seed, prompt, text"
    )
    parser.add_argument("--engine", choices=("numpy", "torch"), default="numpy")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write one text to the terminal as it is drawn, or many, some at a time."""
    checkpoint = checkpoints.load(options.model)
    seed = options.seed if options.seed is not None else secrets.randbelow(2**32)
    sampling.check_seed(seed)
    if options.count < 1:
        raise SamplingError(f"the count is a whole number of at least 1, not {options.count}")
    prompt = _prompt(options, checkpoint.vocab)
    if options.count == 1 and not options.json:
        _write(checkpoint, prompt, seed, options)
    else:
        _write_many(checkpoint, prompt, seed, options)
    if options.seed is None and not options.json:
        print(f"(seed {seed})", file=sys.stderr)
    return 0


def _prompt(options: argparse.Namespace, vocab: Vocab) -> str:
    """The prompt in the characters of the model; what was changed for that is said."""
    if options.prompt is not None and options.prompt_file is not None:
        raise SamplingError("give --prompt or --prompt-file, not both")
    if options.prompt_file is not None:
        prompt = "".join(text for _, text in files.read(options.prompt_file))
    elif options.prompt is not None:
        prompt = options.prompt
    else:
        prompt = sampling.default_prompt(vocab)
        if prompt != "\n":
            print(f"(the model knows no line break; it begins with {prompt!r})", file=sys.stderr)
    if options.escapes:
        prompt = unescape(prompt)
    elif "\\" in vocab.unknown(prompt):
        raise UnknownCharacterError(
            "the model knows no backslash; to write a line break as \\n, add --escapes"
        )
    prompt, note = fit(vocab, prompt)
    if note:
        print(f"({note})", file=sys.stderr)
    return prompt


_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "\\": "\\"}


def unescape(text: str) -> str:
    r"""The text with ``\n``, ``\t``, ``\\``, ``\xHH``, ``\uHHHH`` and ``\UHHHHHHHH`` read.

    Two of ``\uHHHH`` may make up one character, as in JSON. Raises :class:`SamplingError` on
    any other backslash.
    """
    try:
        read = _ESCAPE.sub(_unescaped, text)
        return read.encode("utf-16", "surrogatepass").decode("utf-16")
    except (ValueError, KeyError, OverflowError) as error:
        raise SamplingError(
            r"with --escapes, a backslash begins one of \n \t \\ \xHH \uHHHH \UHHHHHHHH, and the "
            "hexadecimal digits HH… are those of a character"
        ) from error


def _unescaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    return chr(int(digits, 16)) if digits else _ESCAPED[match[4]]


def _write(checkpoint: Checkpoint, prompt: str, seed: int, options: argparse.Namespace) -> None:
    draws = sampling.generate(
        _engine(checkpoint, options.engine),
        prompt,
        options.length,
        temperature=options.temperature,
        top_k=options.top_k,
        top_p=options.top_p,
        rng=np.random.default_rng(seed),
    )
    sys.stdout.write(prompt.lstrip("\n"))
    for draw in draws:
        sys.stdout.write(draw.char)
        sys.stdout.flush()
        if _is_gone():
            break
    print()


def _write_many(
    checkpoint: Checkpoint, prompt: str, seed: int, options: argparse.Namespace
) -> None:
    is_seen = sys.stderr.isatty() and not sys.stdout.isatty()
    texts = _draw_many(checkpoint, prompt, seed, options)
    for own, text in tqdm(texts, total=options.count, unit="text", disable=not is_seen):
        if options.json:
            print(json.dumps({"seed": own, "prompt": prompt, "text": text}), flush=True)
        else:
            print(f"--- text {own - seed + 1} of {options.count}, seed {own}")
            print(prompt.lstrip("\n") + text, flush=True)
        if _is_gone():
            break


def _is_gone() -> bool:
    """Whether nobody can read on: see :class:`rnnbook.streams.Output`."""
    return getattr(sys.stdout, "failure", None) is not None


def _draw_many(
    checkpoint: Checkpoint, prompt: str, seed: int, options: argparse.Namespace
) -> Iterator[tuple[int, str]]:
    """Seeds and texts, drawn side by side."""
    model = _engine(checkpoint, options.engine)
    for first in range(seed, seed + options.count, _SIDE_BY_SIDE):
        seeds = range(first, min(first + _SIDE_BY_SIDE, seed + options.count))
        texts = sampling.sample_many(
            model,
            [prompt] * len(seeds),
            options.length,
            temperature=options.temperature,
            top_k=options.top_k,
            top_p=options.top_p,
            rngs=[np.random.default_rng(own) for own in seeds],
        )
        yield from zip(seeds, texts, strict=True)


def _engine(checkpoint: Checkpoint, engine: str):
    if engine == "numpy":
        return checkpoint.model()
    from rnnbook.torch_networks.linear import from_weights

    return from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)
