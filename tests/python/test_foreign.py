"""The library without its headers, by ctypes: all that is declared is there, and what a language needs is a
function."""
import ctypes as c
import pathlib
import re

from tad._library import lib, parameters
from tad.errors import STATUS

INCLUDE = pathlib.Path(__file__).parents[2] / "include" / "tad"
OF_OTHER_LIBRARIES = {"tad_program_compile", "tad_mapping_compile", "tad_mpi_open", "tad_mpi_close"}


class Var(c.Structure):
    _fields_ = [("tape", c.c_void_p), ("bits", c.c_uint64)]


class Shape(c.Structure):
    _fields_ = [("rank", c.c_int), ("dim", c.c_int64 * 8)]


class Axes(c.Structure):
    _fields_ = [("given", c.c_bool), ("keepdims", c.c_bool), ("count", c.c_int), ("axis", c.c_int * 8)]


class Value(c.Structure):
    _fields_ = [("name", c.c_char_p), ("kind", c.c_int), ("integer", c.c_int64), ("number", c.c_double),
                ("text", c.c_char_p), ("ints", c.c_void_p), ("count", c.c_size_t), ("slices", c.c_void_p)]


WRITING = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(Var), c.c_size_t, c.c_void_p, c.POINTER(Var))


class Written(c.Structure):
    _fields_ = [("fn", WRITING), ("user", c.c_void_p)]


def library():
    from tad import _library
    path = next(p for p in _library._candidates() if pathlib.Path(p).exists())
    tad, var = c.CDLL(path), Var
    for name, result, takes in (
            ("tad_tape_new", c.c_void_p, [c.c_void_p]), ("tad_tape_free", None, [c.c_void_p]),
            ("tad_number", var, [c.c_double]), ("tad_none", var, []), ("tad_is_number", c.c_bool, [var]),
            ("tad_is_none", c.c_bool, [var]), ("tad_all", Axes, []), ("tad_axis", Axes, [c.c_int]),
            ("tad_keepdims", Axes, [Axes]), ("tad_sum", var, [var, Axes]), ("tad_add", var, [var, var]),
            ("tad_mul", var, [var, var]), ("tad_scalar", var, [c.c_void_p, c.c_double]),
            ("tad_input", var, [c.c_void_p, c.c_int, Shape, c.c_void_p]), ("tad_item", c.c_double, [var]),
            ("tad_affine", var, [var, var, var]), ("tad_message", c.c_char_p, [c.c_void_p]),
            ("tad_jacobian", c.c_int,
             [c.c_void_p, c.c_void_p, c.POINTER(var), c.c_size_t, c.c_size_t, c.c_void_p, c.c_void_p]),
            ("tad_read", c.c_int, [var, c.POINTER(c.c_double), c.c_size_t]),
            ("tad_op_find", c.c_void_p, [c.c_char_p]),
            ("tad_options_by_name", c.c_int,
             [c.c_void_p, c.c_void_p, c.POINTER(Value), c.c_size_t, c.c_void_p]),
            ("tad_apply", var,
             [c.c_void_p, c.POINTER(var), c.c_size_t, c.c_void_p, c.c_void_p, c.c_size_t]),
            ("tad_tape_status", c.c_int, [c.c_void_p]), ("tad_tape_clear", None, [c.c_void_p]),
            ("tad_is_nil", c.c_bool, [var]),
            ("tad_on_release", c.c_int, [var, c.c_void_p, c.c_void_p]),
            ("tad_recorded", var, [c.c_void_p, c.c_void_p, c.c_size_t, c.c_void_p]),
            ("tad_write", var, [c.c_void_p, c.c_void_p, c.c_size_t, c.c_void_p])):
        getattr(tad, name).restype, getattr(tad, name).argtypes = result, takes
    return tad


TAD = library()


def array(t, values):
    data = (c.c_double * len(values))(*values)
    return TAD.tad_input(t, 0, Shape(1, (c.c_int64 * 8)(len(values))), data)


def numbers(x, n):
    out = (c.c_double * n)()
    assert TAD.tad_read(x, out, n) == 0
    return list(out)


def test_all_that_is_declared_is_there():
    inline, declared = set(), set()
    for header in INCLUDE.glob("*.h"):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S).replace("\\\n", "")
        inline |= set(re.findall(r"^TAD_INLINE [^;{=]*?\b(tad_\w+)\(", text, re.M))
        declared |= set(re.findall(r"^TAD_API [^;{=]*?\b(tad_[a-z]\w*)\(", text, re.M))
        assert not re.search(r"^static inline [^;{=]*?\btad_[a-z]\w*\(", text, re.M), header
    assert len(inline) > 10 and len(declared) > 400
    for name in (inline | declared) - OF_OTHER_LIBRARIES:
        assert hasattr(TAD, name), name
        assert name in parameters, name


