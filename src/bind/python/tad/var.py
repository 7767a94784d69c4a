"""Variables: what a tape recorded, as Python sees it. Operators are ops of the registry; an index makes
views."""
from threading import get_ident

import numpy as np

from ._library import NULL, ffi, lib, text

__all__ = ["Var"]

NIL = 0xFFFFFFFF << 32  # a handle without a node, and above
FLOATS = (lib.TAD_F64, lib.TAD_F32)
NUMPY = {number: np.dtype(text(lib.tad_dtype_name(number))) for number in range(lib.TAD_DTYPE_COUNT)}


class Var:
    """A variable of a tape: numbers of one type, and how they were computed. See tad.array, tad.param,
    tad.constant."""

    __slots__ = ("tape", "ref", "__weakref__")  # ref: the library's, of that tape
    __array_ufunc__ = None  # NumPy leaves operators to this class

    def __init__(self):
        raise TypeError("variables are made by tad.array, tad.param, tad.constant and by computing")

    @property
    def c(self):
        """As most of the library takes it."""
        return lib.tad_var_of(self.tape.claim, self.ref)

    # ---- what it is ----

    @property
    def shape(self):
        """Sizes of the axes, a tuple."""
        self.tape.check()
        shape = lib.tad_shape_of(self.c)
        if shape.rank < 0:
            self.tape.fail()
        return tuple(shape.dim[0:shape.rank])

    @property
    def dtype(self):
        """Element type, NumPy's."""
        self.tape.check()
        dtype = lib.tad_dtype_of(self.c)
        if dtype == lib.TAD_DTYPE_COUNT:
            self.tape.fail()
        return NUMPY[dtype]

    @property
    def ndim(self):
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self):
        """Number of elements."""
        self.tape.check()
        size = lib.tad_size_of(self.c)
        if size < 0:
            self.tape.fail()
        return size

    @property
    def name(self):
        """What messages, dumps and pictures call it; it can be set. Empty: no name."""
        self.tape.check()
        name = text(lib.tad_node_name(self.c))
        self.tape.verb(lib.tad_tape_status(self.tape.pointer))
        return name

    @name.setter
    def name(self, name):
        self.tape.check()
        lib.tad_name(self.c, name.encode())
        self.tape.verb(lib.tad_tape_status(self.tape.pointer))

    @property
    def needs_gradient(self):
        """Whether it is an input or parameter, or computed from one."""
        self.tape.check()
        needs = lib.tad_node_needs_gradient(self.c)
        self.tape.verb(lib.tad_tape_status(self.tape.pointer))
        return needs

    def __len__(self):
        shape = self.shape
        if not shape:
            raise TypeError("a number has no length")
        return shape[0]

    def __repr__(self):
        if self.tape.owner != get_ident():
            return "<tad.Var that cannot be used here>"
        name = f", name={self.name!r}" if self.name else ""
        return f"tad.Var(shape={self.shape}, dtype={self.dtype}{name})"

    __hash__ = object.__hash__

    # ---- its numbers ----

    def item(self):
        """The one element, as a Python number."""
        tape = self.tape
        if tape.owner != get_ident():
            tape.refuse()
        value = lib.tad_item(self.c)
        if value != value and lib.tad_tape_status(tape.pointer):
            tape.fail()
        if lib.tad_dtype_of(self.c) in FLOATS:
            return value
        return self.numpy().reshape(-1)[0].item()

    def numpy(self):
        """The elements, read-only. An array is the tape's own memory, not copied where it lies without
        gaps; while it is in use the tape refuses to forget the variable. np.array(x) copies."""
        return _elements(self)

    def __array__(self, dtype=None):
        elements = _elements(self)
        return elements if dtype is None else elements.astype(dtype, copy=False)

    def __dlpack__(self, stream=None):
        """Without a copy, as numpy(). DLPack cannot say that it is not to be written to: do not."""
        return _elements(self, writable=True).__dlpack__()

    def __dlpack_device__(self):
        return (1, 0)  # the CPU

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __bool__(self):
        """To branch by: a frozen program takes the decision again, and says where it comes out otherwise."""
        condition = self if self.dtype == np.bool_ else self != 0
        if condition.size != 1:
            raise ValueError(f"shape {self.shape} has not one element, so it is neither true nor false")
        decided = lib.tad_decide(condition.c)
        if not decided and lib.tad_tape_status(self.tape.pointer):
            self.tape.fail()
        return decided

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    # ---- its gradient ----

    @property
    def gradient(self):
        """Of the last sweep, a NumPy array of its own."""
        self.tape.check()
        shape, dtype = self.shape, self.dtype
        return copy_of(self.tape, lib.tad_gradient_data(self.c), shape, dtype)

    @property
    def is_reached(self):
        """Whether it influenced what was swept last."""
        self.tape.check()
        reached = lib.tad_is_reached(self.c)
        self.tape.verb(lib.tad_tape_status(self.tape.pointer))
        return reached

    def retain(self):
        """Keeps its gradient in the next sweeps, though it is interior."""
        self.tape.check()
        lib.tad_retain(self.c)
        self.tape.verb(lib.tad_tape_status(self.tape.pointer))
        return self

    def detach(self):
        """The same value without a past."""
        self.tape.check()
        return wrap(self.tape, lib.tad_detach(self.c))

    def assign(self, data):
        """Gives a parameter new elements, of its shape."""
        from .leaves import numpy_of
        data = numpy_of(data, self.dtype)
        if data.shape != self.shape:
            raise ValueError(f"assign: shape {data.shape} to a parameter of shape {self.shape}")
        self.tape.verb(lib.tad_assign(self.c, ffi.from_buffer(data)))

    def reverse(self, cotangent=None):
        """Gradients of this number (or of <cotangent, this>) by all before it; read them as x.gradient."""
        from .leaves import operand
        tape = self.tape
        tape.check()
        given = ffi.new("tad_var *", operand(tape, cotangent))
        tape.verb(lib.tad_reverse_from(ffi.new("tad_var *", self.c), given, 1))

    @property
    def T(self):
        """The axes in reverse order, a view."""
        return self.permute()


