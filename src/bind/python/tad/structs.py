"""Arguments of the library's functions from Python's: options by the names of their fields, words for the
constants of an enumeration, functions as functions. What a function takes is what the headers say."""
import inspect

from . import callbacks
from ._library import constants, ffi, kind_of, lib, parameters
from .leaves import dtype_of, shape_of

STRUCT, ENUM, POINTER, FUNCTION = "struct", "enum", "pointer", "function"


def convert(kind, value, kept):
    """`value` as what a field or parameter of this type takes; `kept` holds what it points to."""
    if kind is ffi.typeof("tad_dtype"):
        return dtype_of(value)
    if kind is ffi.typeof("tad_shape"):
        return shape_of(value)
    if kind.kind == ENUM:
        return _constant(kind.cname, value)
    if kind.kind == STRUCT:
        return _fields(kind, value, kept)
    if kind.kind == FUNCTION:
        return _keep(kept, callbacks.unary(value))
    if kind is ffi.typeof("const char *"):
        return _keep(kept, ffi.new("char[]", value.encode()))
    return value


def _keep(kept, value):
    kept.append(value)
    return value


def _constant(name, value):
    words = constants(name)
    if value not in words:
        raise ValueError(f"{value!r} is none of {', '.join(map(repr, words))}")
    return words[value]


def _fields(kind, values, kept):
    types = {name: field.type for name, field in kind.fields}
    for name in values:
        if name not in types:
            raise TypeError(f"there is no option {name}; options are {', '.join(types)}")
    return {name: convert(types[name], value, kept) for name, value in values.items() if value is not None}


def options(kind, values, kept, defaults=None):
    """A struct of options, as a pointer."""
    made = _keep(kept, ffi.new(kind, defaults))
    for name, value in _fields(kind.item, values, kept).items():
        setattr(made, name, value)
    return made


def is_options(kind):
    """Whether it is a pointer to a struct of options."""
    if kind.kind != POINTER or kind.item.kind != STRUCT:
        return False
    return kind.item.cname.endswith(("_options", "_init"))


def caller(name, held):
    """A function that calls the library's tad_NAME with a first argument, which it is given as it is, then
    the others by position or name, and options by the names of their fields. held(thing): keeps what the
    library will still use."""
    f = getattr(lib, name)
    rest = list(zip(parameters[name], kind_of(name).args))[1:]
    plain = [(word, kind) for word, kind in rest if not is_options(kind)]
    optional = [kind for _, kind in rest if is_options(kind)]

    def call(first, args, given):
        if len(args) > len(plain):
            raise TypeError(f"{name[4:]} takes {len(plain)} arguments and options by name")
        kept, values = [], dict(zip((word for word, _ in plain), args))
        for word, _ in plain:
            if word in given:
                values[word] = given.pop(word)
        missing = [word for word, _ in plain if word not in values]
        if missing:
            raise TypeError(f"{name[4:]}: {missing[0]} is missing")
        structs = _shared_out(optional, given)
        c = [options(kind, structs.pop(0), kept) if is_options(kind) else convert(kind, values[word], kept)
             for word, kind in rest]
        held(kept)
        return f(first, *c)
    return call


def _shared_out(kinds, given):
    """Options by name, each to the first struct that has it."""
    structs = [{} for _ in kinds]
    for name, value in given.items():
        has = [k for k, kind in enumerate(kinds) if any(name == field for field, _ in kind.item.fields)]
        if not has:
            known = [field for kind in kinds for field, _ in kind.item.fields]
            raise TypeError(f"there is no option {name}; options are {', '.join(known) or 'none'}")
        structs[has[0]][name] = value
    return structs


def signature(name, own=()):
    """As Python shows it: parameters, then options."""
    kinds = list(zip(parameters[name], kind_of(name).args))[1:]
    plain = [*own, *(word for word, kind in kinds if not is_options(kind))]
    fields = [field for _, kind in kinds if is_options(kind) for field, _ in kind.item.fields]
    one = inspect.Parameter
    return inspect.Signature([one(word, one.POSITIONAL_OR_KEYWORD) for word in plain] +
                             [one(field, one.KEYWORD_ONLY, default=None) for field in fields])
