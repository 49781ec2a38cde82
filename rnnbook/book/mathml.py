"""Formulas as MathML, written while the book is built.

A Sphinx extension. The page needs no script and no font for its mathematics, and
a screen reader can read it. ``latex2mathml`` does the translation; what it leaves
short of today's browsers is mended here, and what it does not understand is a
warning, which fails the build.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

THIN_SPACE = "0.167em"
# How many children an element must have: fewer mean that an argument was missing.
ARGUMENTS = {
    "mfrac": 2, "mover": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2,
    "msubsup": 3, "munderover": 3,
}  # fmt: skip
SCRIPTS = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
ENVIRONMENTS = {
    "array", "Bmatrix", "bmatrix", "cases", "matrix", "pmatrix", "smallmatrix", "split",
    "substack", "Vmatrix", "vmatrix",
}  # fmt: skip
LIMITS = ("max", "min", "lim", "sup", "inf", "argmax", "argmin", "arg max", "arg min")
STYLES = {
    "bold": "BOLD", "italic": "ITALIC", "bold-italic": "BOLD ITALIC",
    "double-struck": "DOUBLE-STRUCK", "script": "SCRIPT", "sans-serif": "SANS-SERIF",
    "monospace": "MONOSPACE",
}  # fmt: skip


#: The commands that take arguments, each in braces, and how many.
WITH_ARGUMENTS = {
    **dict.fromkeys(("frac", "tfrac", "dfrac", "binom", "overset", "underset", "stackrel"), 2),
    **dict.fromkeys(
        (
            "sqrt", "text", "operatorname", "mathrm", "mathbf", "mathbb", "mathcal", "mathfrak",
            "mathit", "mathsf", "mathtt", "boldsymbol", "hat", "bar", "vec", "tilde", "dot", "ddot",
            "overline", "underline", "underbrace", "overbrace", "widehat", "widetilde", "label",
            "begin", "end",
        ),
        1,
    ),
}  # fmt: skip
# All other commands that are supported. What is in neither list is refused.
_WORDS = """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi
    varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega
    Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    ln log exp tanh sinh cosh sin cos tan max min lim sup inf det dim gcd Pr
    sum prod int partial nabla infty forall exists emptyset ell Re Im
    cdot times div pm mp odot oplus otimes circ ast star cup cap setminus wedge vee neg
    le leq ge geq ne neq ll gg approx equiv sim simeq propto mid in notin subset subseteq perp
    leftarrow rightarrow to leftrightarrow Leftarrow Rightarrow Leftrightarrow mapsto uparrow
    downarrow top bot
    ldots cdots vdots ddots dots
    left right langle rangle lfloor rfloor lceil rceil lvert rvert lVert rVert
    quad qquad displaystyle textstyle limits nolimits nonumber notag
    , ; : ! { } | % # & _ $ \\
