"""Tapes: what is recorded, who may use it, how it is forgotten.

Each thread has a tape of its own, which is used where no other is said; `with Tape(...)` puts another in its
place. A tape is for the thread that made it: others, and children of a fork that could not use it, get an
exception. A variable keeps its tape alive; one whose node was forgotten is found out by the library.
"""
import os
import threading
import weakref
from threading import get_ident

from ._library import NULL, constants, ffi, lib, text
from .errors import Error, error

__all__ = ["Tape", "Mark", "current", "mark", "paused", "named"]

_local = threading.local()
_all = weakref.WeakSet()


class Tape:
    """Records what is computed with its variables.

    Settings: threads (of kernels), seed (of random numbers), memory_limit (bytes; 0: none), trap (fail at
    the first NaN or infinity), strong_zero (zero times infinity is zero in sweeps), level ("best", "base",
    "avx2", "avx512"). In a `with` statement it is the thread's tape, and forgets everything at the end,
    unless NumPy still sees its memory.
    """

    def __init__(self, *, threads=0, seed=0, memory_limit=0, trap=False, strong_zero=False, level="best"):
        settings = ffi.new("tad_settings *", {
            "threads": threads, "seed": seed, "memory_limit": memory_limit, "trap": trap,
            "strong_zero": strong_zero, "level": _LEVELS[level]})
        pointer = lib.tad_tape_new(settings)
        if pointer == NULL:
            raise error(lib.TAD_NO_MEMORY, "there is no memory for a tape")
        self._begin(pointer, threads)
        self._free = weakref.finalize(self, lib.tad_tape_free, pointer)
        self._free.atexit = False
        if lib.tad_tape_status(pointer):
            self.fail()

    def _begin(self, pointer, threads):
        self.pointer = pointer
        self.owner = get_ident()  # None: nobody any more
        self.claim = ffi.new("tad_claim *", lib.tad_claim_of(pointer))  # the same, for the library
        self.threads = threads
        self.depth = 0       # of functions that are being differentiated or frozen
        self.borrowed = []   # (number of nodes, what must live as long as they do)
        self.views = weakref.WeakSet()  # memory of the tape that NumPy sees
        self.held = set()    # what must outlive the tape
        _all.add(self)

    @classmethod
    def of_library(cls, pointer):
        """The tape that a callback is given; the library frees it."""
        self = cls.__new__(cls)
        self._begin(pointer, 0)
        return self

    # ---- failures ----

    def refuse(self):
        """Raises what is wrong where `owner` is not this thread."""
        if self.owner is None:
            raise Error("the tape of this variable is gone", "bad_handle")
        raise Error("the tape belongs to another thread; give each thread a tape of its own", "bad_argument")

    def leave_to_nobody(self):
        """Where the tape is gone, or whoever it was for."""
        self.owner = None
        self.claim[0] = {"tape": NULL, "thread": 0}

    def check(self):
        if self.owner != get_ident():
            self.refuse()
        return self.pointer

    def fail(self):
        """Raises the tape's failure; the tape goes on without it."""
        status, message = lib.tad_tape_status(self.pointer), text(lib.tad_message(self.pointer))
        lib.tad_tape_clear(self.pointer)
        raised, _local.raised = getattr(_local, "raised", None), None
        if raised and raised[0] in message:  # by a function that the library called
            raise raised[1]
        raise error(status or lib.TAD_BAD_HANDLE, message)

    def verb(self, status):
        """For what a verb returned."""
        if status:
            self.fail()

    # ---- forgetting ----

    def mark(self):
        """A point to come back to; see Mark."""
        return Mark(self)

    def rewind(self, to):
        """Forgets what was recorded since the mark."""
        self.check()
        self._refuse_views(to.count)
        self.verb(lib.tad_tape_rewind(self.pointer, to.c))
        while self.borrowed and self.borrowed[-1][0] >= to.count:
            self.borrowed.pop()

    def reset(self):
        """Forgets everything."""
        self.check()
        self._refuse_views(0)
        lib.tad_tape_reset(self.pointer)
        self.borrowed.clear()

    def _refuse_views(self, count):
        if len(self.views) and any(view.index >= count for view in self.views):
            raise BufferError("a NumPy view of a variable that would be forgotten is in use; "
                              "copy it: np.array(x)")

    def leave(self, to, failing):
        """Rewinds at the end of something. Where it failed, what raised may still see memory in its frames:
        then nothing is forgotten yet."""
        try:
            self.rewind(to)
        except BufferError:
            if not failing:
                raise

    def hold(self, thing):
        """Keeps `thing` until what is recorded now is forgotten."""
        self.borrowed.append((lib.tad_node_count(self.pointer), thing))

    def __enter__(self):
        self.check()
        _stack().append(self)
        return self

    def __exit__(self, *exception):
        stack = _stack()
        if stack and stack[-1] is self:
            stack.pop()
        if not self.views:
            self.reset()

    # ---- state ----

    @property
    def memory(self):
        """{"live", "peak": bytes; "calls": of the allocator so far}."""
        m = lib.tad_tape_memory(self.check())
        return {"live": m.live, "peak": m.peak, "calls": m.calls}

    @property
    def random(self):
        """The state of the random numbers, (seed, drawn); it can be set."""
        state = lib.tad_tape_random(self.check())
        return state.seed, state.drawn

    @random.setter
    def random(self, state):
        lib.tad_tape_set_random(self.check(), {"seed": state[0], "drawn": state[1]})

    def __len__(self):
        return lib.tad_node_count(self.check())

    def __bool__(self):
        return True


