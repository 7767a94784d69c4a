"""Programs: a function recorded once, run on other numbers without a tape; and functions at many points as
one op.

    p = tad.freeze(tad.value_and_grad(f), x)    of arguments like these
    p(x), p.each(many_x), p.c(), p.dump()
    m = tad.map(f)                              y = m(x, labels, shared=(w,))
"""
import os
import weakref
from threading import get_ident

import numpy as np

from . import callbacks
from ._library import NULL, constants, ffi, lib, second_library, text
from .derivatives import Recording, handles
from .errors import error
from .leaves import DTYPES, numpy_of, operand
from .tape import current
from .trees import flatten, unflatten
from .var import NUMPY, Var, wrap

__all__ = ["freeze", "Program", "map"]

_INTERFACES = constants("tad_c_interface")
_threaded = weakref.WeakSet()


def _free(program, workspaces):
    for w in workspaces.values():
        lib.tad_workspace_free(w)
    lib.tad_program_free(program)


class Program:
    """What tad.freeze makes. It is called as the function was, with arrays of the same shapes and types,
    and gives arrays. Threads may share it. What reads parameters of a tape where they lie is for the tape's
    thread."""

    def __init__(self, tape, c, form_in, form_out, threads):
        self._c, self._workspaces = c, {}  # one a thread, by its number
        weakref.finalize(self, _free, c, self._workspaces).atexit = False
        self._forms = form_in, form_out
        self._held = set(tape.held)
        self._tape = tape if lib.tad_program_info_of(c).parameters else None
        self._in = [lib.tad_program_in_type(c, k) for k in range(lib.tad_program_n_in(c))]
        self._out = [lib.tad_program_out_type(c, k) for k in range(lib.tad_program_n_out(c))]
        self._dtypes = [NUMPY[t.dtype] for t in self._in]
        if threads > 1:
            _threaded.add(self)

    def __repr__(self):
        def types(all_types):
            return ", ".join(f"{NUMPY[t.dtype]}{tuple(t.shape.dim[0:t.shape.rank])}" for t in all_types)
        return f"<tad.Program of {types(self._in)} -> {types(self._out)}>"

    def _workspace(self):
        if self._tape is not None:
            self._tape.check()
        w = self._workspaces.get(get_ident())
        if w is None:
            w = self._workspaces[get_ident()] = lib.tad_workspace_new(self._c)
        if w == NULL:
            raise error(lib.TAD_NO_MEMORY, "there is no memory for a workspace")
        return w

    def _verb(self, w, status):
        if status:
            raise error(status, text(lib.tad_workspace_message(w)))

    def _leaves(self, args):
        leaves, form = flatten(list(args))
        if form != self._forms[0]:
            raise TypeError(f"arguments must be as those it was made of: {len(self._in)} arrays, in the same "
                            "tuples, lists, dictionaries")
        return [np.asarray(x, dtype) if isinstance(x, (int, float)) else numpy_of(x)
                for x, dtype in zip(leaves, self._dtypes)]

    def _give(self, arrays):
        return unflatten(self._forms[1], [a[()] for a in arrays])

    def __call__(self, *args):
        w, inputs = self._workspace(), self._leaves(args)
        out = [np.empty(tuple(t.shape.dim[0:t.shape.rank]), NUMPY[t.dtype]) for t in self._out]
        self._bind(w, lib.tad_bind_in, inputs)
        self._bind(w, lib.tad_bind_out, out)
        self._verb(w, lib.tad_run(w))
        return self._give(out)

    def _bind(self, w, bind, arrays, at=0):
        for k, a in enumerate(arrays, at):
            memory = ffi.from_buffer(a) if a.size else NULL
            self._verb(w, bind(w, k, DTYPES[a.dtype], (a.ndim, a.shape), memory))

    def each(self, *args):
        """At many points: an argument with an axis more in front has an element for each, others are the
        same for all."""
        return self._at_points(args, self._bind_each)

    def total(self, *args):
        """At many points, as each: outputs added up over them, as float64."""
        return self._at_points(args, self._bind_sums)

    def _at_points(self, args, bind_out):
        w, inputs = self._workspace(), self._leaves(args)
        many = [a.ndim > t.shape.rank for a, t in zip(inputs, self._in)]
        if not any(many):
            raise ValueError("no argument has an axis of points in front")
        for k, (a, several) in enumerate(zip(inputs, many)):
            self._bind(w, lib.tad_bind_each_in if several else lib.tad_bind_in, [a], k)
        out, _room = bind_out(w, inputs[many.index(True)].shape[0])
        try:
            self._verb(w, lib.tad_run(w))
        finally:
            lib.tad_workspace_free(self._workspaces.pop(get_ident()))  # the next call is at one point
        return self._give(out)

    def _bind_each(self, w, points):
        out = [np.empty((points, *t.shape.dim[0:t.shape.rank]), NUMPY[t.dtype]) for t in self._out]
        self._bind(w, lib.tad_bind_each_out, out)
        return out, None

    def _bind_sums(self, w, _):
        out = [np.empty(tuple(t.shape.dim[0:t.shape.rank])) for t in self._out]
        rooms = [np.empty(a.shape, NUMPY[t.dtype]) for a, t in zip(out, self._out)]
        for k, (a, room) in enumerate(zip(out, rooms)):
            memory = [ffi.from_buffer("double[]", a), ffi.from_buffer(room)] if a.size else [NULL, NULL]
            self._verb(w, lib.tad_bind_sum_out(w, k, *memory))
        return out, rooms

    # ---- as text ----

    def _text(self, write, *arguments):
        status, found = callbacks.written(write, self._c, *arguments)
        if status:
            raise error(status, None)
        return found

    @property
    def info(self):
        """What it consists of: counts and bytes, as tad_program_info."""
        info = lib.tad_program_info_of(self._c)
        return {name: getattr(info, name) for name, _ in ffi.typeof(info).fields}

    def dump(self):
        """A line for each step."""
        return self._text(lib.tad_program_dump)

    def dot(self):
        """The program as a picture for Graphviz."""
        return self._text(lib.tad_program_dot)

    def plan_svg(self):
        """Where its arrays lie in memory, and when, as an SVG picture."""
        return self._text(lib.tad_program_plan_svg)

    def c(self, name="program", interface="plain", header=False):
        """The program as a file of C99, or its header. interface: "plain", "casadi", and of derivatives
        "casadi_jacobian", "casadi_forward", "casadi_adjoint"."""
        message, named = ffi.new("char[500]"), ffi.new("char[]", name.encode())
        options = ffi.new("tad_c_options *", {"name": named, "interface": _INTERFACES[interface],
                                              "message": message, "message_size": 500})
        write = lib.tad_program_c_header if header else lib.tad_program_c
        status, found = callbacks.written(write, self._c, options)
        if status:
            raise error(status, text(message))
        return found

    def compile(self, command=("cc", "-O2"), folder=None, seconds=0, each=None):
        """Has runs use machine code that a compiler makes of c(). folder: where it is kept and found again;
        it must be yours alone to write to. each: for each() and total(), whether each argument has an
        element for each point; then points of a program of single numbers run together as vectors, if the
        command names the processor: ("cc", "-O3", "-march=native"). Not while a thread runs the program."""
        options = _Compiling(command, folder, seconds)
        if each is not None:
            flat, _ = flatten(list(each))
            if len(flat) != len(self._in):
                raise TypeError(f"each: True or False for each of the {len(self._in)} arguments")
            options.set_each(flat)
        status = second_library().tad_program_compile(self._c, options.c)
        if status:
            raise error(status, options.message())


