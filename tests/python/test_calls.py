"""The functions made from the registry: each op, called as Python does, gives what the library gives for
its samples."""
import inspect

import numpy as np
import pytest

import tad
from tad._library import NULL, ffi, lib, text
from tad.ops import FUNCTIONS, Op
from tad.var import NIL, Var, wrap


def read(kind, at):
    """A field of an op's options, as a Python user writes it."""
    def as_a(name):
        return ffi.cast(name + " *", at)[0]
    if kind == "bool":
        return bool(as_a("bool"))
    if kind == "int":
        return as_a("int64_t")
    if kind == "float":
        return as_a("double")
    if kind in ("maybe_int", "maybe_float"):
        maybe = as_a("tad_" + kind)
        return maybe.value if maybe.given else None
    if kind == "axes":
        axes = as_a("tad_axes")
        return list(axes.axis[0:axes.count]) if axes.given else None
    if kind == "shape":
        shape = as_a("tad_shape")
        return tuple(shape.dim[0:shape.rank])
    if kind == "ints":
        ints = as_a("tad_ints")
        return list(ints.value[0:ints.count])
    if kind == "slices":
        slices = as_a("tad_slices")
        ranges = slices.range[0:slices.count]
        return [slice(*(e.value if e.given else None for e in (r.start, r.stop, r.step))) for r in ranges]
    if kind == "dtype":
        return text(lib.tad_dtype_name(as_a("int")))
    if kind == "text":
        return text(ffi.cast("char *", at))
    assert kind == "choice"
    return as_a("int")


def options_of(op, struct):
    found = {}
    for o, c in zip(op.options, (op.c.options[i] for i in range(op.c.n_options))):
        value = read(o.kind, ffi.cast("char *", struct) + c.offset)
        found[o.name] = o.choices[int(value)] if o.choices else value
    return found


def samples(op):
    room = ffi.new("tad_sample_room *")
    for i in range(lib.tad_sample_count(op)):
        assert lib.tad_sample_at(op, i, room)
        yield room.sample


def bits(handle):
    size = lib.tad_size_of(handle) * lib.tad_dtype_size(lib.tad_dtype_of(handle))
    return ffi.buffer(lib.tad_data(handle), size)[:] if size else b""


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_op_gives_what_the_library_gives(name, tape):
    function, tried = FUNCTIONS[name], 0
    for sample in samples(function.op.c):
        with tape.mark():
            inputs = [lib.tad_sample_fill(tape.pointer, getattr(sample, "in") + k, 1)
                      for k in range(sample.n)]
            options = sample.options
            room = function.op.n_out or 64
            out = ffi.new("tad_var[]", room)
            before = tape.random
            lib.tad_apply(function.op.c, inputs, len(inputs), options, out, room)
            if lib.tad_tape_status(tape.pointer):
                lib.tad_tape_clear(tape.pointer)
                continue
            tape.random = before
            given = [None if lib.tad_is_none(c) else wrap(tape, c) for c in inputs]
            named = options_of(function.op, options) if options != NULL else {}
            if options == NULL and any(o.required for o in function.op.options):
                named = options_of(function.op, ffi.new("char[]", function.op.c.options_size))
            if "equation" in named:
                got = function(named.pop("equation"), *given, **named)
            else:
                got = function(given, **named) if function.op.listed else function(*given, **named)
            got = (got,) if isinstance(got, Var) else got
            wanted = [c for c in out if c.bits < NIL and not lib.tad_is_nil(c)]
            assert len(got) == len(wanted)
            for a, b in zip(got, wanted):
                assert bits(a.c) == bits(b), (name, text(sample.label), named)
            tried += 1
    assert tried


def test_signatures_and_documentation_are_the_registrys():
    assert str(inspect.signature(tad.sum)) == "(x, axis=None, keepdims=False)"
    assert str(inspect.signature(tad.matmul)) == "(a, b)"
    assert str(inspect.signature(tad.affine)) == "(x, w, b=None)"
    assert str(inspect.signature(tad.cross_entropy)).startswith("(logits, target, weight=None, reduction=")
    assert tad.einsum("ij,j->i", np.ones((2, 3)), np.ones(3)).shape == (2,)
    for i in range(lib.tad_op_count()):
        c = lib.tad_op_at(i)
        if not c.flags & lib.TAD_OP_INTERNAL:
            function = getattr(tad, text(c.name))
            assert function.__doc__.startswith(text(c.doc))
            assert len(inspect.signature(function).parameters) >= 1


def test_no_parameter_is_a_name_of_the_short_way():
    for function in FUNCTIONS.values():
        names = set(inspect.signature(function).parameters) - ({"x"} if function.op.listed else set())
        assert not names & {"tape", "ref", "refs", "made"}
        assert not (function.op.listed and names & {"a", "b", "v", "x"})


def test_options_are_checked():
    x = tad.array(np.ones((2, 3)))
    with pytest.raises(TypeError):
        tad.sum(x, axes=0)
    with pytest.raises(TypeError):
        tad.pow_scalar(x)
    with pytest.raises(tad.Error, match="keepdims"):
        tad.sum(x, keepdims="yes")
    with pytest.raises(tad.Error, match="none|tanh"):
        tad.gelu(x, approximate="erf")
    with pytest.raises(TypeError):
        tad.sum(x, axis={0})
    with pytest.raises(tad.OutOfRange):
        tad.sum(x, axis=7)
    for call in (lambda: tad.sum(x, axis=2**70), lambda: tad.sum(x, axis=[0, -2**63 - 1]),
                 lambda: tad.gather(x, [[0]], axis=2**63)):
        with pytest.raises(OverflowError, match="option axis.* not .*[0-9]{19}"):
            call()
    for axis in ["x"], [None], {}, 1j:
        with pytest.raises(TypeError, match="option axis: axis, several, or None; not "):
            tad.sum(x, axis=axis)
    with pytest.raises(TypeError, match="option equation: text"):
        tad.einsum("ij->i\0", x)
    with pytest.raises(TypeError, match="option slices"):
        tad.slice(x, (slice("a", None),))


