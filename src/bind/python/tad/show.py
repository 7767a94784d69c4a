"""What was recorded, as text and pictures."""
from . import callbacks
from ._library import constants, ffi, lib

__all__ = ["dump", "dot_graph", "explain"]

_FORMATS = constants("tad_explain_format")


def _show(y, write, *arguments):
    y.tape.check()
    status, found = callbacks.written(write, y.c, *arguments)
    y.tape.verb(status)
    return found


def _options(values, gradients, limit):
    return ffi.new("tad_show_options *", {"values": values, "gradients": gradients, "limit": limit})


def dump(y, values=False, gradients=False, limit=0):
    """A line for each node that y is computed from."""
    return _show(y, lib.tad_dump, _options(values, gradients, limit))


def dot_graph(y, values=False, gradients=False, limit=0):
    """The same as a picture for Graphviz."""
    return _show(y, lib.tad_dot_graph, _options(values, gradients, limit))


def explain(y, format="text"):
    """After y.reverse() over numbers: the chain rule, with the numbers, as "text" or "dot"."""
    return _show(y, lib.tad_explain, _FORMATS[format])
