"""The errors that rnnbook raises on purpose. Every message says what to do next.

They share one base class, so that the command line, the notebooks and the
dashboard can show any of them as a sentence instead of a traceback.
"""


class RnnbookError(Exception):
    """Base class: something about the input or the machine that the user can mend."""


class TextError(RnnbookError, ValueError):
    """A text that cannot be used: empty, too short, or not UTF-8."""


class UnknownCharacterError(RnnbookError, ValueError):
    """A text holds characters that a vocabulary does not."""


class CorpusError(RnnbookError):
    """A corpus that is unknown, not installed, or not the one expected."""


class SamplingError(RnnbookError, ValueError):
    """A sampling setting out of range."""


class CheckpointError(RnnbookError):
    """A file that is not a whole, untouched rnnbook checkpoint, or cannot be written."""


class TrainingError(RnnbookError):
    """Training that cannot start, or that must stop because the loss left the rails."""


class ExperimentError(RnnbookError):
    """A result that is missing, damaged, unfinished, or does not support what is said of it."""


class MissingLibraryError(RnnbookError, ModuleNotFoundError):
    """A library that an optional part of the package needs is not installed."""


class PortError(RnnbookError, ValueError):
    """A network of another library that has no counterpart here."""


class BookError(RnnbookError):
    """The built book is not there."""


class DashboardError(RnnbookError):
    """An option of the dashboard's server that is no such value."""
