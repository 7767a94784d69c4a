#!/usr/bin/env python3
"""Makes the vector files of this folder; README.md describes them. Needs mpmath.

Every derivative is a difference quotient in 90 digits of the few lines that compute the op, so that
nothing here shares a formula with the library."""

import itertools
import json
import math
import random
import struct

from mpmath import mp, mpf

mp.dps = 90
H = mpf(10) ** -20


class Array:
    """Numbers in row-major order with a shape."""

    def __init__(self, shape, data, dtype="F64"):
        self.shape, self.data, self.dtype = list(shape), list(data), dtype

    def at(self, *index):
        flat = 0
        for i, n in zip(index, self.shape):
            flat = flat * n + i
        return self.data[flat]


def fill(shape, of):
    return Array(shape, [of(*i) for i in itertools.product(*map(range, shape))])


# ---- the ops: arrays and attributes in, a list of outputs ----


def mul(a, b):
    shape = [n if m == 1 else m for m, n in zip([1] * (len(b.shape) - len(a.shape)) + a.shape,
                                                [1] * (len(a.shape) - len(b.shape)) + b.shape)]

    def pick(x, index):
        index = index[len(index) - len(x.shape):]
        return x.at(*[i if n > 1 else 0 for i, n in zip(index, x.shape)])

    return [fill(shape, lambda *i: pick(a, i) * pick(b, i))]


def tanh(x):
    return [Array(x.shape, [mp.tanh(v) for v in x.data])]


def clamp(x, min=None, max=None):
    low = -mp.inf if min is None else mpf(min)
    high = mp.inf if max is None else mpf(max)
    return [Array(x.shape, [low if v < low else high if v > high else v for v in x.data])]


def softmax(x, axis):
    assert axis in (1, -1) and len(x.shape) == 2
    e = [mp.exp(v) for v in x.data]
    n = x.shape[1]
    return [fill(x.shape, lambda i, k: e[i * n + k] / sum(e[i * n:(i + 1) * n]))]


def linear(x, weight, bias=None):
    n = x.shape[1]
    return [fill([x.shape[0], weight.shape[0]],
                 lambda i, o: sum(x.at(i, k) * weight.at(o, k) for k in range(n))
                 + (bias.at(o) if bias else 0))]


def mean(x, axis=None, keepdims=False):
    rank = len(x.shape)
    axes = range(rank) if axis is None else [a % rank for a in axis]
    full = [1 if a in axes else n for a, n in enumerate(x.shape)]
    count = math.prod(x.shape[a] for a in axes)
    each = list(itertools.product(*(range(x.shape[a]) for a in axes)))

    def one(*index):
        index = list(index)
        total = mpf(0)
        for place in each:
            for a, i in zip(axes, place):
                index[a] = i
            total += x.at(*index)
        return total / count

    y = fill(full, one)
    if not keepdims:
        y.shape = [n for a, n in enumerate(full) if a not in axes]
    return [y]


def max_(x, axis, keepdims=False):
    assert axis == 1 and len(x.shape) == 2
    rows = [x.data[i * x.shape[1]:(i + 1) * x.shape[1]] for i in range(x.shape[0])]
    shape = [x.shape[0], 1] if keepdims else [x.shape[0]]
    return [Array(shape, [max(r) for r in rows]),
            Array(shape, [r.index(max(r)) for r in rows], "I64")]


def slice_(x, slices):
    ranges = [range(n)[slice(*s)] for n, s in zip(x.shape, slices)]
    return [fill([len(r) for r in ranges], lambda *i: x.at(*[r[k] for r, k in zip(ranges, i)]))]


# ---- derivatives ----


def moved(arrays, which, k, by):
    data = list(arrays[which].data)
    data[k] += by
    out = list(arrays)
    out[which] = Array(arrays[which].shape, data)
    return out


def gradient(f, arrays, which):
    """Of the number f(arrays) with respect to arrays[which]."""
    a = arrays[which]
    return Array(a.shape, [(f(moved(arrays, which, k, H)) - f(moved(arrays, which, k, -H))) / (2 * H)
                           for k in range(len(a.data))])


def dot(a, b):
    return sum((x * y for x, y in zip(a.data, b.data)), mpf(0))