class _Compiling:
    """Options of a compilation, as the library's struct `c`, and what that points to."""

    def __init__(self, command, folder, seconds):
        words = [ffi.new("char[]", word.encode()) for word in command]
        listed = ffi.new("char *[]", [*words, NULL])
        self._text = ffi.new("char[500]")
        self.c = ffi.new("tad_compile_options *", {
            "command": ffi.cast("const char *const *", listed), "seconds": seconds, "message": self._text,
            "message_size": 500})
        self._kept = [words, listed]
        if folder:
            self._kept.append(ffi.new("char[]", folder.encode()))
            self.c.folder = self._kept[-1]

    def set_each(self, each):
        self._kept.append(ffi.new("bool[]", [bool(e) for e in each]))
        self.c.each = self._kept[-1]

    def message(self):
        return text(self._text)


def _forked():
    """In the child: the threads of workspaces are gone, and cannot be waited for."""
    for program in list(_threaded):
        program._workspaces.clear()


os.register_at_fork(after_in_child=_forked)


def freeze(f, *args, names=(), roll_up=False, copy_parameters=False, allow_constant_outputs=False, threads=0):
    """A program of f, recorded at arguments like those that it will be called with: numbers, arrays, and
    tuples, lists and dictionaries of them. f may use what is in this module, its derivatives too:
    tad.freeze(tad.grad(f), x).

    names: of the inputs, for c() and pictures. threads: that share the work on large arrays. Options are those
    of tad_freeze."""
    tape = current()
    leaves, form = flatten([np.array(a) if isinstance(a, Var) else a for a in args])
    options = ffi.new("tad_freeze_options *", {"roll_up": roll_up, "copy_parameters": copy_parameters,
                                               "allow_constant_outputs": allow_constant_outputs,
                                               "threads": threads})
    with Recording([]) as recording:
        inputs = [recording.input(x) for x in leaves]
        for x, name in zip(inputs, names):
            x.name = name
        out, form_out = flatten(f(*unflatten(form, inputs)))
        out = [recording.variable(y) for y in out]
        place = ffi.new("tad_program **")
        tape.verb(lib.tad_freeze(handles(inputs), len(inputs), handles(out), len(out), options, place))
        return Program(tape, place[0], form, form_out, threads)


class map:
    """A function at many points, as one op: `m = tad.map(f)`, then `m(x, y, shared=(w,))` is f(x[i], y[i],
    w) for every i. f is recorded once, at the first point; it must do the same at all. f's derivatives are
    there at the same points."""

    def __init__(self, f):
        self._callback = callbacks.function(f)
        made = lib.tad_mapping_new(self._callback, NULL, NULL)
        if made == NULL:
            raise error(lib.TAD_NO_MEMORY, "there is no memory for a map")
        self._c = ffi.gc(made, lib.tad_mapping_free)

    def compile(self, command=("cc", "-O3", "-march=native"), folder=None, seconds=0):
        """Has f and its derivatives, from now on, run as machine code that a compiler makes of them, see
        Program.compile. A call that needs what cannot be compiled fails."""
        self._compiling = _Compiling(command, folder, seconds)
        second_library().tad_mapping_compile(self._c, self._compiling.c)

    def __call__(self, *each, shared=()):
        variables = [x for x in (*each, *shared) if isinstance(x, Var)]
        tape = variables[0].tape if variables else current()
        tape.check()
        tape.held.add(self)
        own, same = [operand(tape, x) for x in each], [operand(tape, x) for x in shared]
        return wrap(tape, lib.tad_map(self._c, own, len(own), same, len(same)))
