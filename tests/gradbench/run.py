#!/usr/bin/env python3
"""GradBench's evaluations by tad and by other tools, side by side.

    run.py COPY [EVAL ...] [--rounds N] [--seconds S] [--quick] [--markdown]

COPY is a copy of GradBench (github.com/gradbench/gradbench). Its tools manual, codipack, adept and
finite are built there, as far as their headers are found (CPATH, LIBRARY_PATH; json.hpp in COPY/cpp), and
tad's here, as far as pkg-config finds tad and jansson (PKG_CONFIG_PATH=BUILD/meson-uninstalled for one
that is not installed); once more as "compiled", with programs compiled in place; and as "tad.hpp", COPY's own
C++ objectives, as codipack and adept have them, with tad::var. Inputs are made as
GradBench's evals make them. All tools must agree with the first that runs: |a - b| / max(1, |a| + |b|) at
most 1e-4, as GradBench wants it. They run in turns, on one core; a time is the median of the medians of
the rounds. What cannot be had is said in a sentence, and left out. A second table has GradBench's scores
(scores.py).
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import inputs
import scores

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = ["manual", "codipack", "adept", "finite"]
OURS = ["tad", "compiled", "tad.hpp"]
TOLERANCE = 1e-4
# Evaluations: the functions, primal first; the sizes, and those for --quick.
EVALS = {
    "hello": (["square", "double"], [()], [()]),
    "gmm": (["objective", "jacobian"], [(2, 5), (10, 25), (32, 25), (64, 100)], [(2, 5)]),
    "ba": (["objective", "jacobian"],
           [(49, 7776, 31843), (88, 64298, 383937)], [(5, 70, 310)]),
    "ht": (["objective", "jacobian"],
           [("simple", "small", 6400), ("complicated", "small", 6400), ("complicated", "big", 100),
            ("complicated", "big", 25600)], [("simple", "small", 100)]),
    "lstm": (["objective", "jacobian"], [(2, 1024), (4, 4096), (6, 8192)], [(2, 40)]),
    "kmeans": (["cost", "dir"], [(10, 1000, 8), (100, 10000, 16), (1000, 10000, 16)], [(5, 100, 3)]),
    "det": (["primal", "gradient"], [(5,), (8,), (10,)], [(4,)]),
    "llsq": (["primal", "gradient"], [(16,), (128,), (1024,), (16392,)], [(16,)]),
    "lse": (["primal", "gradient"], [(2500,), (80000,), (1280000,)], [(100,)]),
    "ode": (["primal", "gradient"], [(100, 1000), (1000, 10), (1000, 100), (100000, 100)], [(10, 20)]),
    "particle": (["rr", "rf", "fr", "ff"], [()], [()]),
    "saddle": (["rr", "rf", "fr", "ff"], [()], [()]),
}
COMPILED = {"lstm", "ode", "particle", "saddle"}
# What has no template of one number that may be any.
NO_TEMPLATE = {"particle", "saddle"}
# What the C++ tools that are built here do not have; elsewhere differences of thousands of inputs take hours.
FINITE = {"particle", "saddle", "hello"}
# What is a formula for the solution and no derivative of a program; shown, but not what tad is compared with.
NO_DERIVATIVE = {("manual", "ode", "gradient")}


def make(folder, target, *more):
    done = subprocess.run(["make", "-s", "-C", str(folder), *more, target], capture_output=True, text=True, check=False)
    return done.returncode == 0, (done.stderr.strip().splitlines() or ["make failed"])[0]


def build(copy, name, tools):
    """The programs of an evaluation: of each tool the path, and what it takes first."""
    programs = {}
    for tool in tools:
        if tool == "tad":
            place, (made, why) = HERE / "bin" / name, make(HERE, f"bin/{name}")
        elif tool == "compiled":
            if name not in COMPILED:
                continue
            place = HERE / "compiled" / name
            made, why = make(HERE, f"compiled/{name}", "BIN=compiled", "COMPILED=yes")
        elif tool == "tad.hpp":
            if name in NO_TEMPLATE:
                continue
            place, (made, why) = HERE / "bin" / "templates", make(HERE, "bin/templates", f"COPY={copy.resolve()}")
        else:
            folder = copy / "tools" / tool
            if not (folder / f"{name}.cpp").exists() or (tool == "finite" and name not in FINITE):
                continue
            place, (made, why) = folder / "bin" / name, make(folder, f"bin/{name}")
        if made:
            programs[tool] = [str(place)] + ([name] if tool == "tad.hpp" else [])
        else:
            print(f"{tool} cannot do {name}: {why[:120]}", file=sys.stderr)
    return programs


def run(program, path, function):
    """The output, the median of the evaluations and the preparation in seconds; or why not."""
    done = subprocess.run(PIN + [*program, path, function], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        return None, (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[0]
    times = [json.loads(line) for line in lines[1:]]
    of = {name: [t["nanoseconds"] * 1e-9 for t in times if t["name"] == name] for name in ("prepare", "evaluate")}
    return json.loads(lines[0]), (statistics.median(of["evaluate"]), of["prepare"][0])


def difference(a, b):
    """The largest difference of two outputs; infinite where they are of different forms."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return max((difference(a[k], b[k]) for k in a), default=0)
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return max((difference(x, y) for x, y in zip(a, b)), default=0)
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        d = abs(a - b) / max(1, abs(a) + abs(b))
        return d if d == d else float("inf")
    return float("inf")


