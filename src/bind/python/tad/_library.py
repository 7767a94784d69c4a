"""The shared library and its declarations: `lib` has the functions, `ffi` makes what they take.

Where the library lies: TAD_LIBRARY says so, else it is where this module was built or installed, else the
system finds it.
"""
import os
import pathlib

from ._declarations import ffi, installed, parameters

__all__ = ["ffi", "lib", "parameters", "text", "NULL", "constants", "second_library", "kind_of"]

NULL = ffi.NULL


def _candidates():
    if os.environ.get("TAD_LIBRARY"):
        yield os.environ["TAD_LIBRARY"]
        return
    here = pathlib.Path(__file__).resolve().parent
    for place in (here.parents[2], pathlib.Path(installed)):
        yield from sorted(map(str, place.glob("libtad.so.[0-9]*")))
    yield "libtad.so.0"


# Things are given back to the library until the very end.
KEPT = os.RTLD_NOW | os.RTLD_NODELETE


def _load():
    reasons = []
    for path in _candidates():
        try:
            return ffi.dlopen(path, KEPT)
        except OSError as error:
            reasons.append(str(error))
    raise ImportError("tad: the shared library is not to be found: " + "; ".join(reasons))


def second_library():
    """The library that compiles programs in place, beside the first one."""
    for path in _candidates():
        folder, _, name = path.rpartition("/")
        try:
            return ffi.dlopen(os.path.join(folder, name.replace("libtad", "libtad-cc")), KEPT)
        except OSError:
            continue
    raise ImportError("tad: libtad-cc, which compiles programs, is not to be found")


def text(characters):
    """A C string as Python's; None for NULL."""
    return ffi.string(characters).decode("utf-8", "replace") if characters else None


def constants(enum):
    """{lower-case word: number} of an enumeration, without what all its names begin with."""
    names = {name: value for name, value in ffi.typeof(enum).relements.items()
             if not name.endswith("_COUNT")}
    common = os.path.commonprefix(list(names)).rpartition("_")[0] + "_" if len(names) > 1 else "TAD_"
    return {name[len(common):].lower(): value for name, value in names.items()}


lib = _load()


def kind_of(name):
    """The type of a function of the library; None: there is none of that name."""
    try:
        return ffi.typeof(getattr(lib, name)) if name in parameters else None
    except (ffi.error, AttributeError):  # it is of the second library
        return None
