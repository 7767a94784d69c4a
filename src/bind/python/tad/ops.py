"""The ops, made from the registry when the module is imported: for each a function with its signature, its
documentation, and the way it is called that suits its options. No name of an op is written here."""
from operator import index as integer
from threading import get_ident

import numpy as np

from ._library import NULL, ffi, kind_of, lib, parameters, text
from .leaves import leaf, operand
from .tape import current
from .var import NIL, Var, _new, own, wrap

LISTED = 8  # more operands than these are given as a list

_KINDS = {value: name[len("TAD_OPTION_"):].lower()
          for name, value in ffi.typeof("tad_option_kind").relements.items()}
_SAYS = {"bool": "True or False", "int": "integer", "float": "number", "maybe_int": "integer or None",
         "maybe_float": "number or None", "axes": "axis, several, or None", "shape": "shape",
         "slices": "slices", "ints": "integer or several", "dtype": "element type", "text": "text"}
_PLAIN = {int, float, bool, str, type(None)}


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


class Op:
    """A descriptor of the registry, in Python's words."""

    def __init__(self, c):
        self.c, self.name, self.doc = c, text(c.name), text(c.doc)
        self.min_in, self.max_in, self.n_out = c.min_in, c.max_in, c.n_out
        self.options = [Option(c.options[i]) for i in range(c.n_options)]
        self.listed = c.max_in > LISTED
        self.filled = {}  # options seen before, as the library's struct
        self.floats = [o.name for o in self.options if o.kind in ("float", "maybe_float")]
        names = ", ".join(o.name for o in self.options)
        self.key = self._key(names)
        self.key_of = eval(f"lambda {names}: {self.key}")

    def function(self):
        """The C function of the name, where it takes nothing but the operands; None."""
        var, kind = ffi.typeof("tad_var"), kind_of("tad_" + self.name)
        fits = kind and not self.options and self.n_out == 1 and not self.listed
        fits = fits and kind.args == (var,) * self.max_in and kind.result is var
        return getattr(lib, "tad_" + self.name) if fits else None

    def inputs(self):
        """Names of the operands: those that a C function of the op has, if it has them all."""
        var, own = ffi.typeof("tad_var"), "tad_" + self.name
        for name in [own, *sorted(f for f in parameters if f.startswith(own + "_"))]:
            names = []
            for word, kind in zip(parameters.get(name, ()), kind_of(name).args if kind_of(name) else ()):
                fields = kind.item.fields if kind.kind == "pointer" and kind.item.kind == "struct" else ()
                names += [word] if kind is var else [f for f, field in fields or () if field.type is var]
            if len(names) == self.max_in:
                return names
        return ["x"] if self.max_in == 1 else [chr(ord("a") + i) for i in range(self.max_in)]

    def _key(self, names):
        """What options are kept under, as an expression. 1 and True, and zeros of both signs, are equal for
        Python: where there are numbers their classes belong to the key, and zeros go by their text."""
        if not self.floats:
            return f"({names},)" if names else "()"
        classes = ", ".join(o.name + ".__class__" for o in self.options)
        no_zero = " and ".join(n + " != 0" for n in self.floats)
        return f"({names}, {classes}) if {no_zero} else repr(({names},))"

    def struct(self, values, tape):
        """The options as the library's struct; those seen before are kept."""
        key = self.key_of(*values) if not self.floats or all(map(_is_plain, values)) else None
        try:
            return self.filled[key]
        except (KeyError, TypeError):
            filled = self._fill(values, tape)
        if len(self.filled) < 1000 and key is not None:
            try:
                self.filled[key] = filled
            except TypeError:  # a list, which can change
                pass
        return filled

    def _fill(self, values, tape):
        kept = []
        named = ffi.new("tad_value[]", [_named(o, v, kept) for o, v in zip(self.options, values)])
        filled = ffi.new("char[]", self.c.options_size + 16)
        tape.verb(lib.tad_options_by_name(tape.check(), self.c, named, len(self.options), filled))
        return filled


def _is_plain(value):
    return value.__class__ in _PLAIN or value.__class__ is tuple and all(v.__class__ is int for v in value)


def _named(option, value, kept):
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


# ---- calling ----

def _constant(tape, x):
    """An operand of a call without variables: numbers are of the tape too, somewhere it must be computed."""
    if isinstance(x, (float, int)) and not isinstance(x, bool):
        return leaf(tape, np.asarray(float(x)), True, False).c
    return operand(tape, x)