def measure(programs, path, function, rounds):
    """For each tool its time and preparation; what failed or differs is left out and said."""
    times, first, worst = {tool: [] for tool in programs}, None, 0
    for turn in range(rounds):
        for tool in list(times):
            output, got = run(programs[tool], path, function)
            if output is None:
                print(f"{tool} fails at {function} of {pathlib.Path(path).name}: {got[:120]}", file=sys.stderr)
                del times[tool]
                continue
            first = output if first is None else first
            off = difference(first, output) if turn == 0 else 0
            worst = max(worst, off)
            if off > TOLERANCE:
                FAILURES.append(f"{tool} differs at {function} of {pathlib.Path(path).name}: {off:.3g}")
            times[tool].append(got)
    return {t: [statistics.median(x) for x in zip(*got)] for t, got in times.items()}, worst


def text_of(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def row(name, size, function, times, worst, tools):
    others = {t: v[0] for t, v in times.items() if t not in OURS and (t, name, function) not in NO_DERIVATIVE}
    cells = [name, " ".join(map(str, size)), function]
    cells += [text_of(times[t][0]) if t in times else "-" for t in tools]
    best = min(others, key=others.get, default=None)
    mine = times.get("tad")
    cells += [text_of(mine[1]) if mine else "-"]
    cells += [f"{mine[0] / others[best]:.2f} ({best})" if mine and best else "-", f"{worst:.0e}"]
    return cells


def print_row(cells, widths, markdown):
    if markdown:
        print("| " + " | ".join(cells) + " |", flush=True)
    else:
        print("".join(c.ljust(w) for c, w in zip(cells, widths)), flush=True)


def print_head(cells, widths, markdown):
    print_row(cells, widths, markdown)
    if markdown:
        print_row(["---"] * len(cells), widths, True)


def print_scores(results, markdown):
    (head, *rows), said = scores.table(results, NO_DERIVATIVE)
    if not rows:
        return
    widths = [10, 11, 13, 19, 14, 15]
    print()
    print_head(head, widths, markdown)
    for cells in rows:
        print_row(cells, widths, markdown)
    print(f"\n{said}")


def widths_of(tools):
    return [10, 24, 11] + [11] * (len(tools) + 1) + [18, 8]


def evaluate(copy, name, options):
    """Prints the rows; gives functions with the times of the tools."""
    cases = []
    functions, sizes, quick = EVALS[name]
    programs = build(copy, name, options.tools)
    for size in quick if options.quick else sizes:
        make_input = getattr(inputs, name)
        value = make_input(copy, *size) if name == "ht" else make_input(*size)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, f"{name}.json")
            if isinstance(value, dict):
                value |= {"min_runs": 1, "min_seconds": options.seconds}
            with open(path, "w", encoding="utf-8") as file:
                json.dump(value, file)
            for function in functions:
                times, worst = measure(programs, path, function, options.rounds)
                cells = row(name, size, function, times, worst, options.tools)
                print_row(cells, widths_of(options.tools), options.markdown)
                cases.append((function, {tool: seconds for tool, (seconds, _) in times.items()}))
    return cases


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("copy", type=pathlib.Path)
    p.add_argument("evals", nargs="*", metavar="EVAL")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=0.2, help="of a tool's runs in a round")
    p.add_argument("--quick", action="store_true", help="tiny inputs, one round: do they agree?")
    p.add_argument("--markdown", action="store_true")
    p.add_argument("--tools", nargs="+", default=TOOLS + OURS)
    options = p.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 0
    if not (options.copy / "cpp" / "gradbench" / "main.hpp").exists():
        print(f"{options.copy} is no copy of GradBench: it has no cpp/gradbench/main.hpp")
        return 77
    unknown = set(options.evals) - EVALS.keys()
    if unknown:
        p.error(f"no such evaluation: {', '.join(sorted(unknown))}")
    head = ["eval", "size", "function", *options.tools, "prepare", "tad / best other", "differ"]
    print_head(head, widths_of(options.tools), options.markdown)
    results = {name: evaluate(options.copy, name, options) for name in options.evals or EVALS}
    if not options.quick:
        print_scores(results, options.markdown)
    for failure in FAILURES:
        print(failure)
    return 1 if FAILURES else 0


FAILURES = []
CORE = str(min(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ""
PIN = ["taskset", "-c", CORE] if CORE and not subprocess.run(["which", "taskset"], capture_output=True,
                                                             check=False).returncode else []

if __name__ == "__main__":
    sys.exit(main())
