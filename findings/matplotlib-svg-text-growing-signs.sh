#!/usr/bin/env bash
# An SVG of matplotlib whose letters stay text (svg.fonttype: none) holds the signs of a formula that grow, roots
# and tall brackets, in fonts of their own, and under the font set "cm" as other characters than they are.
#
# Versions: matplotlib 3.11.2, Python 3.11.
# Seen, for a root of a fraction and a bracket around a fraction of fractions:
#   the default font set, "dejavusans"   digits in 'DejaVu Sans'; the root in 'STIXSizeOneSym' and the brackets in
#                                        'STIXSizeTwoSym', with no second family to fall back on. Whoever has the
#                                        font of the figure, and not these, sees a small root beside its bar.
#   the font set "cm"                    the root is the letter "q" and the brackets are "³" and "´" in 'cmex10',
#                                        which are their places in that font. Without it a reader sees "q12", and
#                                        searching, copying and reading aloud give that in any case.
#   a plain power, x squared             nothing of the kind under either
# Expected: the signs themselves, since "none" means that text is written as text.
# A way round: svg.fonttype "path" for figures whose formulas hold \sqrt, \left or \frac.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet matplotlib==3.11.2 numpy==2.4.6
cd "$folder"
cat >formula.py <<'PY'
import io
import re

import matplotlib

matplotlib.use("svg")
from matplotlib.figure import Figure

matplotlib.rcParams["svg.fonttype"] = "none"
TALL = r"$\sqrt{\frac{1}{2}} \left(\frac{\frac{1}{2}}{2}\right)$"


def written(formula, fonts):
    """The characters of a formula in an SVG, with the font of each."""
    matplotlib.rcParams["mathtext.fontset"] = fonts
    figure, file = Figure(), io.StringIO()
    figure.text(0, 0.5, formula)
    figure.savefig(file, format="svg")
    found = re.findall(r"font-family: ([^\";]*)\">([^<]*)</tspan>", file.getvalue())
    return [(sign, font) for font, sign in found]


for fonts in ("dejavusans", "cm"):
    print(fonts, written(TALL, fonts))
default = dict(written(TALL, "dejavusans"))
assert default == {
    "√": "'STIXSizeOneSym'", "(": "'STIXSizeTwoSym'", ")": "'STIXSizeTwoSym'",
    "1": "'DejaVu Sans'", "2": "'DejaVu Sans'",
}, default
computer_modern = dict(written(TALL, "cm"))
assert computer_modern == {
    "q": "'cmex10'", "³": "'cmex10'", "´": "'cmex10'", "1": "'cmr10'", "2": "'cmr10'",
}, computer_modern
assert {font for _, font in written("$2^2$", "dejavusans")} == {"'DejaVu Sans'"}
assert written("$2^2$", "cm") == [("2", "'cmr10'")] * 2
PY
"$folder/venv/bin/python" formula.py
