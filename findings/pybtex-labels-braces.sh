#!/usr/bin/env bash
# pybtex's "alpha" labels spell out a name whose accent is written as BibTeX writes it.
#
# Versions: pybtex 0.26.1, Python 3.11.
# Seen, for five authors of 2024 of whom one has an accent, and for that one alone:
#   {\"O}stlund     BOstlundS+24    Ostlund24
#   Östlund         BOS+24          Ost24
#   M{\"u}ller      BMullerS+24     Muller24
#   Müller          BMS+24          Mul24
# The style is made after alpha.bst, which takes the first letter of each of several names and the
# first three of a single one. In braces the whole name passes for its first letter, so one name
# has two labels, by how its accent was typed. sphinxcontrib-bibtex prints them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet pybtex==0.26.1
"$folder/venv/bin/python" - <<'PY'
import sys

from pybtex.database import parse_string
from pybtex.style.labels.alpha import LabelStyle

SEEN = {
    r"{\"O}stlund": ("BOstlundS+24", "Ostlund24"),
    "Östlund": ("BOS+24", "Ost24"),
    r"M{\"u}ller": ("BMullerS+24", "Muller24"),
    "Müller": ("BMS+24", "Mul24"),
}


def label(authors: str) -> str:
    entry = f"@article{{x, author={{{authors}}}, title={{T}}, journal={{J}}, year={{2024}}}}"
    return LabelStyle().format_label(parse_string(entry, "bibtex").entries["x"])


changed = 0
for name, seen in SEEN.items():
    found = label(f"Brown, A. and {name}, B. and Smith, C. and Jones, D. and Hill, E."), label(f"{name}, B.")
    print(f"{name:15} {found[0]:15} {found[1]}")
    if found != seen:
        changed += 1
        print(f"  changed: it was {seen}")
sys.exit(changed)
PY