"""
#: The commands without arguments that are supported.
SYMBOLS = frozenset(_WORDS.split()) | {" "}
_COMMAND = re.compile(r"\\([A-Za-z]+\*?|.)", re.DOTALL)


class FormulaError(ValueError):
    """A formula that cannot be written as MathML; the message says what is wrong with it."""


def to_mathml(latex: str, *, display: bool = False) -> str:
    """One formula in LaTeX, without its dollar signs, as a ``<math>`` element.

    Raises :class:`FormulaError` if it holds a command that is neither in :data:`SYMBOLS` nor
    in :data:`WITH_ARGUMENTS`, a brace that is not closed, a command whose argument is missing
    or not in braces, or what ``latex2mathml`` would print as it stands.
    """
    _check_source(latex)
    source = _prepare(latex)
    for name in re.findall(r"\\begin\{([^{}]*)\}", source):
        if name not in ENVIRONMENTS:
            raise FormulaError(f"the environment {name} is not known")
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", source):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            break
    if depth:
        raise FormulaError("its braces { } do not match")
    try:
        root = ET.fromstring(convert(source, display="block" if display else "inline"))
    except ET.ParseError as error:
        raise FormulaError("an & or an environment is not where it can stand") from error
    except Exception as error:  # latex2mathml raises many kinds, some without a message
        raise FormulaError(f"{type(error).__name__} {error}".strip()) from error
    for element in root.iter():
        element.tag = element.tag.removeprefix("{http://www.w3.org/1998/Math/MathML}")
    _check(root)
    _mend(root, display=display)
    return ET.tostring(root, encoding="unicode")


def _check_source(latex: str) -> None:
    """Refuse what would be drawn otherwise than LaTeX draws it."""
    bare = re.search(r"(?<!\\)(?:\\\\)*([#$%])", latex)
    if bare:
        raise FormulaError(f"{bare[1]} stands without a backslash; write \\{bare[1]}")
    for found in _COMMAND.finditer(latex):
        name, rest = found[1].removesuffix("*"), latex[found.end() :]
        if name not in SYMBOLS and name not in WITH_ARGUMENTS:
            raise FormulaError(f"the command \\{name} is not known")
        if name == "\\" and rest.lstrip().startswith("["):
            raise FormulaError("a distance after \\\\ is not supported")
        if name == "sqrt":
            rest = re.sub(r"^\s*\[[^\[\]]*\]", "", rest)
        for _ in range(WITH_ARGUMENTS.get(name, 0)):
            argument = _braced(rest)
            if argument is None:
                raise FormulaError(f"\\{name} lacks an argument in braces")
            if name == "text" and re.search(r"[\\{}$]", rest[:argument].strip()[1:-1]):
                raise FormulaError(
                    f"{found[0]}{rest[:argument]} holds a command; write it outside of \\text"
                )
            rest = rest[argument:]


def _braced(text: str) -> int | None:
    """Where the group in braces that a text begins with ends; None if it begins otherwise.

    A group that is never closed ends with the text: the braces are counted elsewhere.
    """
    depth = 0
    if not text.lstrip().startswith("{"):
        return None
    for match in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0 and match[0] == "}":
            return match.end()
    return len(text)


def _prepare(latex: str) -> str:
    """The same formula in the part of LaTeX that ``latex2mathml`` translates well."""
    source = re.sub(r"\\(begin|end)\{(aligned|align\*?|split)\}", r"\\\1{split}", latex)
    source = re.sub(r"\\(begin|end)\{(gathered|gather\*?)\}", r"\\\1{matrix}", source)
    source = re.sub(r"\\(begin|end)\{equation\*?\}", "", source)
    # Roman words are one word, not letters side by side.
    source = re.sub(r"\\operatorname\*?\{([^{}]*)\}", _operator, source)
    source = re.sub(r"\\mathrm\{([A-Za-z]+)\}", r"\\text{\1}", source)
    return re.sub(r"\\(label|nonumber|notag)\b(\{[^{}]*\})?", "", source).strip()


def _operator(match: re.Match[str]) -> str:
    name = re.sub(r"\\[,;: ]", " ", match[1])
    return rf"\operatorname{{{name}}}" if name.isalpha() else rf"\text{{{name}}}"


def _check(root: ET.Element) -> None:
    for element in root.iter():
        text = element.text or ""
        if "\\" in text and element.tag != "mtext":
            raise FormulaError(f"the command {text.strip()} is not known")
        if len(element) != ARGUMENTS.get(element.tag, len(element)):
            raise FormulaError("a command lacks an argument")


def _mend(root: ET.Element, *, display: bool) -> None:
    for element in root.iter():
        variant = element.get("mathvariant")
        if variant and variant != "normal":  # browsers know no other
            element.text = "".join(_styled(c, STYLES.get(variant)) for c in element.text or "")
            del element.attrib["mathvariant"]
        if element.tag == "mi" and _is_operator(element.text or ""):
            element.tag = "mo"  # with the space of an operator around it
        if element.tag == "mo" and len(element.text or "") > 1 and (element.text or "").isalpha():
            element.tag = "mi"
            element.attrib.clear()
        if element.tag == "mtable":
            _align(element)
        _limits(element, display=display)
    for parent in list(root.iter()):
        _space(parent)


def _is_operator(character: str) -> bool:
    """Whether a sign stands between two things, and is no letter that Unicode calls a sign."""
    is_sign = len(character) == 1 and unicodedata.category(character) == "Sm"
    return is_sign and character not in "∂∇∞∅∀∃"


def _styled(character: str, style: str | None) -> str:
    """The letter in the mathematical alphabet of that style, as Unicode has it."""
    name = unicodedata.name(character, "")
    match = re.fullmatch(r"(LATIN|GREEK) (SMALL|CAPITAL) LETTER (\w+)|DIGIT (\w+)", name)
    if style is None or match is None:
        return character
    what = f"DIGIT {match[4]}" if match[4] else f"{match[2]} {match[3]}"
    if match[4] and style == "BOLD ITALIC":
        style = "BOLD"
    try:
        return unicodedata.lookup(f"MATHEMATICAL {style} {what}")
    except KeyError:
        return character


def _align(table: ET.Element) -> None:
    """Columns are aligned by classes, since browsers ignore ``columnalign``."""
    spaced = table.attrib.pop("columnspacing", None)
    table.attrib.pop("rowspacing", None)
    if spaced is not None:
        table.set("class", "aligned")
    for cell in table.iter("mtd"):
        side = cell.attrib.pop("columnalign", None)
        if side in ("left", "right"):
            cell.set("class", side)


def _limits(element: ET.Element, *, display: bool) -> None:
    """In a displayed formula the limits of max, min, lim, argmax stand below."""
    if display and element.tag == "msub" and len(element):
        base = element[0]
        if (base.text or "").replace("\N{NO-BREAK SPACE}", " ") in LIMITS:
            element.tag, base.tag = "munder", "mi"


def _is_function(element: ET.Element) -> bool:
    """Whether the element is a name such as log, with or without its scripts."""
    if element.tag in SCRIPTS and len(element):
        return _is_function(element[0])
    name = (element.text or "").replace("\N{NO-BREAK SPACE}", "")
    return element.tag == "mi" and len(name) > 1 and name.isalpha()


def _space(parent: ET.Element) -> None:
    """A thin space between a function's name and a neighbour that is no operator."""
    if parent.tag not in ("math", "mrow", "mtd", "mstyle", "msqrt"):
        return
    operands = ("mi", "mn", "mtext", "mfrac", "msqrt", "mroot", *SCRIPTS)
    children = list(parent)
    for left, right in reversed(list(pairwise(children))):
        after = _is_function(left) and right.tag in (*operands, "mrow") and not _opens(right)
        before = _is_function(right) and left.tag in operands
        if after or before:
            parent.insert(children.index(right), ET.Element("mspace", {"width": THIN_SPACE}))


def _opens(element: ET.Element) -> bool:
    """Whether the element begins with an opening fence, which needs no space before it."""
    while element.tag in ("mrow", *SCRIPTS) and len(element):
        element = element[0]
    return element.tag == "mo"


def _render(node: nodes.Element, *, display: bool) -> str:
    latex = node.astext()
    if display and not node.get("nowrap") and r"\begin" not in latex and r"\\" in latex:
        latex = rf"\begin{{split}}{latex}\end{{split}}"
    try:
        return to_mathml(latex, display=display)
    except FormulaError as error:
        logger.warning("The formula %r: %s", latex, error, location=node, type="mathml")
        return f"<code>{escape(latex)}</code>"


def visit_inline(self: Any, node: nodes.math) -> None:
    """Write a formula that stands in a line of text."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(_render(node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """Write a formula that stands by itself, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    # A formula wider than the page scrolls; a reader without a mouse must reach it too.
    self.body.append('<div class="formula" tabindex="0">')
    self.body.append(_render(node, display=True) + "</div>")
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer; choose it with ``html_math_renderer = "mathml"``."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
