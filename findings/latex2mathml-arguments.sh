#!/usr/bin/env bash
# latex2mathml takes a whole number for an argument where TeX takes one digit, and sets binary
# signs as letters.
#
# Versions: latex2mathml 3.81.1, Python 3.11.
# Seen:
#   \sqrt12      √12, where TeX sets √1 and then 2      <msqrt><mn>12</mn></msqrt>
#   \frac{1}23   1 over 23, where TeX sets 1/2, then 3  <mfrac>...<mn>23</mn></mfrac>
#   \hat12       a hat over 12, where TeX: over 1 only  <mover accent="true"><mn>12</mn>...
#   x^12         as TeX does: x to the 1, then 2        <msup><mi>x</mi><mn>1</mn></msup><mn>2</mn>
#   a \pm b      ± is an identifier, without the space
#                that an operator has around it         <mi>±</mi>
# No error and no warning in any of these.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet latex2mathml==3.81.1
"$folder/venv/bin/python" - <<'PY'
import sys

from latex2mathml.converter import convert

SEEN = {
    r"\sqrt12": "<msqrt><mn>12</mn></msqrt>",
    r"\frac{1}23": "<mn>23</mn></mfrac>",
    r"\hat12": '<mover accent="true"><mn>12</mn>',
    r"x^12": "<msup><mi>x</mi><mn>1</mn></msup><mn>2</mn>",
    r"a \pm b": "<mi>±</mi>",
}
changed = 0
for latex, part in SEEN.items():
    found = convert(latex).replace("&#x000B1;", "±").replace("&#x02112;", "ℒ")
    inner = found.partition(">")[2].removesuffix("</math>")
    print(f"{latex:12} {inner}")
    if part not in found:
        changed += 1
        print(f"  changed: {part} is not in it")
sys.exit(changed)
PY
