"""Python's operators on variables, and the ops as their methods. What an operator is called here is
Python's word beside the registry's: the one list of both."""
from threading import get_ident

from ._library import lib
from .leaves import operand
from .ops import FUNCTIONS
from .var import NIL, Var, _new

BINARY = {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow", "matmul": "matmul",
          "mod": "remainder"}
COMPARE = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal",
           "ne": "not_equal"}
LOGIC = {"and": "logical_and", "or": "logical_or", "xor": "logical_xor"}
UNARY = {"neg": "neg", "abs": "abs", "invert": "logical_not"}


def _method(name, reflected):
    f, number = getattr(lib, "tad_" + name), lib.tad_number

    def method(self, other):
        tape = self.tape
        if tape.owner != get_ident():
            tape.refuse()
        if other.__class__ is Var:
            other = other.c
        elif other.__class__ is float:
            other = number(other)
        else:
            try:
                other = operand(tape, other)
            except TypeError:
                return NotImplemented
        c = f(other, self.c) if reflected else f(self.c, other)
        if c.bits >= NIL:
            tape.fail()
        x = _new(Var)
        x.tape = tape
        x.c = c
        return x
    method.__doc__ = FUNCTIONS[name].op.doc
    return method


def install():
    for word, name in {**BINARY, **COMPARE, **LOGIC}.items():
        setattr(Var, f"__{word}__", _method(name, False))
        if word not in COMPARE:
            setattr(Var, f"__r{word}__", _method(name, True))
    for word, name in UNARY.items():
        setattr(Var, f"__{word}__", FUNCTIONS[name])
    Var.__pos__ = lambda self: self
    Var.__floordiv__ = lambda self, other: FUNCTIONS["floor"](self / other)
    Var.__rfloordiv__ = lambda self, other: FUNCTIONS["floor"](other / self)
    for name, function in FUNCTIONS.items():
        if not function.op.listed and not hasattr(Var, name):
            setattr(Var, name, function)


install()