def test_options_that_are_equal_for_python_are_told_apart():
    x = tad.array([-1.0, 2.0])
    plus, minus = tad.threshold(x, 0.0, 0.0), tad.threshold(x, 0.0, -0.0)
    assert not np.signbit(np.array(plus)[0]) and np.signbit(np.array(minus)[0])
    shape = [2, 1]
    assert tad.reshape(x, shape).shape == (2, 1)
    shape.reverse()
    assert tad.reshape(x, shape).shape == (1, 2)


def test_operands_that_are_left_out(tape):
    x, bias = tad.array([[1.0, 3.0]]), tad.array([5.0, 6.0])
    assert np.allclose(tad.layer_norm(x, None, bias).numpy(), [[4, 7]], atol=1e-4)
    assert np.allclose(tad.layer_norm(x, bias).numpy(), [[-5, 6]], atol=1e-4)
    assert np.allclose(tad.layer_norm(x, [5.0, 6.0], eps=1.0).numpy(), np.array([[-5, 6]]) / 2**0.5)
    with pytest.raises(tad.Error):
        tad.linear(x, None)


def test_operators():
    a, b = np.array([1.5, -2.0, 3.0]), np.array([2.0, 0.5, -1.0])
    x, y = tad.array(a), tad.array(b)
    for f in (lambda p, q: p + q, lambda p, q: p - q, lambda p, q: p * q, lambda p, q: p / q,
              lambda p, q: abs(p)**q, lambda p, q: p % q, lambda p, q: -p, lambda p, q: abs(q),
              lambda p, q: p < q, lambda p, q: p >= q, lambda p, q: p == q, lambda p, q: (p != q) & (p > 0),
              lambda p, q: ~(p < 0) | (q < 0), lambda p, q: +p, lambda p, q: p // q, lambda p, q: p @ q,
              lambda p, q: 2 - p, lambda p, q: 1 / q, lambda p, q: 2.0**p):
        wanted = f(a, b)
        for left, right in ((x, y), (x, b), (a, y)):
            got = f(left, right)
            assert np.allclose(np.array(got), wanted, rtol=1e-14), inspect.getsource(f)


def test_numbers_beside_a_variable():
    x = tad.array([1.5, -2.0])
    for number in 2, 2.0, 2**53 + 2, np.float64(2):
        assert np.array_equal(np.array(x - number), x.numpy() - number)
        assert np.array_equal(np.array(number - x), number - x.numpy())
        assert np.array_equal(np.array(tad.maximum(x, number)), np.maximum(x.numpy(), number))
    with pytest.raises(tad.TypeMismatch, match="bool"):  # which is no number
        tad.equal(x, True)
    for call in (lambda: x + 10**400, lambda: 10**400 + x, lambda: tad.mul(x, 10**400)):
        with pytest.raises(OverflowError):
            call()
    for call in (lambda: x + "1", lambda: "1" + x, lambda: tad.mul(x, "1"), lambda: x + object()):
        with pytest.raises(TypeError):
            call()


def test_operands_in_a_list(tape):
    x, y = tad.array([1.0, 2.0]), tad.array([3.0, 4.0])
    assert np.array(tad.concat([x, y])).tolist() == np.array(tad.concat((x, [3.0, 4.0]))).tolist() == [1, 2, 3, 4]
    assert np.array(tad.concat([x, y, x], axis=-1)).tolist() == [1, 2, 3, 4, 1, 2]
    assert tad.stack([x, y], 1).numpy().tolist() == [[1, 3], [2, 4]]
    assert tad.stack(v for v in (x, y)).shape == tad.concat(tad.stack([x, y]).T).reshape((2, 2)).shape
    many = [tad.array(float(i)) for i in range(100)]
    total = tad.sum_list(many)
    assert total.item() == 4950 and tad.stack(many).shape == (100,)
    with pytest.raises(tad.Error):
        tad.concat([])
    with pytest.raises(tad.ShapeError):
        tad.concat([x, tad.stack([x, y])])
    with tad.Tape() as other:
        z = tad.array([1.0], tape=other)
        for call in (lambda: tad.concat([x, z]), lambda: tad.concat([x, x, z]), lambda: tad.where(True, x, z),
                     lambda: x + z, lambda: tad.fma(x, x, z), lambda: tad.affine(x, x, z)):
            with pytest.raises(tad.TapeMismatch, match="two tapes") as info:
                call()
            assert isinstance(info.value, ValueError) and info.value.status == "bad_handle"


def test_no_op_hides_what_is_not_one():
    from tad import check, derivatives, errors, files, leaves, programs, show, tape
    for module in (check, derivatives, errors, files, leaves, programs, show, tape):
        for name in module.__all__:
            assert name not in FUNCTIONS and getattr(tad, name) is getattr(module, name)


def test_op_objects_know_the_registry():
    assert isinstance(tad.tanh.op, Op) and tad.tanh.op.function() is not None
    assert tad.softmax.op.function() is None