def test_numbers_none_and_absent_options():
    t = TAD.tad_tape_new(None)
    half, none = TAD.tad_number(0.5), TAD.tad_none()
    assert TAD.tad_is_number(half) and not TAD.tad_is_none(half) and TAD.tad_is_none(none)
    x = array(t, [1, 2, 3])
    assert TAD.tad_item(TAD.tad_sum(TAD.tad_mul(x, half), TAD.tad_all())) == 3
    assert numbers(TAD.tad_sum(x, TAD.tad_keepdims(TAD.tad_axis(0))), 1) == [6]
    w = TAD.tad_input(t, 0, Shape(2, (c.c_int64 * 8)(3, 2)), None)
    assert numbers(TAD.tad_affine(x, w, none), 2) == [0, 0]
    assert TAD.tad_tape_status(t) == 0
    TAD.tad_tape_free(t)


def test_options_by_name_once_for_many_calls():
    t = TAD.tad_tape_new(None)
    op, options = TAD.tad_op_find(b"leaky_relu"), (c.c_char * 1024)(*b"\1" * 1024)
    slope = Value(name=b"negative_slope", kind=3, number=0.5)
    assert TAD.tad_options_by_name(t, op, c.byref(slope), 1, options) == 0
    for _ in range(2):
        y = TAD.tad_apply(op, c.byref(array(t, [-2, 2])), 1, options, None, 0)
        assert numbers(y, 2) == [-1, 2]
    for values, n, message in ((c.byref(Value(name=b"no_such")), 1, b"no option no_such"),
                               (None, 1, b"NULL")):
        assert STATUS[TAD.tad_options_by_name(t, op, values, n, options)] == "bad_argument"
        assert message in TAD.tad_message(t)
        assert STATUS[TAD.tad_options_by_name(t, op, None, 0, options)] == "bad_argument"  # which sticks
        TAD.tad_tape_clear(t)
    for wrong in ((t, None, None, 0, options), (t, op, None, 0, None)):
        assert STATUS[TAD.tad_options_by_name(*wrong)] == "bad_argument"
        TAD.tad_tape_clear(t)
    assert STATUS[TAD.tad_options_by_name(None, op, None, 0, options)] == "bad_argument"
    TAD.tad_tape_free(t)


def test_a_callback_that_writes_its_result():
    t = TAD.tad_tape_new(None)
    x = array(t, [1, 2])

    @WRITING
    def square(tape, inputs, n, user, out):
        assert tape == t and n == 1 and user == 42
        out[0] = TAD.tad_mul(inputs[0], inputs[0])

    @WRITING
    def nothing(tape, inputs, n, user, out):
        pass
    out, written = Var(), Written(square, 42)
    write = c.cast(TAD.tad_write, c.c_void_p)
    assert TAD.tad_jacobian(write, c.byref(written), c.byref(x), 1, 0, None, c.byref(out)) == 0
    assert numbers(out, 4) == [2, 0, 0, 4]
    for wrong in (Written(nothing, None), Written()):
        assert TAD.tad_jacobian(write, c.byref(wrong), c.byref(x), 1, 0, None, c.byref(out)) != 0
        assert TAD.tad_is_nil(out) and TAD.tad_tape_status(t) != 0
        TAD.tad_tape_clear(t)
    TAD.tad_tape_free(t)


def test_what_is_recorded_already_is_a_function():
    t = TAD.tad_tape_new(None)
    x, out = array(t, [1, 2]), Var()
    y = TAD.tad_mul(x, x)
    recorded = c.cast(TAD.tad_recorded, c.c_void_p)
    assert TAD.tad_jacobian(recorded, c.byref(y), c.byref(x), 1, 0, None, c.byref(out)) == 0
    assert numbers(out, 4) == [2, 0, 0, 4]
    assert TAD.tad_is_nil(TAD.tad_recorded(t, None, 0, None)) and TAD.tad_tape_status(t) != 0
    TAD.tad_tape_free(t)


def test_memory_is_given_back_when_its_variable_is_forgotten():
    owners = []
    release = c.CFUNCTYPE(None, c.c_void_p)(owners.append)
    t = TAD.tad_tape_new(None)
    for owner in (1, 2):
        assert TAD.tad_on_release(array(t, [1, 2]), c.cast(release, c.c_void_p), owner) == 0
    assert TAD.tad_on_release(array(t, [1]), None, None) != 0
    assert not owners
    TAD.tad_tape_free(t)
    assert owners == [2, 1]


def test_structs_lie_as_the_headers_say():
    """cffi reads the declarations; the library was compiled from the headers."""
    from tad._library import ffi
    assert ffi.sizeof("tad_var") == c.sizeof(Var) and ffi.sizeof("tad_shape") == c.sizeof(Shape)
    assert ffi.sizeof("tad_axes") == c.sizeof(Axes) and ffi.sizeof("tad_value") == c.sizeof(Value)
    softmax = lib.tad_op_find(b"softmax")
    assert softmax.n_options == 1 and ffi.string(softmax.options[0].name) == b"axis" and softmax.n_samples > 0
