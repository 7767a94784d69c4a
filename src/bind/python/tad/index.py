"""Indexing: numbers, slices, None and ... make views; one array of integers or bools chooses."""
from operator import index as integer

import numpy as np

from ._library import lib
from .ops import FUNCTIONS
from .var import Made, Var

_PLAIN = {int, slice, type(None), type(Ellipsis)}  # views, if there are no others
_plans = {}  # of indices seen before, for so many axes
_END = 2**63 - 1  # for the library: as far as there is
_ONLY = -2**63  # for the library: one place, not as far as here
_at, _range, _index = lib.tad_ref_at, lib.tad_ref_range, lib.tad_ref_index


def _getitem(x, index):
    """x[index]: a number, a slice or several are one call of the library; what that refuses is looked at
    again, and told as Python does."""
    tape = x.tape
    try:
        if index.__class__ is int:
            ref = _at(tape.claim, x.ref, index)
        elif index.__class__ is slice and index.step is None:
            start, stop = index.start, index.stop
            ref = _range(tape.claim, x.ref, 0 if start is None else start, _END if stop is None else stop)
        elif index.__class__ is tuple:
            ref = _index(tape.claim, x.ref, _ends(index), len(index))
        else:
            return take(x, index)
        if ref:
            made = Made()
            made.tape = tape
            made.ref = ref
            return made
    except (TypeError, OverflowError):
        pass
    lib.tad_tape_clear(tape.check())
    return take(x, index)


def _ends(index):
    """What the library takes, axis by axis. TypeError: there is something else than numbers and slices."""
    ends = ()
    for i in index:
        if i.__class__ is int:
            ends += i, _ONLY
        elif i.__class__ is slice and i.step is None:
            start, stop = i.start, i.stop
            if stop is None:
                stop = _END
            elif stop == _ONLY:
                raise TypeError
            ends += 0 if start is None else start, stop
        else:
            raise TypeError
    return ends


Var.__getitem__ = _getitem


def take(x, index):
    """x[index], any index."""
    if index.__class__ is not tuple:
        index = (index,)
    if not _PLAIN.issuperset(map(type, index)) and any(isinstance(i, (Var, np.ndarray, list)) for i in index):
        return _choose(x, list(index))
    x.tape.check()
    shape = lib.tad_shape_of(x.c)
    if shape.rank < 0:
        x.tape.fail()
    slices, places, new = _plan(index, shape.rank)
    for axis, i in places:
        size = shape.dim[axis]
        if not -size <= i < size:
            raise IndexError(f"index {i} is out of range for axis {axis} of size {size}")
    if slices:
        x = FUNCTIONS["slice"](x, slices)
    for axis, i in reversed(places):
        x = FUNCTIONS["select"](x, i, axis)
    for at in new:
        x = FUNCTIONS["unsqueeze"](x, at)
    return x


def _plan(index, rank):
    """(what slice takes, axes and numbers of what select takes, axes that are new) of an index."""
    key = (rank, *[(i.start, i.stop, i.step) if i.__class__ is slice else (i.__class__, i) for i in index])
    try:
        return _plans[key]
    except KeyError:
        pass
    axis, slices, places, new, at = 0, [], [], [], 0
    for i in _full(index, rank):
        if i is None:
            new.append(at)
            at += 1
        elif isinstance(i, slice):
            slices.append(tuple(None if v is None else integer(v) for v in (i.start, i.stop, i.step)))
            at += 1
            axis += 1
        elif hasattr(i, "__index__") and not isinstance(i, (bool, np.bool_)):
            places.append((axis, integer(i)))
            slices.append((None, None, None))
            axis += 1
        else:
            raise IndexError(f"an index is a number, a slice, None, ... or an array, not {i!r}")
    while slices and slices[-1] == (None, None, None):
        slices.pop()
    if len(_plans) > 1000:
        _plans.clear()
    found = _plans[key] = tuple(slices), places, new
    return found


def _full(index, rank):
    """With every axis named: ... is spelled out."""
    taken = sum(i is not None and i is not Ellipsis for i in index)
    if taken > rank:
        raise IndexError(f"{taken} indices for {rank} axes")
    several = [k for k, i in enumerate(index) if i is Ellipsis]
    if len(several) > 1:
        raise IndexError("an index can have one ...")
    at = several[0] if several else len(index)
    return [*index[:at], *[slice(None)] * (rank - taken), *index[at + 1:]]


def _choose(x, index):
    """x where one index is an array, and all others are whole axes."""
    chosen = next(i for i in index if isinstance(i, (Var, np.ndarray, list)))
    others = [i for i in index if i is not chosen]
    if any(i is not Ellipsis and (not isinstance(i, slice) or i != slice(None)) for i in others):
        raise IndexError("one array of integers or bools, beside whole axes, can be an index")
    chosen = chosen if isinstance(chosen, Var) else np.asarray(chosen)
    if chosen.dtype == np.bool_ and chosen.shape == x.shape:
        return FUNCTIONS["masked_select"](x, chosen)
    if chosen.dtype == np.bool_:
        raise IndexError(f"a mask of shape {chosen.shape} for shape {x.shape}; they must be the same")
    if not isinstance(chosen, Var):
        if chosen.dtype.kind not in "iu" and chosen.size:
            raise IndexError(f"indices are integers or bools, not {chosen.dtype}")
        chosen = chosen.astype(np.int64)
    where = next(k for k, i in enumerate(_full(_marked(index), x.ndim)) if i is True)
    return FUNCTIONS["take"](x, chosen, where)


def _marked(index):
    return [True if isinstance(i, (Var, np.ndarray, list)) else i for i in index]
