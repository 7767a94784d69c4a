"""What is not computed: inputs, parameters, constants, from Python's numbers and lists, NumPy's arrays, and
all that speaks DLPack (PyTorch's tensors, for one)."""
import numbers

import numpy as np

from ._library import ffi, lib
from .errors import TapeMismatch
from .tape import current
from .var import NUMPY, Var, wrap

__all__ = ["array", "asarray", "constant", "param", "full", "zeros", "ones", "eye", "arange", "linspace",
           "rand", "randn"]

DTYPES = {dtype: number for number, dtype in NUMPY.items()}
_WIDER = {"f": np.float32, "i": np.int64, "u": np.int64}  # float16, short and unsigned integers


def dtype_of(dtype):
    """The library's number of an element type that NumPy knows."""
    found = DTYPES.get(np.dtype(dtype))
    if found is None:
        raise TypeError(f"element types are float64, float32, int64 and bool, not {np.dtype(dtype)}")
    return found


def shape_of(shape):
    """As a tad_shape."""
    sizes = [shape] if isinstance(shape, numbers.Integral) else list(shape)
    if len(sizes) > 8:
        raise ValueError(f"{len(sizes)} axes, at most 8 are possible")
    return (len(sizes), [int(size) for size in sizes])


def numpy_of(data, dtype=None):
    """The array behind `data`, contiguous, of a type that the library has; copied where it must be."""
    if dtype is None and type(data) is np.ndarray and data.dtype in DTYPES:
        return data if data.flags.c_contiguous else data.copy()
    if hasattr(data, "__dlpack__") and not isinstance(data, np.ndarray):
        data = np.from_dlpack(data)
    found = np.asarray(data)
    wanted = (found.dtype if dtype is None else np.dtype(dtype)).newbyteorder("=")
    if wanted not in DTYPES and wanted.kind in _WIDER and np.can_cast(wanted, _WIDER[wanted.kind]):
        wanted = np.dtype(_WIDER[wanted.kind])
    if wanted not in DTYPES:
        raise TypeError(f"element types are float64, float32, int64 and bool, not {wanted}: {_short(data)}")
    if found.dtype.kind not in "fiub":
        raise TypeError(f"no numbers: {_short(data)}")
    return np.require(found, wanted, "C")


def _short(data):
    words = repr(data)
    return words if len(words) < 80 else words[:77] + "..."


def _leaf(tape, copying, borrowing, data, copy):
    """Makes the leaf by one of two functions of the library."""
    pointer = tape.check()
    shape = (data.ndim, data.shape)
    make = copying if copy or data.ndim == 0 or data.size == 0 else borrowing
    if make is borrowing:
        tape.hold(data)
    return wrap(tape, make(pointer, DTYPES[data.dtype], shape, ffi.from_buffer(data)))


def leaf(tape, data, copy, differentiable=True):
    """An input where that can be, else a constant."""
    if differentiable and data.dtype.kind == "f":
        return _leaf(tape, lib.tad_input, lib.tad_input_borrow, data, copy)
    return _leaf(tape, lib.tad_constant, lib.tad_borrow, data, copy)


def array(data, dtype=None, *, tape=None):
    """A variable with a copy of the data: an input, which gradients are taken by; integers and bools are
    constants."""
    return leaf(tape or current(), numpy_of(data, dtype), True)


def asarray(data, dtype=None, *, tape=None):
    """As array, but on the memory of `data` where its type and layout allow. It must stay as it is while
    variables computed from it are in use. A variable is itself."""
    if isinstance(data, Var):
        return data
    return leaf(tape or current(), numpy_of(data, dtype), False)


def constant(data, dtype=None, *, copy=True, tape=None):
    """A variable without gradient; copy=False: on the memory of `data`, as asarray."""
    if isinstance(data, Var):
        return data.detach()
    return leaf(tape or current(), numpy_of(data, dtype), copy, False)


def param(data, dtype=None, name=None, *, tape=None):
    """A parameter: its gradients add up over sweeps, an optimiser moves it. Make it before the mark to
    which steps rewind."""
    data, tape = numpy_of(data, dtype), tape or current()
    made = _leaf(tape, lib.tad_param, lib.tad_param, data, True)
    if name is not None:
        made.name = name
    return made


def full(shape, value, dtype=np.float64, *, tape=None):
    """A constant that is `value` everywhere."""
    tape = tape or current()
    return wrap(tape, lib.tad_full(tape.check(), dtype_of(dtype), shape_of(shape), value))


def zeros(shape, dtype=np.float64, *, tape=None):
    """A constant of zeros."""
    return full(shape, 0, dtype, tape=tape)


def ones(shape, dtype=np.float64, *, tape=None):
    """A constant of ones."""
    return full(shape, 1, dtype, tape=tape)


def eye(n, m=None, dtype=np.float64, *, tape=None):
    """A constant with ones on the diagonal."""
    tape = tape or current()
    return wrap(tape, lib.tad_eye(tape.check(), dtype_of(dtype), n, n if m is None else m))


def arange(start, stop=None, step=1, dtype=np.float64, *, tape=None):
    """start, start + step, ... before stop; of one argument from 0."""
    tape = tape or current()
    start, stop = (0, start) if stop is None else (start, stop)
    return wrap(tape, lib.tad_arange(tape.check(), dtype_of(dtype), start, stop, step))


def linspace(start, stop, n=50, dtype=np.float64, *, tape=None):
    """n numbers from start to stop, both included."""
    tape = tape or current()
    return wrap(tape, lib.tad_linspace(tape.check(), dtype_of(dtype), start, stop, n))


def rand(shape, dtype=np.float64, *, tape=None):
    """A constant of the tape's random numbers, uniform in [0, 1)."""
    tape = tape or current()
    return wrap(tape, lib.tad_rand(tape.check(), dtype_of(dtype), shape_of(shape)))


def randn(shape, dtype=np.float64, *, tape=None):
    """A constant of the tape's random numbers, normal with mean 0 and variance 1."""
    tape = tape or current()
    return wrap(tape, lib.tad_randn(tape.check(), dtype_of(dtype), shape_of(shape)))


def operand(tape, data):
    """What an op is given, as the library's: variables, numbers, None, arrays."""
    if isinstance(data, Var):
        if data.tape is not tape:
            data.tape.check()  # another thread's cannot be used at all
            raise TapeMismatch("operands of two tapes", "bad_handle")
        return data.c
    if data is None:
        return lib.tad_none()
    if isinstance(data, (bool, np.bool_)):
        return leaf(tape, np.asarray(data), True).c
    if isinstance(data, (float, int)):
        return lib.tad_number(data)
    return leaf(tape, numpy_of(data), True, False).c
