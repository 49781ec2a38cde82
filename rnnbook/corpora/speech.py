"""Ten spoken digits in several voices, and what a network hears of them.

eSpeak NG speaks them, the synthesiser in the package espeakng-loader. It is a library
of C and is called through ctypes; no sound is stored. The clips are the same in every
process that makes them.

Taught in the chapter *Beyond characters*.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnbook.corpora.folders import package_folder
from rnnbook.errors import CorpusError

SAMPLE_RATE = 22_050  # samples a second
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
#: Variants of eSpeak's English voices: men, women, and some with a throat of their own.
SPEAKERS = ("m1", "m2", "m3", "m4", "m7", "f1", "f2", "f3", "f4", "f5",
            "Alex", "Andy", "Annie", "Denis", "Gene", "Jacky", "Lee", "Mario", "Michael",
            "Storm")  # fmt: skip
ACCENTS = ("en-us", "en-gb-scotland")
RATES = (140, 200)  # words a minute

FRAME, HOP = 512, 256  # samples: 23 ms, a frame each 12 ms
BANDS = 20  # of the mel scale

_SYNCHRONOUS, _DONT_EXIT, _UTF8, _RATE = 2, 0x8000, 1, 1  # of speak_lib.h
_LIBRARIES = ("libespeak-ng.so", "libespeak-ng.dylib", "espeak-ng.dll")


@dataclass(frozen=True)
class Clip:
    """One digit, spoken once: 16-bit samples (N,) at 22,050 Hz."""

    digit: int
    speaker: str
    accent: str
    rate: int  # words a minute
    samples: NDArray[np.int16]


@cache
def digits() -> tuple[Clip, ...]:
    """Every digit by every speaker, with every accent, at every rate.

    They are made once a process: eSpeak remembers what it said before, and a second
    reading would differ in the last bits.

    Raises :class:`CorpusError` if espeakng-loader is not installed.
    """
    synthesiser = _Synthesiser()
    return tuple(
        Clip(digit, speaker, accent, rate, synthesiser.speak(word, f"{accent}+{speaker}", rate))
        for speaker in SPEAKERS
        for accent in ACCENTS
        for rate in RATES
        for digit, word in enumerate(DIGITS)
    )


class _Synthesiser:
    """eSpeak NG, which hands over its samples piece by piece."""

    def __init__(self) -> None:
        try:
            folder = package_folder("espeakng_loader")
        except ModuleNotFoundError as error:
            raise CorpusError(
                "the spoken digits are made by espeakng-loader, which is not installed here; "
                "install it with: python -m pip install 'rnnbook[experiments]'"
            ) from error
        self._library = ctypes.CDLL(str(_library(folder)))
        self._pieces: list[NDArray[np.int16]] = []
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = kind(self._receive)  # kept, since C holds no reference to it
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, str(folder).encode(), _DONT_EXIT)
        if rate != SAMPLE_RATE:
            raise CorpusError(
                f"eSpeak NG in {folder.name} could not be started (it answered {rate}); install "
                "it again with: python -m pip install --force-reinstall espeakng-loader==0.2.4"
            )
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: str, rate: int) -> NDArray[np.int16]:
        """The samples (N,) of a text, without the silence around it."""
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise CorpusError(f"eSpeak NG has no voice {voice!r}; it takes espeakng-loader==0.2.4")
        self._library.espeak_SetParameter(_RATE, rate, 0)
        self._library.espeak_ng_SetRandSeed(1)  # some voices breathe, by chance
        self._pieces = []
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._pieces)
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 100)
        return samples[loud[0] : loud[-1] + 1]

    def _receive(self, samples, count: int, events) -> int:
        if samples and count > 0:
            self._pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0  # go on


def _library(folder: Path) -> Path:
    """The shared library, by the name that it has on this system."""
    return next(folder / name for name in _LIBRARIES if (folder / name).exists())


def log_mel(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """How loud each band of pitch is in each frame, in natural logarithms: (T, BANDS).

    A frame of 23 ms is weighted by a Hann window and split into frequencies; their
    power is added up in triangles that are evenly spread on the mel scale, as the ear's
    are (Davis and Mermelstein, 1980).
    """
    if len(samples) < FRAME:
        samples = np.pad(samples, (0, FRAME - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples / 32768, FRAME)[::HOP]  # (T, FRAME)
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME))) ** 2  # (T, FRAME / 2 + 1)
    return np.log(power @ _triangles() + 1e-6).astype(np.float32)  # (T, BANDS)


@cache
def _triangles() -> NDArray[np.float64]:
    """The weight of every frequency in every band: (FRAME / 2 + 1, BANDS)."""
    lowest, highest = _mel(np.array([60.0, SAMPLE_RATE / 2]))
    corners = 700 * (10 ** (np.linspace(lowest, highest, BANDS + 2) / 2595) - 1)  # in Hz
    hertz = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)[:, None]
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    rising, falling = (hertz - left) / (middle - left), (right - hertz) / (right - middle)
    return np.clip(np.minimum(rising, falling), 0, None)


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mel scale: even steps of it sound like even steps of pitch."""
    return 2595 * np.log10(1 + hertz / 700)