def apply(op, inputs, values):
    """The op on operands, with the values of all its options."""
    first = next((x for x in inputs if isinstance(x, Var)), None)
    tape, convert = (current(), _constant) if first is None else (first.tape, operand)
    if tape.owner != get_ident():
        tape.refuse()
    while len(inputs) > op.min_in and inputs[-1] is None:
        inputs = inputs[:-1]
    n, given = len(inputs), [convert(tape, x) for x in inputs]
    options = op.struct(values, tape) if values else NULL
    if op.n_out == 1:
        c = lib.tad_apply(op.c, given, n, options, NULL, 0)
        if c.bits >= NIL:
            tape.fail()
        x = _new(Var)
        x.tape = tape
        x.c = c
        return x
    room = op.n_out or 64
    out = ffi.new("tad_var[]", room)
    wrap(tape, lib.tad_apply(op.c, given, n, options, out, room))
    return tuple(wrap(tape, own(out[k])) for k in range(room) if out[k].bits < NIL)


# ---- functions ----

def _signature(op):
    """Parameters as Python writes them, and how the call takes them up."""
    inputs, options = op.inputs(), op.options
    required = [o for o in options if o.required]
    rest = [o for o in options if not o.required]
    written = [f"{o.name}={o.default!r}" for o in rest]
    if op.listed:
        words = [o for o in required if o.kind == "text"]  # the text first, as NumPy has it
        others = [o.name for o in required if o not in words]
        if words:
            return [o.name for o in words] + ["*x"] + others + written, "x"
        return ["x"] + others + written, "tuple(x)"
    operands = [n if i < op.min_in else n + "=None" for i, n in enumerate(inputs)]
    star = ["*"] if required and op.min_in < op.max_in else []
    together = "(" + ", ".join(inputs) + ("," if inputs else "") + ")"
    return operands + star + [o.name for o in required] + written, together


def _safe(value):
    return value.replace("=inf", "=float('inf')").replace("=-inf", "=-float('inf')")


# Of an op of up to three operands and one result: one call of the library, with the fewest steps in between.
_FAST = """def {name}({parameters}):
    if {variables}:
        tape = {first}.tape
        if tape.owner != _get_ident():
            tape.refuse(){find}
        c = {call}
        if c.bits >= _NIL:
            tape.fail()
        made = _new(_Var)
        made.tape = tape
        made.c = c
        return made
    return _apply(_op, {inputs}, {values})
"""
_FIND = """
        try:
            options = _filled[{key}]
        except (KeyError, TypeError, ValueError):
            options = _struct({values}, tape)"""
_SLOW = """def {name}({parameters}):
    return _apply(_op, {inputs}, {values})
"""


def _source(op):
    """The text of the function, made of the registry's names alone."""
    parts, inputs = _signature(op)
    words = {"name": op.name, "parameters": _safe(", ".join(parts)), "inputs": inputs,
             "first": op.inputs()[0], "values": "(" + "".join(o.name + ", " for o in op.options) + ")"}
    if op.listed or op.n_out != 1 or op.min_in == 0 or op.max_in > 3:
        return _SLOW.format(**words)
    names, optional = op.inputs(), op.inputs()[op.min_in:]
    here = [f"{n}.__class__ is _Var" for n in names]
    here = [f"({n} is None or {h})" if n in optional else h for n, h in zip(names, here)]
    handles = ", ".join(f"_none if {n} is None else {n}.c" if n in optional else n + ".c" for n in names)
    words["variables"] = " and ".join(here)
    words["call"], words["find"] = f"_f({handles})", ""
    if op.function() is None:
        count = "".join(f"{i} if {names[i - 1]} is not None else " for i in range(op.max_in, op.min_in, -1))
        left_out = ", _none" * (3 - len(names))
        words["call"] = (f"_few(_c, {'options' if op.options else '_NULL'}, {count}{op.min_in}, "
                         f"{handles}{left_out})")
        words["find"] = _FIND.format(**words, key=op.key) if op.options else ""
    return _FAST.format(**words)


def function(op):
    """The Python function of an op."""
    space = {"_apply": apply, "_op": op, "_c": op.c, "_f": op.function(), "_few": lib.tad_apply_few,
             "_none": lib.tad_none(), "_struct": op.struct, "_filled": op.filled, "_NULL": NULL, "_NIL": NIL,
             "_Var": Var, "_new": _new, "_get_ident": get_ident, "__name__": "tad"}
    exec(_source(op), space)
    made = space[op.name]
    made.__doc__ = op.doc + "".join("\n\n    " + o.says() for o in op.options)
    made.op = op
    return made


def every():
    """{name: function} of all that is not for rules alone."""
    made = {}
    for i in range(lib.tad_op_count()):
        c = lib.tad_op_at(i)
        if not c.flags & lib.TAD_OP_INTERNAL:
            op = Op(c)
            made[op.name] = function(op)
    return made


FUNCTIONS = every()
