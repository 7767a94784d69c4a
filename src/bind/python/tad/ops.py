"""The ops, made from the registry when the module is imported: for each a function with its signature, its
documentation, and the way it is called that suits its options. No name of an op is written here."""
import functools
import weakref
from operator import getitem

import numpy as np

from ._library import NULL, ffi, kind_of, lib, parameters, text
from .leaves import leaf, operand
from .options import Option, named
from .tape import current
from .var import NIL, Made, Var, wrap

LISTED = 8  # more operands than these are given as a list
KEPT = 1000  # options of an op that are not made again
_PLAIN = {int, float, bool, str, type(None)}
_alive = weakref.WeakKeyDictionary()  # options, as long as a call with them


class Op:
    """A descriptor of the registry, in Python's words."""

    def __init__(self, c):
        self.c, self.name, self.doc = c, text(c.name), text(c.doc)
        self.min_in, self.max_in, self.n_out = c.min_in, c.max_in, c.n_out
        self.options = [Option(c.options[i]) for i in range(c.n_options)]
        self.listed = c.max_in > LISTED
        self.floats = [o.name for o in self.options if o.kind in ("float", "maybe_float")]
        self.keys = self._keys()
        names = ", ".join(o.name for o in self.options)
        self.keys_of = eval(f"lambda {names}: ({''.join(k + ', ' for k in self.keys)})")
        self.calls, self.kept = {} if self.options else self._call(NULL), 0

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

    # ---- calls, prepared once for each choice of options ----

    def _keys(self):
        """What `calls` is asked for, one after the other, as expressions: the values of the options. 1 and
        True, and zeros of both signs, are equal for Python: where there are numbers one key has their classes
        too, and zeros go by their text."""
        if not self.floats:
            return [o.name for o in self.options]
        names = ", ".join(o.name for o in self.options)
        classes = ", ".join(o.name + ".__class__" for o in self.options)
        no_zero = " and ".join(n + " != 0" for n in self.floats)
        return [f"({names}, {classes}) if {no_zero} else repr(({names},))"]

    def prepare(self, values, tape):
        """A call with these values of the options; those seen before are kept."""
        keys = self.keys_of(*values) if not self.floats or all(map(_is_plain, values)) else None
        try:
            return functools.reduce(getitem, keys, self.calls)
        except (KeyError, TypeError):  # a list, which can change, is no key
            pass
        made = self._call(self._fill(values, tape))
        if keys and self.kept < KEPT:
            self._keep(keys, made)
        return made

    def _call(self, options):
        """As the library takes it."""
        own = self.function() or NULL
        call = ffi.new("tad_prepared *", {"op": self.c, "options": options,
                                          "unary": own if self.max_in == 1 else NULL,
                                          "binary": own if self.max_in == 2 else NULL})
        _alive[call] = options
        return call

    def _keep(self, keys, made):
        try:
            hash(keys)
        except TypeError:
            return
        place = self.calls
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = made
        self.kept += 1

    def _fill(self, values, tape):
        kept = []
        given = ffi.new("tad_value[]", [named(o, v, kept) for o, v in zip(self.options, values)])
        filled = ffi.new("char[]", self.c.options_size + 16)
        tape.verb(lib.tad_options_by_name(tape.check(), self.c, given, len(self.options), filled))
        return filled


def _is_plain(value):
    return value.__class__ in _PLAIN or value.__class__ is tuple and all(v.__class__ is int for v in value)


# ---- calling ----

def _constant(tape, x):
    """An operand of a call without variables: numbers are of the tape too, somewhere it must be computed."""
    if isinstance(x, (float, int)) and not isinstance(x, bool):
        return leaf(tape, np.asarray(float(x)), True, False).c
    return operand(tape, x)


def apply(op, inputs, values):
    """The op on operands of any kind, with the values of all its options."""
    first = next((x for x in inputs if isinstance(x, Var)), None)
    tape, convert = (current(), _constant) if first is None else (first.tape, operand)
    tape.check()
    while len(inputs) > op.min_in and inputs[-1] is None:
        inputs = inputs[:-1]
    given = [convert(tape, x) for x in inputs]
    return run(tape, op, given, op.prepare(values, tape))


