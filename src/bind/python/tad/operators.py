"""Python's operators on variables, and the ops as their methods. What an operator is called here is
Python's word beside the registry's: the one list of both."""
from .leaves import operand
from .ops import FAST, FUNCTIONS, NUMBER, call_of_two, compiled, find, run
from .var import Var

BINARY = {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow", "matmul": "matmul",
          "mod": "remainder"}
COMPARE = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal",
           "ne": "not_equal"}
LOGIC = {"and": "logical_and", "or": "logical_or", "xor": "logical_xor"}
UNARY = {"neg": "neg", "abs": "abs", "invert": "logical_not"}


def _slowly(op, self, other, reflected):
    """With what is neither a variable of the tape nor a number. NotImplemented: it is no operand at all."""
    tape = self.tape
    tape.check()
    try:
        other = operand(tape, other)
    except TypeError:
        return NotImplemented
    return run(tape, op, [other, self.c] if reflected else [self.c, other], op.calls)


def _method(name, reflected):
    op = FUNCTIONS[name].op
    ref = call_of_two("self", "other", "_calls")
    if reflected:
        ref = f"_to_number(tape.claim, _calls, other, self.ref) if {NUMBER.format('other')} else None"
    words = {"parameters": "self, other", "find": find("self", ref),
             "slowly": f"_slowly(_op, self, other, {reflected})"}
    return compiled(FAST, op, "method", words, _slowly=_slowly)


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
