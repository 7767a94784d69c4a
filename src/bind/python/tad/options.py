"""Options of ops: what the registry says of them, and values as the library takes them."""
from operator import index as integer

import numpy as np

from ._library import NULL, ffi, lib, text

_KINDS = {value: name[len("TAD_OPTION_"):].lower()
          for name, value in ffi.typeof("tad_option_kind").relements.items()}
_SAYS = {"bool": "True or False", "int": "integer", "float": "number", "maybe_int": "integer or None",
         "maybe_float": "number or None", "axes": "axis, several, or None", "shape": "shape",
         "slices": "slices", "ints": "integer or several", "dtype": "element type", "text": "text"}


class Option:
    """An option of an op: what it takes, and what it is when not given."""

    def __init__(self, c):
        self.name, self.kind = text(c.name), _KINDS[c.kind]
        self.choices = text(c.choices).split("|") if c.choices != NULL else None
        self.required = c.required
        self.default = self._default(c.initial)

    def _default(self, initial):
        if self.choices:
            return self.choices[int(initial)]
        if self.kind == "ints":
            return int(initial) or None
        made = {"bool": bool, "int": int, "float": float}.get(self.kind)
        return made(initial) if made else None

    def says(self):
        what = ", ".join(map(repr, self.choices)) if self.choices else _SAYS[self.kind]
        return f"{self.name}: {what}" + (", required" if self.required else "")


def named(option, value, kept):
    """As _value; a failure names the option."""
    try:
        return _value(option, value, kept)
    except (TypeError, OverflowError) as e:  # an integer of more than 64 bits is the second
        raise type(e)(f"option {option.says()}; not {value!r}") from e


def _value(option, value, kept):
    """As a tad_value; `kept` holds what it points to."""
    found = {"name": _kept(kept, "char[]", option.name.encode())}
    if option.kind == "dtype" and value is not None:
        value = str(np.dtype(value))
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if value is None:
        return {**found, "kind": lib.TAD_VALUE_NULL}
    if option.kind == "slices":
        return {**found, "kind": lib.TAD_VALUE_SLICES, "slices": _kept(kept, "tad_slices *", _slices(value))}
    if isinstance(value, bool):
        return {**found, "kind": lib.TAD_VALUE_BOOL, "integer": value}
    if isinstance(value, int):
        return {**found, "kind": lib.TAD_VALUE_INT, "integer": _kept(kept, "int64_t *", value)[0]}
    if isinstance(value, float):
        return {**found, "kind": lib.TAD_VALUE_FLOAT, "number": value}
    if isinstance(value, str) and "\0" not in value:
        return {**found, "kind": lib.TAD_VALUE_TEXT, "text": _kept(kept, "char[]", value.encode())}
    if isinstance(value, (list, tuple)):
        flat = _kept(kept, "int64_t[]", _flat(value))
        return {**found, "kind": lib.TAD_VALUE_INTS, "ints": flat, "count": len(flat)}
    raise TypeError(f"no kind of value: {type(value).__name__}")


def _kept(kept, kind, value):
    kept.append(ffi.new(kind, value))
    return kept[-1]


def _flat(values):
    """Integers end to end, of lists within the list too."""
    flat = []
    for v in values:
        flat += _flat(v) if isinstance(v, (list, tuple)) else [integer(v)]
    return flat


def _slices(values):
    """As a tad_slices: of a slice, or several; each may be a tuple of start, stop, step."""
    values = (values,) if isinstance(values, slice) else values
    if len(values) > 8:
        raise IndexError(f"{len(values)} slices, at most 8 are possible")
    ends = [(s.start, s.stop, s.step) if isinstance(s, slice) else s for s in values]
    one = [{name: {"given": v is not None, "value": 0 if v is None else integer(v)}
            for name, v in zip(("start", "stop", "step"), three)} for three in ends]
    return {"count": len(one), "range": one}
