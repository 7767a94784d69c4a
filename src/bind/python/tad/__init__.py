"""tad: tape automatic differentiation. Arrays and numbers whose computation is recorded, and its derivatives.

    >>> import tad
    >>> f = lambda x: tad.sum(tad.sin(x) * x)
    >>> tad.grad(f)([1.0, 2.0])
"""
from . import index, nn, operators, optim
from .check import *
from .derivatives import *
from .errors import *
from .files import *
from .leaves import *
from .ops import FUNCTIONS as _functions
from .programs import *
from .show import *
from .tape import *
from .var import Var

globals().update(_functions)
