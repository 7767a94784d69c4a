"""Optimisers: the functions of tad/optim.h, with the fields of their structs as options.

    adam = tad.optim.adam(net, 1e-3, beta1=0.95)
    loss.reverse(); adam.step()
"""
from ._library import NULL, constants, ffi, kind_of, lib, parameters
from .nn import Dict
from .structs import options, signature

__all__ = ["Optimiser", "schedule"]


class Optimiser:
    """Moves parameters along their gradients, and zeroes these. It lives in the tape of its parameters:
    make it before the mark to which steps rewind."""

    def __init__(self, tape, c):
        if c == NULL:
            tape.fail()
        self.tape, self._c = tape, c

    def step(self):
        """Moves the parameters."""
        self.tape.check()
        self.tape.verb(lib.tad_optim_step(self._c))

    @property
    def lr(self):
        """The learning rate; it can be set."""
        self.tape.check()
        return lib.tad_optim_lr(self._c)

    @lr.setter
    def lr(self, lr):
        self.tape.check()
        self.tape.verb(lib.tad_optim_set_lr(self._c, lr))

    @property
    def steps(self):
        """Taken so far."""
        self.tape.check()
        return lib.tad_optim_steps(self._c)

    @property
    def state(self):
        """All that a step changes beside the parameters, to be saved."""
        return Dict(self.tape, lib.tad_optim_state(self._c))


def _defaults(name, kind):
    """What options are when not given: of the function's own, else of the first one with the same struct."""
    found = [n for n in parameters if n.endswith("_defaults") and kind_of(n).result is kind.item]
    own = name + "_defaults"
    return getattr(lib, own if own in found else found[0])() if found else None


def _optimiser(name):
    kind = kind_of(name).args[2]

    def make(params, lr, **given):
        params, kept = Dict.of(params), []
        params.tape.check()
        default = _defaults(name, kind)
        chosen = options(kind, given, kept, default) if given else NULL
        return Optimiser(params.tape, getattr(lib, name)(params._c, lr, chosen))
    make.__name__ = make.__qualname__ = name[4:]
    make.__doc__ = f"{name} of tad/optim.h, for a net, a dictionary or a list of parameters."
    make.__signature__ = signature(name, ["params"])
    return make


for _name in parameters:
    if kind_of(_name) and kind_of(_name).result is ffi.typeof("tad_optim *"):
        globals()[_name[4:]] = _optimiser(_name)
        __all__.append(_name[4:])


def schedule(i, lr, kind="constant", gamma=0, period=0, last=0, warmup=0):
    """The learning rate of step i: see tad_schedule."""
    s = {"kind": constants("tad_schedule_kind")[kind], "lr": lr, "gamma": gamma, "period": period,
         "last": last, "warmup": warmup}
    return lib.tad_schedule_at(ffi.new("tad_schedule *", s), i)
