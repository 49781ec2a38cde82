"""The numbers at logarithmic axes, in letters of one size.

matplotlib writes 10 with a raised exponent of 0.7 of its size, which a phone shows with 6
pixels. Here stand 0.01 and 1,000, or 1e-10 where an axis reaches that far: as cells print them.
"""

from __future__ import annotations

from typing import Any

from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, LogFormatterMathtext

_PLAIN = (1e-3, 1e6)  # within these all is written out


def write_plainly(figure: Figure) -> None:
    """Give the logarithmic axes that matplotlib names itself numbers without raised exponents."""
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            for set_formatter, found in (
                (axis.set_major_formatter, axis.get_major_formatter()),
                (axis.set_minor_formatter, axis.get_minor_formatter()),
            ):
                if isinstance(found, LogFormatterMathtext):
                    set_formatter(_plain(axis, found))


def _plain(axis: Axis, found: LogFormatter) -> LogFormatter:
    transform: Any = axis.get_transform()
    return _Plain(transform.base, found.labelOnlyBase, found.minor_thresholds)


class _Plain(LogFormatter):
    """The same places as matplotlib's own, in other words."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        if self.axis is None or not super().__call__(x, pos):
            return ""
        low, high = sorted(self.axis.get_view_interval())
        if low >= _PLAIN[0] * 0.99 and high <= _PLAIN[1] * 1.01:
            return f"{x:,.12g}"
        mantissa, exponent = f"{x:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}" if int(exponent) else mantissa