_LEVELS = constants("tad_level")
_LEVELS.update({word.rpartition("_")[2]: value for word, value in _LEVELS.items()})


class Mark:
    """A point of a tape. `rewind()` forgets what was recorded since: its memory is used again, and its
    variables raise an exception where they are used. In a `with` statement that happens at the end."""

    __slots__ = ("tape", "c", "count")

    def __init__(self, tape=None):
        self.tape = tape = current() if tape is None else tape
        self.c = lib.tad_tape_mark(tape.check())
        self.count = self.c.count

    def rewind(self):
        self.tape.rewind(self)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.tape.leave(self, kind is not None)


class handed:
    """Around a function that the library calls: the tape that it hands is the current one, and records.
    What the function raises is raised again where the library has returned."""

    def __init__(self, pointer):
        self.own = next((tape for tape in _stack() if tape.pointer == pointer), None)
        default = getattr(_local, "tape", None)
        if self.own is None and default is not None and default.pointer == pointer:
            self.own = default
        self.tape = self.own or Tape.of_library(pointer)

    def __enter__(self):
        self.tape.depth += 1
        _stack().append(self.tape)
        return self.tape

    def __exit__(self, kind, raised, trace):
        _stack().pop()
        self.tape.depth -= 1
        if raised is not None:
            words = f"exception {id(raised)}"
            _local.raised = words, raised
            said = ffi.new("char[]", words.encode())
            lib.tad_tape_fail(self.tape.pointer, lib.TAD_BAD_ARGUMENT, b"%s", said)
        if self.own is None:
            self.tape.leave_to_nobody()
        return True


def _stack():
    if not hasattr(_local, "stack"):
        _local.stack = []
    return _local.stack


def current():
    """The tape that is used where none is said."""
    stack = _stack()
    if stack:
        return stack[-1]
    if getattr(_local, "tape", None) is None or _local.tape.owner is None:
        _local.tape = Tape()
    return _local.tape


def mark():
    """A mark on the current tape."""
    return Mark()


class paused:
    """`with paused():` records nothing; results are constants."""

    def __init__(self, tape=None):
        self.tape = tape

    def __enter__(self):
        self.tape = self.tape or current()
        lib.tad_record_pause(self.tape.check())

    def __exit__(self, *exception):
        lib.tad_record_resume(self.tape.check())


class named:
    """`with named("layer"):` puts "layer/" before the names given within."""

    def __init__(self, name, tape=None):
        self.name, self.tape = name, tape

    def __enter__(self):
        self.tape = self.tape or current()
        lib.tad_scope_push(self.tape.check(), self.name.encode())

    def __exit__(self, *exception):
        lib.tad_scope_pop(self.tape.check())


def _forked():
    """In the child: the tapes of other threads may be in the middle of something, and workers are gone."""
    for tape in list(_all):
        if tape.owner != get_ident() or tape.threads > 1:
            tape.leave_to_nobody()
            if hasattr(tape, "_free"):
                tape._free.detach()


os.register_at_fork(after_in_child=_forked)