class Made(Var):
    """What the module makes: variables are of this class, as its creation, which calls no __init__, is the
    cheapest that Python has."""

    __slots__ = ()
    __init__ = object.__init__


Made.__name__ = Made.__qualname__ = Var.__name__


class _View:
    """What keeps a NumPy array on the tape's memory alive, and what the tape asks before it forgets."""

    __slots__ = ("tape", "index", "__array_interface__", "__weakref__")

    def __init__(self, x, data, shape, dtype, writable):
        self.tape = x.tape  # which lives as long as the array
        self.index = lib.tad_node_index(x.c)
        self.__array_interface__ = {"version": 3, "shape": shape, "typestr": dtype.str,
                                    "data": (int(ffi.cast("uintptr_t", data)), not writable)}
        x.tape.views.add(self)


def _elements(x, writable=False):
    tape = x.tape
    tape.check()
    shape, dtype = x.shape, x.dtype
    data = lib.tad_data(x.c)
    if data == NULL:
        tape.fail()
    moves = not shape or lib.tad_data(x.c) != data  # a number in its node; a copy of a view
    if moves or x.size == 0:
        elements = np.array(copy_of(tape, data, shape, dtype))
        elements.flags.writeable = writable
        return elements
    return np.asarray(_View(x, data, shape, dtype, writable))


def copy_of(tape, data, shape, dtype):
    """A NumPy array of the library's numbers."""
    if data == NULL:
        tape.fail()
    copy = np.empty(shape, dtype)
    ffi.memmove(ffi.from_buffer(copy, require_writable=True), data, copy.nbytes)
    return copy[()]


def wrap(tape, c):
    """The variable of a handle; raises where the call failed."""
    ref = lib.tad_ref_of(tape.claim, c)
    if not ref:
        tape.fail()
    x = Made()
    x.tape = tape
    x.ref = ref
    return x
