"""Derivatives of functions. What is given as numbers and arrays comes back so, and the tape is as it was
before; what is given as variables, or asked for within such a function, is recorded and can be
differentiated again.

    tad.grad(f)(x)                      tad.grad(tad.grad(f))(x)
    tad.value_and_grad(f, argnums=(0, 1))(w, b, x)
    tad.jvp(f, (x,), (v,))              tad.hessian(f)(x)

Arguments that are differentiated by may be tuples, lists and dictionaries of arrays.
"""
import functools

import numpy as np

from ._library import NULL, ffi, lib
from .leaves import leaf, numpy_of, operand
from .tape import current
from .trees import flatten, unflatten
from .var import Var, copy_of, wrap

__all__ = ["grad", "value_and_grad", "vjp", "jvp", "hvp", "jacobian", "hessian", "reverse", "gradients",
           "zero_gradients"]


class Recording:
    """Around a function that is recorded: the outermost one gives numbers and rewinds."""

    def __init__(self, leaves):
        variables = [x for x in leaves if isinstance(x, Var)]
        self.tape = variables[0].tape if variables else current()
        self.tape.check()
        self.outermost = not variables and not self.tape.depth

    def __enter__(self):
        self.tape.depth += 1
        self.start = self.tape.mark()
        return self

    def __exit__(self, kind, *_):
        self.tape.depth -= 1
        if self.outermost:
            self.tape.leave(self.start, kind is not None)

    def input(self, x):
        """What the function is given for x: a variable, which is an input of its own where x is a number."""
        if isinstance(x, Var):
            operand(self.tape, x)
            return x
        data = numpy_of(x)
        if data.dtype.kind == "i" and isinstance(x, int):
            data = np.asarray(float(x))
        return leaf(self.tape, data, False)

    def result(self, y):
        """What a function that is differentiated returned."""
        if not isinstance(y, Var):
            raise TypeError(f"the function must return one variable, not a {type(y).__name__}: what Python or NumPy "
                            "computes from the numbers of a variable has no derivative")
        return self.variable(y)

    def variable(self, y):
        """What was computed, as a variable; a number is a constant."""
        c = operand(self.tape, y)
        if isinstance(y, Var):
            return y
        return wrap(self.tape, lib.tad_full(self.tape.pointer, lib.TAD_F64, (0, []), y) if lib.tad_is_number(c) else c)

    def give(self, x):
        """A result, as the caller gets it."""
        if not self.outermost:
            return x
        return copy_of(self.tape, lib.tad_data(x.c), x.shape, x.dtype)

    def many(self, out):
        return [self.give(wrap(self.tape, out[k])) for k in range(len(out))]


def handles(variables):
    return ffi.new("tad_var[]", [x.c for x in variables])


def _room(n):
    return ffi.new("tad_var[]", n)


# ---- sweeps over what was recorded ----

def reverse(y):
    """Gradients of the one-element y by all before it; read them as x.gradient. Parameters' add up."""
    y.reverse()


def gradients(y, x, cotangent=None):
    """Gradients of the one-element y, or of <cotangent, y>, by the variables x, recorded: a list."""
    tape = y.tape
    tape.check()
    given, out = ffi.new("tad_var *", operand(tape, cotangent)), _room(len(x))
    wanted = [operand(tape, v) for v in x]
    tape.verb(lib.tad_grad(ffi.new("tad_var *", y.c), given, 1, wanted, len(x), out))
    return [wrap(tape, c) for c in out]


def zero_gradients(params):
    """Sets the sums of these parameters' gradients to zero."""
    for p in params:
        p.tape.check()
        p.tape.verb(lib.tad_zero_gradients(ffi.new("tad_var *", p.c), 1))


# ---- a function and where it is differentiated ----

class _Call:
    """A call of f in which some arguments are differentiated by."""

    def __init__(self, f, argnums, args, kwargs):
        self.f, self.args, self.kwargs = f, args, kwargs
        self.single = isinstance(argnums, int)
        self.at = [argnums] if self.single else list(argnums)
        if any(not -len(args) <= k < len(args) for k in self.at):
            raise TypeError(f"argnums {argnums} of a call with {len(args)} arguments")
        self.leaves, self.form = flatten([args[k] for k in self.at])
        if not self.leaves:
            raise TypeError("there is nothing to differentiate by")

    def run(self, recording):
        """(inputs, f of them)."""
        inputs = [recording.input(x) for x in self.leaves]
        args = list(self.args)
        for k, value in zip(self.at, unflatten(self.form, inputs)):
            args[k] = value
        return inputs, recording.result(self.f(*args, **self.kwargs))

    def shaped(self, results):
        """One result for each leaf, as the arguments were."""
        trees = unflatten(self.form, results)
        return trees[0] if self.single else tuple(trees)


