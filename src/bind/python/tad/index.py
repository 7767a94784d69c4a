"""Indexing: numbers, slices, None and ... make views; one array of integers or bools chooses."""
import numpy as np

from .leaves import operand
from .ops import FUNCTIONS
from .var import Var


def _is_array(i):
    return isinstance(i, (Var, np.ndarray, list))


def _full(index, rank):
    """With every axis named: ... is spelled out."""
    taken = sum(i is not None and i is not Ellipsis for i in index)
    if taken > rank:
        raise IndexError(f"{taken} indices for {rank} axes")
    if sum(i is Ellipsis for i in index) > 1:
        raise IndexError("an index can have one ...")
    rest = [slice(None)] * (rank - taken)
    if not any(i is Ellipsis for i in index):
        return [*index, *rest]
    at = next(k for k, i in enumerate(index) if i is Ellipsis)
    return [*index[:at], *rest, *index[at + 1:]]


def _place(i, axis, size):
    """A slice that holds the one place."""
    i = i.__index__()
    if not -size <= i < size:
        raise IndexError(f"index {i} is out of range for axis {axis} of size {size}")
    return slice(i, i + 1 or None, None)


def _choose(x, index):
    """x where one index is an array, and all others are whole axes."""
    at = next(k for k, i in enumerate(index) if _is_array(i))
    whole = all(i == slice(None) for k, i in enumerate(index) if k != at and not _is_array(i))
    if sum(map(_is_array, index)) > 1 or not whole:
        raise IndexError("one array of integers or bools, beside whole axes, can be an index")
    chosen = index[at] if isinstance(index[at], Var) else np.asarray(index[at])
    if chosen.dtype == np.bool_:
        if chosen.shape != x.shape:
            chosen = np.nonzero(np.asarray(chosen))[0] if chosen.ndim == 1 else _refuse(chosen, x)
        else:
            return FUNCTIONS["masked_select"](x, chosen)
    if chosen.dtype.kind not in "iu" and chosen.size:
        raise IndexError(f"indices are integers or bools, not {chosen.dtype}")
    if not isinstance(chosen, Var):
        chosen = chosen.astype(np.int64)
    return FUNCTIONS["take"](x, chosen, axis=at)


def _refuse(mask, x):
    raise IndexError(f"a mask of shape {mask.shape} for shape {x.shape}; it must be the same, or have one axis")


def take(x, index):
    """x[index]"""
    index = list(index) if isinstance(index, tuple) else [index]
    if len(index) == 1 and _is_array(index[0]) and getattr(index[0], "dtype", None) == np.bool_ \
            and index[0].shape == x.shape:
        return FUNCTIONS["masked_select"](x, index[0])
    shape = x.shape
    index = _full(index, len(shape))
    if any(_is_array(i) for i in index):
        if any(i is None for i in index):
            raise IndexError("None beside an array of indices; use unsqueeze")
        return _choose(x, index)
    axis, slices, gone, new = 0, [], [], []
    for k, i in enumerate(index):
        if i is None:
            new.append(k - sum(1 for j in index[:k] if j is not None and not isinstance(j, slice)))
            continue
        if isinstance(i, slice):
            slices.append(i)
        elif hasattr(i, "__index__") and not isinstance(i, (bool, np.bool_)):
            slices.append(_place(i, axis, shape[axis]))
            gone.append(axis)
        else:
            raise IndexError(f"an index is a number, a slice, None, ... or an array, not {i!r}")
        axis += 1
    return _views(x, slices, gone, new)


def _views(x, slices, gone, new):
    if any(s != slice(None) for s in slices):
        x = FUNCTIONS["slice"](x, [slice(*(None if v is None else v.__index__() for v in (s.start, s.stop, s.step)))
                                   for s in slices])
    if gone:
        x = FUNCTIONS["squeeze"](x, axis=tuple(gone))
    for at in new:
        x = FUNCTIONS["unsqueeze"](x, at)
    return x
