"""Texts that a program writes, so that every sample can be checked exactly."""

from __future__ import annotations

import numpy as np

NUMBERS = 40_000  # of them are spelled out


def numbers(language: str) -> str:
    """Numbers below a million in words, one a line, as ``7041: seven thousand and forty-one``.

    There are as many with one digit as with six. The language is by num2words's name.
    """
    from num2words import num2words

    rng = np.random.default_rng(0)
    digits = rng.integers(1, 7, size=NUMBERS)
    chosen = [int(rng.integers(10 ** (count - 1), 10**count)) for count in digits.tolist()]
    words = {number: num2words(number, lang=language) for number in sorted(set(chosen))}
    return "".join(f"{number}: {words[number]}\n" for number in chosen)


_LETTERS = (
    *"abcdefghkmnpqrstuvwxyz",
    *(r"\alpha", r"\beta", r"\gamma", r"\theta", r"\lambda", r"\mu", r"\pi", r"\sigma", r"\phi"),
)
_FUNCTIONS = (r"\sin", r"\cos", r"\exp", r"\log", r"\tanh")
FORMULAS = 22_000


def formulas() -> str:
    """Random equations in LaTeX, each an environment of its own.

    Every one is well formed, nests as deep as four, and is read by matplotlib's parser of
    formulas. SymPy's does not make one expression of all: it lacks some letters, and
    cannot tell the product ``y (a + b)`` from a function.
    """
    rng = np.random.default_rng(0)
    return "".join(
        f"\\begin{{equation}}\n{_letter(rng)} = {_expression(rng, 3)}\n\\end{{equation}}\n\n"
        for _ in range(FORMULAS)
    )


def _letter(rng: np.random.Generator) -> str:
    letter = _LETTERS[int(rng.integers(len(_LETTERS)))]
    return f"{letter}_{{{int(rng.integers(1, 10))}}}" if rng.random() < 0.25 else letter


def _expression(rng: np.random.Generator, depth: int) -> str:
    """A sum, a product, a fraction, a root, a power, an integral, or a lone symbol."""
    if depth == 0 or rng.random() < 0.15:
        return _letter(rng) if rng.random() < 0.7 else str(int(rng.integers(1, 100)))
    inner = [_expression(rng, depth - 1) for _ in range(2)]
    shapes = (
        "{0} + {1}",
        "{0} - {1}",
        r"{0} \left({1}\right)",
        r"\frac{{{0}}}{{{1}}}",
        r"\sqrt{{{0}}}",
        r"\left({0}\right)^{{{1}}}",
        f"{_FUNCTIONS[int(rng.integers(len(_FUNCTIONS)))]}" + r"{{\left({0} \right)}}",
        r"\int {0}\, d{1}" if inner[1].isalpha() else r"\left|{{{0}}}\right|",
    )
    return shapes[int(rng.integers(len(shapes)))].format(*inner)
