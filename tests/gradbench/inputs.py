"""Inputs of GradBench's evaluations, made as its evals/*/run.py make them: the same distributions and
formats, with Python's random numbers. Every function gives a dictionary as the evaluation's input; ht
alone reads GradBench's hand model, from a copy of it.
"""
import pathlib
import random


def normal(r, n):
    return [r.gauss(0, 1) for _ in range(n)]


def uniform(r, n):
    return [r.random() for _ in range(n)]


def gmm(d, k, n=1000):
    r = random.Random(31337)
    return {"d": d, "k": k, "n": n, "m": 0, "gamma": 1.0, "x": [normal(r, d) for _ in range(n)],
            "alpha": normal(r, k), "mu": [uniform(r, d) for _ in range(k)], "q": [normal(r, d) for _ in range(k)],
            "l": [normal(r, d * (d - 1) // 2) for _ in range(k)]}


def ba(cameras, points, observations):
    """One camera, point, weight and feature, repeated: of the magnitudes of ADBench's files."""
    return {"n": cameras, "m": points, "p": observations, "w": 0.417022, "feat": [271.5, 834.25],
            "x": [7.2, 0.0011, 3.02],
            "cam": [-0.758, -1.11, -0.846, 34.5, 39.7, 53.9, 419.2, 5.86, -8.52, 0.0878, 0.00274]}


def lstm(layers, count):
    """Text as bits: GradBench's has characters of 14 bits."""
    r, bits = random.Random(31337), 14
    codes = [r.choice((32, 8217, 97 + r.randrange(26))) for _ in range(count)]
    return {"main_params": [uniform(r, 4 * bits) for _ in range(2 * layers)],
            "extra_params": [uniform(r, bits) for _ in range(3)],
            "state": [uniform(r, bits) for _ in range(2 * layers)],
            "sequence": [[float(c >> (bits - 1 - i) & 1) for i in range(bits)] for c in codes]}


def kmeans(k, n, d):
    r = random.Random(31337)
    points = [uniform(r, d) for _ in range(n)]
    return {"points": points, "centroids": points[-k:]}


def det(ell):
    return {"A": uniform(random.Random(31337), ell * ell), "ell": ell}


def llsq(n, m=128):
    return {"x": uniform(random.Random(31337), m), "n": n}


def lse(n):
    return {"x": uniform(random.Random(31337), n)}


def ode(n, s):
    return {"x": uniform(random.Random(31337), n), "s": s}


def particle():
    return {"w": 0.0}


def saddle():
    return {"start": [1.0, 1.0]}


def hello():
    return 3.5


def matrix(fields):
    return [fields[i:i + 4] for i in range(0, 16, 4)]


def hand_model(folder):
    bones = [line.split(":") for line in (folder / "bones.txt").read_text().splitlines()]
    vertices = [line.split(":") for line in (folder / "vertices.txt").read_text().splitlines()]
    weights = []
    for v in vertices:
        row = [0.0] * len(bones)
        for i in range(int(v[8])):
            row[int(v[9 + 2 * i])] = float(v[10 + 2 * i])
        weights.append(row)
    return {"bone_count": len(bones), "bone_names": [b[0] for b in bones], "parents": [int(b[1]) for b in bones],
            "base_relatives": [matrix([float(x) for x in b[2:18]]) for b in bones],
            "inverse_base_absolutes": [matrix([float(x) for x in b[18:34]]) for b in bones],
            "base_positions": [[*map(float, v[:3]), 1.0] for v in vertices], "weights": weights,
            "triangles": [[int(x) for x in t.split(":")]
                          for t in (folder / "triangles.txt").read_text().splitlines()],
            "is_mirrored": False}


def ht(copy, kind, size, count):
    """kind: simple or complicated; size: small or big; random correspondences and points."""
    r = random.Random(31337)
    model = hand_model(pathlib.Path(copy) / "evals/ht/data" / f"{kind}_{size}" / "model")
    among = len(model["triangles"] if kind == "complicated" else model["weights"])
    theta = [0.3 * x for x in normal(r, 26)]
    return {"theta": theta, "us": [uniform(r, 2) for _ in range(count)] if kind == "complicated" else [],
            "data": {"model": model, "correspondences": [r.randrange(among) for _ in range(count)],
                     "points": [normal(r, 3) for _ in range(count)]}}


def tiny_hand(kind, count=5):
    """A hand of the model's 22 bones and eight vertices, for a test without GradBench."""
    r, bones, corners = random.Random(7), 22, 8

    def transform():
        return [[(i == j) + 0.2 * r.gauss(0, 1) for j in range(4)] for i in range(3)] + [[0.0, 0.0, 0.0, 1.0]]
    model = {"bone_count": bones, "bone_names": [f"bone{i}" for i in range(bones)],
             "parents": [i - 1 if i % 4 else -1 if i == 0 else 0 for i in range(bones)],
             "base_relatives": [transform() for _ in range(bones)],
             "inverse_base_absolutes": [transform() for _ in range(bones)],
             "base_positions": [normal(r, 3) + [1.0] for _ in range(corners)],
             "weights": [uniform(r, bones) for _ in range(corners)],
             "triangles": [[i, (i + 1) % corners, (i + 3) % corners] for i in range(6)], "is_mirrored": False}
    return {"theta": [0.3 * x for x in normal(r, 26)],
            "us": [uniform(r, 2) for _ in range(count)] if kind == "complicated" else [],
            "data": {"model": model, "correspondences": [r.randrange(6) for _ in range(count)],
                     "points": [normal(r, 3) for _ in range(count)]}}
