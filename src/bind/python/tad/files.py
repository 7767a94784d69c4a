"""Files: checkpoints (safetensors), and data in IDX, the format of MNIST."""
import numpy as np

from ._library import NULL, ffi, lib
from .nn import Dict, Net
from .tape import current
from .var import Var, copy_of

__all__ = ["save", "load", "load_idx"]

_IDX = {lib.TAD_IDX_U8: np.uint8, lib.TAD_IDX_I8: np.int8, lib.TAD_IDX_I16: np.int16,
        lib.TAD_IDX_I32: np.int32, lib.TAD_IDX_F32: np.float32, lib.TAD_IDX_F64: np.float64}


def _slots(things, kept):
    for name, thing in things.items():
        kept.append(ffi.new("char[]", name.encode()))
        if isinstance(thing, Net):
            thing = thing.params
        if isinstance(thing, Var):
            yield thing.tape, lib.tad_slot_var(kept[-1], thing.c)
        else:
            thing = Dict.of(thing)
            kept.append(thing)
            yield thing.tape, lib.tad_slot_dict(kept[-2], thing._c)


def _with(things, verb):
    kept, slots = [], []
    for tape, slot in _slots(things, kept):
        slots.append(slot)
    if not slots:
        raise TypeError("nothing is given")
    tape.check()
    tape.verb(verb(tape.pointer, slots, len(slots)))


def _path(path):
    return str(path).encode()


def save(path, **things):
    """One file of parameters, nets, states of optimisers, by name: the old file or the whole new one."""
    _with(things, lambda t, slots, n: lib.tad_checkpoint_save(t, _path(path), slots, n, NULL, 0))


def load(path, partial=False, **things):
    """Gives all of them what was saved under their names, or none. partial: the file may hold more."""
    _with(things, lambda t, slots, n: lib.tad_checkpoint_load(t, _path(path), slots, n, partial))


def load_idx(path):
    """The array of an IDX file, plain or gzipped."""
    tape, idx = current(), ffi.new("tad_idx *")
    tape.verb(lib.tad_idx_load(tape.check(), _path(path), idx))
    try:
        shape = tuple(idx.shape.dim[0:idx.shape.rank])
        return copy_of(tape, idx.data, shape, np.dtype(_IDX[idx.type]))
    finally:
        lib.tad_idx_free(tape.pointer, idx)