class Case:
    def __init__(self, op, inputs, attributes, rng):
        self.op, self.inputs, self.attributes, self.rng = op, inputs, attributes, rng
        self.arguments = {k: v for k, v in attributes.items() if k != "inputs"}
        self.smooth = [i for i, x in enumerate(inputs) if x.dtype == "F64"]

    def outputs(self, arrays):
        return self.op(*arrays, **self.arguments)

    def like(self, a):
        return Array(a.shape, [mpf(self.rng.uniform(-1, 1)) for _ in a.data])

    def tensors(self):
        x, out = self.inputs, self.outputs(self.inputs)
        floats = [k for k, y in enumerate(out) if y.dtype == "F64"]
        ct = {k: self.like(out[k]) for k in floats}
        tan = {i: self.like(x[i]) for i in self.smooth}
        w = {i: self.like(x[i]) for i in self.smooth}
        n = len(x)

        def weighted(arrays):  # inputs, then cotangents
            y = self.outputs(arrays[:n])
            return sum((dot(y[k], c) for k, c in zip(floats, arrays[n:])), mpf(0))

        def second(arrays):
            return sum((dot(gradient(weighted, arrays, i), w[i]) for i in self.smooth), mpf(0))

        def along(by):
            return self.outputs([Array(a.shape, [v + by * d for v, d in zip(a.data, tan[i].data)])
                                 if i in tan else a for i, a in enumerate(x)])

        both = x + [ct[k] for k in floats]
        plus, minus = along(H), along(-H)
        result = {f"in{i}": a for i, a in enumerate(x)} | {f"out{k}": y for k, y in enumerate(out)}
        for i in self.smooth:
            result |= {f"grad{i}": gradient(weighted, both, i), f"tan{i}": tan[i], f"w{i}": w[i],
                       f"gg{i}": gradient(second, both, i)}
        for place, k in enumerate(floats):
            result |= {f"ct{k}": ct[k], f"ggct{k}": gradient(second, both, n + place),
                       f"jvp{k}": Array(out[k].shape, [(p - m) / (2 * H) for p, m in
                                                       zip(plus[k].data, minus[k].data)])}
        return result


# ---- files ----


def pack(a):
    if a.dtype == "I64":
        return struct.pack(f"<{len(a.data)}q", *a.data)
    return struct.pack(f"<{len(a.data)}d", *map(float, a.data))


def write(name, cases):
    header, data = {"__metadata__": {"op": name}}, b""
    for number, case in enumerate(cases):
        header["__metadata__"][f"c{number:02}"] = json.dumps(case.attributes)
        for key, a in case.tensors().items():
            piece = pack(a)
            header[f"c{number:02}/{key}"] = {"dtype": a.dtype, "shape": a.shape,
                                             "data_offsets": [len(data), len(data) + len(piece)]}
            data += piece
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(f"{name}.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def main():
    rng = random.Random(7)

    def numbers(*shape):
        return Array(shape, [mpf(rng.uniform(-2, 2)) for _ in range(math.prod(shape))])

    def case(op, *inputs, **attributes):
        return Case(op, list(inputs), attributes, rng)

    write("mul", [case(mul, numbers(2, 3), numbers(3)), case(mul, numbers(), numbers(2)),
                  case(mul, numbers(0, 2), numbers(2)), case(mul, numbers(3, 1), numbers(1, 2))])
    write("tanh", [case(tanh, numbers(5)), case(tanh, numbers())])
    write("clamp", [case(clamp, numbers(6), min=-0.5), case(clamp, numbers(6), min=-0.5, max=None),
                    case(clamp, numbers(2, 3), min=-1, max=1.25)])
    write("softmax", [case(softmax, numbers(2, 3), axis=1), case(softmax, numbers(2, 2), axis=-1)])
    write("linear", [case(linear, numbers(2, 3), numbers(2, 3), numbers(2),
                          inputs=["x", "weight", "bias"]),
                     case(linear, numbers(2, 3), numbers(2, 3), inputs=["x", "weight"])])
    write("mean", [case(mean, numbers(2, 3)), case(mean, numbers(2, 3), axis=[-1], keepdims=True),
                   case(mean, numbers(2, 2, 2), axis=[0, 2])])
    write("max", [case(max_, numbers(3, 4), axis=1), case(max_, numbers(2, 2), axis=1, keepdims=True)])
    write("slice", [case(slice_, numbers(4, 3), slices=[[None, None, -2], [1, None, None]])])


if __name__ == "__main__":
    main()
