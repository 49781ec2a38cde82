"""Two series of numbers over time: CO2 in the air, and the spots of the sun.

They are read from the files of the package statsmodels, which is not imported.

Taught in the chapter *Beyond characters*.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from rnnbook.corpora.folders import package_folder
from rnnbook.errors import CorpusError


@dataclass(frozen=True)
class Series:
    """Values at even distances in time.

    ``times`` (T,) are years, ``values`` (T,) in ``unit``; where ``filled`` (T,) is true,
    nothing was measured and the value lies on the line between its neighbours.
    """

    name: str
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    filled: NDArray[np.bool_]
    unit: str
    period: int  # steps after which the season returns, or nearly so
    source: str

    def __len__(self) -> int:
        return len(self.values)


_PINS = {
    "co2": "16695fa2786e53414e5a6b54767a3fdf5de99cfbc68617f69d1362d92776a92f",
    "sunspots": "f67889b1d9002cd5227f0e0ef54e35b419cdd85a31279adef6f73fb41e5c0a9b",
}
_VERSION = "0.15.0"


def co2() -> Series:
    """CO2 in the air over Mauna Loa, a value a week from March 1958 to December 2001.

    Of the 2,284 weeks, 59 were not measured, at most 18 in a row. They are filled by
    straight lines and marked. Source: Keeling and Whorf (2004), public domain.

    Raises :class:`CorpusError` if statsmodels is not installed or has another file.
    """
    rows = _rows("co2")
    days = [date(int(day[:4]), int(day[4:6]), int(day[6:])) for day, _ in rows]
    if {(after - before).days for before, after in itertools.pairwise(days)} != {7}:
        raise CorpusError("the weeks of the series 'co2' do not follow one another")
    years = np.array([day.year + (day.timetuple().tm_yday - 1) / 365.25 for day in days])
    values = np.array([float(value) if value else np.nan for _, value in rows])
    filled = np.isnan(values)
    places = np.arange(len(values))
    values[filled] = np.interp(places[filled], places[~filled], values[~filled])
    return Series("co2", years, values, filled, "parts per million", 52, _source())


def sunspots() -> Series:
    """Sunspots, a mean a year from 1700 to 2008, without gaps; a cycle is about 11 years.

    Source: NOAA's National Geophysical Data Center, public domain.

    Raises :class:`CorpusError` if statsmodels is not installed or has another file.
    """
    rows = _rows("sunspots")
    years, values = (np.array([float(row[column]) for row in rows]) for column in (0, 1))
    filled = np.zeros(len(values), dtype=bool)
    return Series("sunspots", years, values, filled, "spots", 11, _source())


#: The series by name.
SERIES = {"co2": co2, "sunspots": sunspots}


def _source() -> str:
    return f"statsmodels {_VERSION}"


def _rows(name: str) -> list[list[str]]:
    """The rows of a series' file, below its heading."""
    install = f"python -m pip install 'statsmodels=={_VERSION}'"
    try:
        data = (package_folder("statsmodels") / "datasets" / name / f"{name}.csv").read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise CorpusError(
            f"the series {name!r} is read from statsmodels, which is not installed here; "
            "install it with: python -m pip install 'rnnbook[experiments]'"
        ) from error
    text = data.decode("ascii").replace("\r\n", "\n")
    found = hashlib.sha256(text.encode()).hexdigest()
    if found != _PINS[name]:
        raise CorpusError(
            f"the series {name!r} is not the one the book was made with (SHA-256 "
            f"{_PINS[name][:12]}…, found {found[:12]}…). Install it with: {install}"
        )
    return list(csv.reader(text.splitlines()))[1:]
