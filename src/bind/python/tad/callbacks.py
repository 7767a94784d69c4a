"""Functions that the library calls. What they raise stops the library and is raised when it has returned."""
from ._library import NULL, ffi, lib
from .tape import handed
from .var import NIL, Var, wrap

__all__ = ["function", "unary", "written"]


def result_of(tape, y):
    """What a function returned, as the library's."""
    from .leaves import operand
    if not isinstance(y, Var) and isinstance(y, (tuple, list, dict, type(None))):
        raise TypeError(f"the function must return one variable, not a {type(y).__name__}")
    return operand(tape, y)


def nil(pointer):
    """What a function gives that failed."""
    return ffi.new("tad_var *", {"tape": pointer, "bits": NIL})[0]


def function(f):
    """A tad_fn that calls f with a variable for each input."""
    @ffi.callback("tad_fn")
    def call(pointer, inputs, n, _user):
        y = nil(pointer)
        with handed(pointer) as tape:
            y = result_of(tape, f(*(wrap(tape, inputs[i]) for i in range(n))))
        return y
    return call


def unary(f):
    """A tad_activation that calls f, or f's own function of C."""
    if hasattr(f, "op") and f.op.function() is not None:
        return f.op.function()

    @ffi.callback("tad_activation")
    def call(x):
        y = nil(lib.tad_tape_of(x))
        with handed(y.tape) as tape:
            y = result_of(tape, f(wrap(tape, x)))
        return y
    return call


def written(write, *arguments):
    """The text that a function of the library writes to a sink."""
    parts = []

    @ffi.callback("tad_sink", onerror=None)
    def take(_user, characters, length):
        parts.append(ffi.buffer(characters, length)[:])
        return True
    status = write(*arguments, take, NULL)
    return status, b"".join(parts).decode("utf-8", "replace")