def run(tape, op, given, call):
    """The op on the library's operands."""
    if op.n_out == 1:
        return wrap(tape, lib.tad_apply(op.c, given, len(given), call.options, NULL, 0))
    room = op.n_out or 64
    out = ffi.new("tad_var[]", room)
    wrap(tape, lib.tad_apply(op.c, given, len(given), call.options, out, room))
    return tuple(wrap(tape, out[k]) for k in range(room) if out[k].bits < NIL)


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


# A call of the library with the fewest steps before it. Where it cannot be or fails, for whatever reason, the
# long way says so, or goes.
FAST = """def {name}({parameters}):
    try:
{find}
        if ref:
            made = _Made()
            made.tape = tape
            made.ref = ref
            return made
    except _UNUSUAL:
        pass
    return {slowly}
"""
_SLOW = """def {name}({parameters}):
    return {slowly}
"""
# Operands in a list are mostly two. A variable, though it has rows, is none.
_FIND_LISTED = """\
        if x.__class__ is _Made:
            ref = None
        elif len(x) == 2:
            a, b = x
            tape = a.tape
            ref = {two}
        else:
            tape = x[0].tape
            refs = [v.ref for v in x if v.tape is tape]
            ref = len(refs) == len(x) and _list(tape.claim, {call}, refs, len(refs))"""
_SPACE = {"_one": lib.tad_apply_one, "_two": lib.tad_apply_two, "_three": lib.tad_apply_three,
          "_list": lib.tad_apply_list, "_with_number": lib.tad_apply_with_number,
          "_to_number": lib.tad_apply_to_number, "_Made": Made, "_float": float, "_int": int,
          "_UNUSUAL": (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError)}
NUMBER = "{0}.__class__ is _float or {0}.__class__ is _int"


def call_of(names, call):
    """The expression that calls the library with variables of these names."""
    same = "".join(f"{n}.tape is tape and " for n in names[1:])
    refs = ", ".join(n + ".ref" for n in names)
    return f"{same}{('_one', '_two', '_three')[len(names) - 1]}(tape.claim, {call}, {refs})"


def call_of_two(a, b, call):
    """The second may be a number."""
    return (f"({call_of([a, b], call)}) if {b}.__class__ is _Made else "
            f"_with_number(tape.claim, {call}, {a}.ref, {b}) if {NUMBER.format(b)} else None")


def find(first, ref):
    """The lines that find the tape and the result: that of an expression."""
    return f"        tape = {first}.tape\n        ref = {ref}"


def _find(op, call):
    """The same for an op."""
    if op.listed:
        return _FIND_LISTED.format(call=call, two=call_of(["a", "b"], call))
    names = op.inputs()
    if op.min_in == op.max_in == 2:
        return find(names[0], call_of_two(*names, call))
    ways = [f"({call_of(names[:n], call)}) if {' is '.join(names[n:])} is None else "
            for n in range(op.min_in, op.max_in)]
    return find(names[0], "".join(ways) + call_of(names, call))


def compiled(text, op, name, words, **more):
    """The function of the text."""
    space = {**_SPACE, "_op": op, "_calls": op.calls, "_apply": apply, "__name__": "tad", **more}
    exec(text.format(name=name, **words), space)
    made = space[name]
    made.__doc__ = op.doc + "".join("\n\n    " + o.says() for o in op.options)
    made.op = op
    return made


def function(op):
    """The Python function of an op, made of the registry's names alone."""
    parts, inputs = _signature(op)
    words = {"parameters": _safe(", ".join(parts)),
             "slowly": f"_apply(_op, {inputs}, ({''.join(o.name + ', ' for o in op.options)}))"}
    if op.n_out != 1 or op.min_in == 0 or op.max_in > 3 and not op.listed:
        return compiled(_SLOW, op, op.name, words)
    call = "_calls" + "".join(f"[{key}]" for key in op.keys)
    return compiled(FAST, op, op.name, {**words, "find": _find(op, call)})


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
