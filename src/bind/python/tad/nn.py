"""Nets: sequences of layers with named parameters.

    net = tad.nn.Net(np.float32).linear("in", 784, 50).activation("relu", tad.relu).linear("out", 50, 10)
    net = tad.nn.mlp([784, 50, 10], dtype=np.float32, hidden=tad.relu)
    loss = tad.cross_entropy(net(x), labels)

The methods that append layers are the functions tad_net_... of tad/nn.h, and their options the fields of the
structs there. A net belongs to the tape on which it is made: make it before the mark to which steps rewind.
"""
import numpy as np

from . import callbacks
from ._library import NULL, ffi, kind_of, lib, parameters, text
from .leaves import dtype_of, operand
from .structs import caller, options, signature
from .tape import current, handed
from .var import wrap

__all__ = ["Net", "mlp", "Dict"]


class Dict:
    """Named variables in their order, as a net's parameters or an optimiser's state: d["name"], len(d),
    list(d)."""

    def __init__(self, tape, c):
        self.tape, self._c = tape, c

    @classmethod
    def of(cls, params):
        """From a net, a dictionary, or a list of parameters."""
        if isinstance(params, Net):
            return params.params
        if isinstance(params, Dict):
            return params
        named = params if isinstance(params, dict) else {p.name or f"p{i}": p for i, p in enumerate(params)}
        if not named:
            raise ValueError("there are no parameters")
        tape = next(iter(named.values())).tape
        made = cls(tape, lib.tad_dict_new(tape.check()))
        for name, p in named.items():
            made[name] = p
        return made

    def __setitem__(self, name, x):
        self.tape.check()
        self.tape.verb(lib.tad_dict_add(self._c, name.encode(), operand(self.tape, x)))

    def __getitem__(self, name):
        self.tape.check()
        c = lib.tad_dict_get(self._c, name.encode())
        if lib.tad_is_nil(c):
            raise KeyError(name)
        return wrap(self.tape, c)

    def __len__(self):
        self.tape.check()
        return lib.tad_dict_count(self._c)

    def __iter__(self):
        return (text(lib.tad_dict_at(self._c, i).name) for i in range(len(self)))

    def keys(self):
        return list(self)

    def values(self):
        return [self[name] for name in self]

    def items(self):
        return [(name, self[name]) for name in self]


class Net:
    """A net without layers. Its methods append some; called, it computes; `params` are its parameters."""

    def __init__(self, dtype=np.float32, tape=None):
        tape = tape or current()
        self._begin(tape, lib.tad_net_new(tape.check(), dtype_of(dtype)))

    def _begin(self, tape, c):
        if c == NULL:
            tape.fail()
        self.tape, self._c, self._kept = tape, c, []
        tape.held.add(self)  # the net lives as long as the tape, and so must its functions

    __hash__ = object.__hash__

    def __call__(self, x):
        self.tape.check()
        return wrap(self.tape, lib.tad_net_apply(self._c, operand(self.tape, x)))

    def with_params(self, params, x):
        """The net as a function of its parameters, one for each of `params` in their order."""
        self.tape.check()
        given = [operand(self.tape, p) for p in params]
        return wrap(self.tape, lib.tad_net_apply_with(self._c, given, len(given), operand(self.tape, x)))

    def param(self, name):
        """In a layer of one's own: the parameter that the net is being applied with."""
        self.tape.check()
        c = lib.tad_net_param(self._c, name.encode())
        if lib.tad_is_nil(c):
            raise KeyError(name)
        return wrap(self.tape, c)

    def layer(self, name, f):
        """Appends a layer of one's own: f(net, x, training)."""
        @ffi.callback("tad_layer_fn")
        def call(_net, x, training, _user):
            y = callbacks.nil(lib.tad_tape_of(x))
            with handed(y.tape) as tape:
                y = callbacks.result_of(tape, f(self, wrap(tape, x), training))
            return y
        self._kept.append(call)
        self.tape.check()
        self.tape.verb(lib.tad_net_layer(self._c, name.encode(), call, NULL))
        return self

    @property
    def params(self):
        """The parameters in the order of the layers."""
        return Dict(self.tape, lib.tad_net_params(self._c))

    @property
    def training(self):
        """Whether dropout and the like are on; it can be set."""
        self.tape.check()
        return lib.tad_net_is_training(self._c)

    @training.setter
    def training(self, training):
        self.tape.check()
        lib.tad_net_train(self._c, training)

    @property
    def layers(self):
        """Their names."""
        self.tape.check()
        return [text(lib.tad_net_layer_name(self._c, i)) for i in range(lib.tad_net_layers(self._c))]


def _appending(name):
    """The method for a function that appends a layer."""
    def method(self, *args, **given):
        self.tape.check()
        self.tape.verb(caller(name, self._kept.append)(self._c, args, given))
        return self
    method.__name__ = method.__qualname__ = name[len("tad_net_"):]
    method.__doc__ = f"Appends a layer: {name} of tad/nn.h. Gives the net."
    method.__signature__ = signature(name, ["self"])
    return method


for _name, _words in parameters.items():
    if _name.startswith("tad_net_") and _words[:2] == ("net", "name") and not hasattr(Net, _name[8:]):
        if kind_of(_name).result is ffi.typeof("tad_status"):
            setattr(Net, _name[8:], _appending(_name))


def mlp(sizes, tape=None, **given):
    """A net of dense layers with sizes[0] inputs and sizes[-1] outputs. Options are the fields of
    tad_mlp_options: dtype, weight, hidden (the activation: tad.relu), output, dropout, no_bias."""
    tape, kept = tape or current(), []
    given.setdefault("dtype", np.float32)
    chosen = options(ffi.typeof("tad_mlp_options *"), given, kept)
    net = Net.__new__(Net)
    net._begin(tape, lib.tad_mlp(tape.check(), list(sizes), len(sizes), chosen))
    net._kept.append(kept)
    return net
