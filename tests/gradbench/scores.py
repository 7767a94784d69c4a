"""GradBench's scores, from the times that run.py takes: of a tool on an evaluation 1 / (the sum of its times,
over all sizes and functions). particle and saddle are one function in four modes: the best counts.
"""
import math

TAPES = ("codipack", "adept")
# Ours that are no tool beside the others: the same programs, run otherwise.
VARIANTS = ("compiled", "tad.hpp")
MODES = {"particle", "saddle"}
# Where GradBench measures nothing, as it says itself.
NO_SCORE = {"hello"}


def total(name, cases, tool):
    """The seconds of an evaluation, whose cases are (function, {tool: seconds}); None if there is not all of it."""
    times = {}
    for function, of in cases:
        times.setdefault(function if name in MODES else "", []).append(of.get(tool))
    sums = [sum(t) for t in times.values() if None not in t]
    return min(sums, default=None)


def compare(name, cases, no_derivative):
    """tad beside the others: None if tad or all others are missing. no_derivative: what counts once, and once not."""
    tools = {tool for _, of in cases for tool in of} - set(VARIANTS)
    of = {tool: seconds for tool in tools if (seconds := total(name, cases, tool)) is not None}
    if len(of) < 2 or "tad" not in of:
        return None
    formulas = {tool for tool, evaluation, _ in no_derivative if evaluation == name}
    rivals = {tool: of[tool] for tool in of if tool not in formulas}
    tapes = [of[tool] for tool in TAPES if tool in of]
    return {"all": min(of.values()) / of["tad"], "fair": min(rivals.values()) / of["tad"], "best": min(of, key=of.get),
            "rank": f"{1 + sum(t < of['tad'] for t in tapes)} of {1 + len(tapes)}" if tapes else "-",
            "manual": "-" if "manual" not in of else "yes" if of["tad"] < of["manual"] else "no"}


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def table(results, no_derivative):
    """Rows of the second table, head first, and a sentence; results: the cases of each evaluation."""
    rows = [["eval", "best", "tad / best", "without formulas", "among tapes", "ahead of manual"]]
    scored = []
    for name, cases in results.items():
        got = compare(name, cases, no_derivative)
        if not got:
            continue
        rows.append([name, got["best"], f"{got['all']:.2f}", f"{got['fair']:.2f}", got["rank"], got["manual"]])
        if name not in NO_SCORE:
            scored.append(got)
    said = (f"geometric mean of tad / best over {len(scored)} evaluations without {', '.join(sorted(NO_SCORE))}: "
            f"{mean([g['all'] for g in scored]):.3f}, without formulas {mean([g['fair'] for g in scored]):.3f}")
    return rows, said
