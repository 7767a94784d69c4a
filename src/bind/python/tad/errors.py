"""Failures of the library as exceptions. Each has the message, which names op and shapes, and the status,
a word of tad/status.h. What Python has an exception for is one of that kind too."""
from ._library import constants

__all__ = ["Error", "ShapeError", "TypeMismatch", "TapeMismatch", "OutOfRange", "OutOfMemory",
           "Singular"]


class Error(Exception):
    """A failure of the library; `status` is its kind, a lower-case word of tad/status.h."""

    def __init__(self, message, status="bad_argument"):
        super().__init__(message)
        self.status = status


class ShapeError(Error, ValueError):
    """Shapes do not fit, or a size is beyond a limit."""


class TypeMismatch(Error, TypeError):
    """Element types do not fit."""


class TapeMismatch(Error, ValueError):
    """Operands are of two tapes."""


class OutOfRange(Error, IndexError):
    """There is no such axis, index or label."""


class OutOfMemory(Error, MemoryError):
    """No memory, or the limit of the tape's settings is reached."""


class Singular(Error, ArithmeticError):
    """A matrix is singular, an iteration does not converge, or a trapped value is not finite."""


STATUS = {value: word for word, value in constants("tad_status").items()}
_CLASSES = {
    "no_memory": OutOfMemory, "too_large": ShapeError, "bad_shape": ShapeError, "bad_dtype": TypeMismatch,
    "bad_axis": OutOfRange, "bad_index": OutOfRange, "singular": Singular, "no_convergence": Singular,
    "not_finite": Singular,
}


def error(status, message):
    """The exception for a status of the library."""
    word = STATUS.get(status, "unknown")
    return _CLASSES.get(word, Error)(message or word.replace("_", " "), word)