def _sweep(recording, inputs, y, cotangent):
    """Gradients: recorded within a recording, else numbers."""
    x, n, out = handles(inputs), len(inputs), _room(len(inputs))
    at, given = ffi.new("tad_var *", y.c), ffi.new("tad_var *", cotangent)
    if recording.outermost:
        status = lib.tad_vjp_many(lib.tad_recorded, at, x, n, given, 1, NULL, out)
    else:
        status = lib.tad_grad(at, given, 1, x, n, out)
    recording.tape.verb(status)
    return recording.many(out)


def value_and_grad(f, argnums=0):
    """The function that gives (f(x), its gradient): of the one-element f, by the arguments that argnums
    names, one or several."""
    @functools.wraps(f, updated=())
    def value_and_gradient(*args, **kwargs):
        call = _Call(f, argnums, args, kwargs)
        with Recording(call.leaves) as recording:
            inputs, y = call.run(recording)
            found = _sweep(recording, inputs, y, lib.tad_none())
            return recording.give(y), call.shaped(found)
    return value_and_gradient


def grad(f, argnums=0):
    """The function that gives f's gradient; see value_and_grad."""
    both = value_and_grad(f, argnums)

    @functools.wraps(f, updated=())
    def gradient(*args, **kwargs):
        return both(*args, **kwargs)[1]
    return gradient


def vjp(f, args, cotangent=None):
    """(f(*args), gradients of <cotangent, f> by each of args); of a one-element f the cotangent may be left
    out."""
    call = _Call(f, range(len(args)), tuple(args), {})
    with Recording(call.leaves + [cotangent]) as recording:
        inputs, y = call.run(recording)
        found = _sweep(recording, inputs, y, operand(recording.tape, cotangent))
        return recording.give(y), call.shaped(found)


def jvp(f, args, tangents):
    """(f(*args), its tangent for tangents of args)."""
    call = _Call(f, range(len(args)), tuple(args), {})
    vectors = _like(call, tangents)
    with Recording(call.leaves + vectors) as recording:
        inputs, y = call.run(recording)
        given = ffi.new("tad_var[]", [operand(recording.tape, v) for v in vectors])
        out, at = _room(1), ffi.new("tad_var *", y.c)
        sweep = lib.tad_forward if recording.outermost else lib.tad_tangent
        recording.tape.verb(sweep(at, 1, handles(inputs), given, len(inputs), out))
        return recording.give(y), recording.many(out)[0]


def _like(call, trees):
    leaves, form = flatten(list(trees))
    if form != call.form:
        raise ValueError("vectors must be as the arguments: one for each array, in the same tuples, lists, "
                         "dictionaries")
    return leaves


def hvp(f, args, vectors):
    """(f(*args), its gradient, its Hessian times the vectors), for a one-element f; the last two as args."""
    call = _Call(f, range(len(args)), tuple(args), {})
    vectors = _like(call, vectors)
    with Recording(call.leaves + vectors) as recording:
        inputs, y = call.run(recording)
        n, at, tape = len(inputs), ffi.new("tad_var *", y.c), recording.tape
        given, gradient, product = [operand(tape, v) for v in vectors], _room(n), _room(n)
        if recording.outermost:
            tape.verb(lib.tad_forward_over_reverse(y.c, handles(inputs), given, n, gradient, product))
        else:
            tape.verb(lib.tad_grad(at, NULL, 1, handles(inputs), n, gradient))
            tape.verb(lib.tad_tangent(gradient, n, handles(inputs), given, n, product))
        return recording.give(y), call.shaped(recording.many(gradient)), call.shaped(recording.many(product))


def _matrices(recording, drivers, y, inputs, places):
    """A matrix for each place, by the driver that gives numbers or the one that records."""
    drive = drivers[not recording.outermost]
    at = ffi.new("tad_var *", y.c)
    for place in places:
        out = _room(1)
        recording.tape.verb(drive(lib.tad_recorded, at, handles(inputs), len(inputs), *place, NULL, out))
        yield recording.many(out)[0]


def jacobian(f, argnums=0):
    """The function that gives f's Jacobian: the shape of f's result followed by that of the argument."""
    @functools.wraps(f, updated=())
    def matrix(*args, **kwargs):
        call = _Call(f, argnums, args, kwargs)
        with Recording(call.leaves) as recording:
            inputs, y = call.run(recording)
            drivers = lib.tad_jacobian, lib.tad_jacobian_recorded
            places = [(i,) for i in range(len(inputs))]
            return call.shaped(list(_matrices(recording, drivers, y, inputs, places)))
    return matrix


def hessian(f, argnums=0):
    """The function that gives the one-element f's Hessian: the shape of the argument twice. Of several
    arrays it is as the arguments, of which each has again as the arguments."""
    @functools.wraps(f, updated=())
    def matrix(*args, **kwargs):
        call = _Call(f, argnums, args, kwargs)
        with Recording(call.leaves) as recording:
            inputs, y = call.run(recording)
            n, drivers = len(inputs), (lib.tad_hessian, lib.tad_hessian_recorded)
            places = [(i, j) for i in range(n) for j in range(n)]
            found = list(_matrices(recording, drivers, y, inputs, places))
            return call.shaped([call.shaped(found[i * n:(i + 1) * n]) for i in range(n)])
    return matrix
