"""Is this derivative right? The library's gradient check for functions and ops."""
from . import callbacks
from ._library import NULL, constants, ffi, lib, text
from .derivatives import handles
from .errors import error
from .leaves import leaf, numpy_of
from .tape import current
from .var import Var

__all__ = ["gradcheck", "gradcheck_op", "Report"]

_VERDICTS = {value: word for word, value in constants("tad_verdict").items()}


class Report:
    """What a check found. True where it passed. `verdict`: "pass", "inconclusive", "vacuous" (nothing was
    compared), "fail"; `first`: what failed, in words; `worst_error`: relative, of the worst entry; as text
    it is the whole."""

    def __init__(self, c):
        self._c = c
        self.verdict = _VERDICTS[c.verdict]
        self.first, self.bad_node = text(c.first), text(c.bad_node)
        self.worst_error = c.worst.r
        self.grade = text(lib.tad_grade_text(c.worst.grade))

    def __bool__(self):
        return self.verdict == "pass"

    def __repr__(self):
        return f"<tad.Report {self.verdict}: {self.first or self.grade}>"

    def __str__(self):
        return callbacks.written(lib.tad_gradcheck_print, self._c)[1]


def _options(options):
    kinds = {"demand": "tad_grade"}
    given = {name: constants(kinds[name])[v] if name in kinds and isinstance(v, str) else v
             for name, v in options.items()}
    return ffi.new("tad_gradcheck_options *", given)


def _input(tape, a):
    if isinstance(a, Var):
        return a
    return leaf(tape, numpy_of(float(a) if type(a) is int else a), False)


def gradcheck(f, args, **options):
    """Checks the derivatives of f at args, arrays of float64: reverse against forward mode, both against
    numeric derivatives with error bounds, and laws. Options are those of tad_gradcheck: order (1 or 2),
    seed, demand, max_elements, inconclusive. What f raises is raised."""
    variables = [x for x in args if isinstance(x, Var)]
    tape = variables[0].tape if variables else current()
    call = callbacks.function(f)
    report = ffi.new("tad_gradcheck_report *")
    with tape.mark():
        x = [_input(tape, a) for a in args]
        verdict = lib.tad_gradcheck(call, NULL, handles(x), len(x), _options(options), report)
        if verdict == lib.TAD_CHECK_ERROR:
            tape.fail()
    return Report(report)


def gradcheck_op(name, **options):
    """Checks an op of the library on its samples."""
    op, report = lib.tad_op_find(name.encode()), ffi.new("tad_gradcheck_report *")
    if op == NULL:
        raise error(lib.TAD_UNKNOWN_OP, f"there is no op {name}")
    if lib.tad_gradcheck_op(op, _options(options), report) == lib.TAD_CHECK_ERROR:
        raise error(report.status, text(report.first))
    return Report(report)
