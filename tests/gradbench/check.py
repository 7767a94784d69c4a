#!/usr/bin/env python3
"""Are tad's programs for GradBench right? On tiny inputs: values against the formulas in plain Python
(reference.py), derivatives against central differences of these, kmeans against means, particle and
saddle against the numbers that GradBench expects; the scores of run.py on made-up times.

Usage: check.py FOLDER        with the programs: hello, gmm, ...
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import inputs
import reference
import scores

FAILURES = []


def ask(name, function, value):
    """The output; the form of the timings is looked at too."""
    runs = {"min_runs": 3, "min_seconds": 0}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(value | runs if isinstance(value, dict) else value, file)
        file.flush()
        done = subprocess.run([str(FOLDER / name), file.name, function], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} {function}: {done.stderr}")
    output, *times = map(json.loads, done.stdout.splitlines())
    wanted = ["prepare"] + ["evaluate"] * (3 if isinstance(value, dict) else 1)
    if [t["name"] for t in times] != wanted or any(t["nanoseconds"] < 0 for t in times):
        FAILURES.append(f"{name} {function}: timings are {times}")
    return output


def flat(x):
    if isinstance(x, dict):
        x = list(x.values())
    return [y for part in x for y in flat(part)] if isinstance(x, list) else [x]


def compare(what, got, wanted, tolerance):
    got, wanted = flat(got), flat(wanted)
    off = max((abs(a - b) / max(1, abs(b)) for a, b in zip(got, wanted)), default=1)
    if len(got) != len(wanted) or not off <= tolerance:
        FAILURES.append(f"{what}: off by {off}, {len(got)} numbers of {len(wanted)}")


def slopes(f, x):
    """Central differences, of order four; a list for each coordinate where f has several results."""
    h, out = 1e-3, []
    for i, xi in enumerate(x):
        def at(step):
            return flat(f(x[:i] + [xi + step] + x[i + 1:]))
        parts = [at(s) for s in (h, -h, 2 * h, -2 * h)]
        out.append([(8 * (a - b) - (c - d)) / (12 * h) for a, b, c, d in zip(*parts)])
    return out


def check_gradient(name, value, x, names=("primal", "gradient")):
    f = getattr(reference, name)
    compare(f"{name} {names[0]}", ask(name, names[0], value), f(x, value), 1e-9)
    gradient = ask(name, names[1], value)
    if isinstance(gradient, dict): # in the order of x
        gradient = [gradient[key] for key in ("alpha", "mu", "q", "l")]
    compare(f"{name} {names[1]}", gradient, slopes(lambda z: f(z, value), x), 1e-6)


def check_hello():
    compare("hello square", ask("hello", "square", 3.5), 12.25, 0)
    compare("hello double", ask("hello", "double", 3.5), 7, 0)


def check_ode():
    for value in ({"x": [0.7, 1.3, 0.4, 0.9], "s": 2}, # one block; several, the last one shorter
                  {"x": [0.7, 1.3, 0.4, 0.9, 1.1, 0.6, 1.2, 0.8, 0.5, 1.4], "s": 4, "block": 4}):
        compare("ode primal", ask("ode", "primal", value), reference.ode_all(value["x"], value), 1e-12)
        gradient = ask("ode", "gradient", value)
        compare("ode gradient", gradient, slopes(lambda z: reference.ode(z, value), value["x"]), 1e-9)
        if not all(gradient):
            FAILURES.append("ode gradient: there are zeros in it")


def check_scalar_results():
    for name, value, key in (("lse", inputs.lse(4), "x"), ("det", inputs.det(4), "A"),
                             ("llsq", inputs.llsq(5, 3), "x"), ("llsq", inputs.llsq(600, 4), "x")):
        check_gradient(name, value, value[key])
    value = inputs.det(4)
    compare("det frozen", ask("det", "gradient_program", value), ask("det", "gradient", value), 1e-12)
    value = inputs.gmm(3, 2, 4) | {"m": 1, "gamma": 1.5}
    check_gradient("gmm", value, flat([value[k] for k in ("alpha", "mu", "q", "l")]), ("objective", "jacobian"))
    r = random.Random(5)
    value = {key: [[r.random() for _ in range(n)] for _ in range(m)]
             for key, m, n in (("main_params", 4, 12), ("extra_params", 3, 3), ("state", 4, 3))}
    value["sequence"] = [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    check_gradient("lstm", value, flat([value["main_params"], value["extra_params"]]), ("objective", "jacobian"))


def check_ba(rotation):
    value = inputs.ba(3, 5, 11)
    value["cam"][:3] = rotation
    z = value["cam"] + value["x"] + [value["w"]]
    errors = {"elements": reference.ba(z, value), "repeated": 11}
    wanted = {"reproj_error": errors, "w_err": {"element": 1 - value["w"] ** 2, "repeated": 11}}
    compare("ba objective", ask("ba", "objective", value), wanted, 1e-9)
    matrix = ask("ba", "jacobian", value)
    by_rows = list(zip(*slopes(lambda x: reference.ba(x, value), z)))
    compare("ba values", matrix["vals"], [*by_rows[0], *by_rows[1], -2 * value["w"]], 1e-6)
    compare("ba rows", matrix["rows"], [*range(0, 331, 15), *range(331, 338), 341], 0)
    one = [*range(11), 33, 34, 35, 48]
    compare("ba columns", matrix["cols"], one + one + [58], 0)


def check_ht(kind):
    value = inputs.tiny_hand(kind)
    pose, us = value["theta"], value["us"]
    compare(f"ht {kind}", ask("ht", "objective", value), reference.ht(pose, value), 1e-9)
    columns = slopes(lambda z: reference.ht(z, value), pose)
    if us: # all first, then all second places move together
        def moved(z):
            return reference.ht(pose, value, [[u + z[0], v + z[1]] for u, v in us])
        columns = slopes(moved, [0.0, 0.0]) + columns
    compare(f"ht {kind} Jacobian", ask("ht", "jacobian", value), [list(r) for r in zip(*columns)], 1e-6)


def check_kmeans():
    value = inputs.kmeans(3, 12, 2)
    total, members = 0, [[] for _ in value["centroids"]]
    for p in value["points"]:
        far = [sum((a - b) ** 2 for a, b in zip(p, c)) for c in value["centroids"]]
        total += min(far)
        members[far.index(min(far))].append(p)
    steps = [[x - sum(p[j] for p in m) / len(m) for j, x in enumerate(c)]
             for c, m in zip(value["centroids"], members)]
    compare("kmeans cost", ask("kmeans", "cost", value), total, 1e-12)
    compare("kmeans dir", ask("kmeans", "dir", value), steps, 1e-12)


def check_nested():
    for function in ("rr", "rf", "fr", "ff"):
        compare(f"particle {function}", ask("particle", function, inputs.particle()), 0.2071918746486116, 1e-12)
        compare(f"saddle {function}", ask("saddle", function, inputs.saddle()), [8.246324826140356e-06] * 4, 1e-15)


def check_scores():
    """Of the modes of particle the best counts, of others the sum; a tool without all of it has no score."""
    ode = [("primal", {"manual": 1, "codipack": 1, "adept": 2, "tad": 2, "compiled": 1}),
           ("gradient", {"manual": 0, "codipack": 5, "tad": 2, "compiled": 1})]
    particle = [("rr", {"finite": 3, "tad": 9}), ("ff", {"finite": 7, "tad": 4})]
    rows, said = scores.table({"ode": ode, "particle": particle}, {("manual", "ode", "gradient")})
    wanted = [["ode", "manual", "0.25", "1.00", "1 of 2", "no"], ["particle", "finite", "0.75", "0.75", "-", "-"]]
    if rows[1:] != wanted or "over 2 " not in said or not said.endswith(": 0.433, without formulas 0.866"):
        FAILURES.append(f"scores: {rows[1:]}; {said}")


def main():
    check_scores()
    check_hello()
    check_ode()
    check_scalar_results()
    check_ba([-0.758, -1.11, -0.846])
    check_ba([0.0, 0.0, 0.0])
    check_ht("simple")
    check_ht("complicated")
    check_kmeans()
    check_nested()
    for failure in FAILURES:
        print(failure)
    return 1 if FAILURES else 0


FOLDER = pathlib.Path(sys.argv[1])
if __name__ == "__main__":
    sys.exit(main())
