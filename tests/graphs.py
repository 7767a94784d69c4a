"""Random graphs, evaluated by tad and by NumPy, and by PyTorch where it is installed.

    python3 tests/graphs.py build/tests/graphs [COUNT [SEED]]

Values are compared element by element. Gradients are compared with PyTorch's element by element, and
without it along one random direction with differences of NumPy's values. Exit code 77: no NumPy.
"""
import random
import subprocess
import sys

try:
    import numpy as np
except ImportError:
    print("skipped: NumPy is not installed for", sys.executable)
    sys.exit(77)
try:
    import torch
except ImportError:
    torch = None

STEPS = 10  # ops of a graph, at most


def sigmoid(m, x):
    return 1 / (1 + m.exp(-x))


def softmax(m, x):
    e = m.exp(x - amax(m, x, -1, True))
    return e / total(m, e, -1, True)


def total(m, x, axis, keep):
    return m.sum(x, axis, keepdims=keep) if m is np else torch.sum(x, axis, keepdim=keep)


def amax(m, x, axis, keep):
    return m.max(x, axis, keepdims=keep) if m is np else torch.amax(x, axis, keepdim=keep)


def layer_norm(m, x):
    centred = x - total(m, x, -1, True) / x.shape[-1]
    return centred / m.sqrt(total(m, centred * centred, -1, True) / x.shape[-1] + 1e-5)


# Of one operand; `m` is the module numpy or torch. Arguments are kept where the function is smooth.
UNARY = {
    "neg": lambda m, x: -x, "square": lambda m, x: x * x, "sin": lambda m, x: m.sin(x),
    "cos": lambda m, x: m.cos(x), "tanh": lambda m, x: m.tanh(x), "sigmoid": sigmoid,
    "atan": lambda m, x: (m.arctan if m is np else m.atan)(x),
    "asinh": lambda m, x: (m.arcsinh if m is np else m.asinh)(x),
    "softplus": lambda m, x: m.log1p(m.exp(x)), "silu": lambda m, x: x * sigmoid(m, x),
    "log_sigmoid": lambda m, x: -m.log1p(m.exp(-x)), "expm1": lambda m, x: m.expm1(x),
    "softsign": lambda m, x: x / (1 + m.abs(x)), "abs": lambda m, x: m.abs(x),
    "relu": lambda m, x: m.where(x > 0, x, 0 * x), "exp": lambda m, x: m.exp(x),
}
POSITIVE = {  # of x^2 + 1/2
    "log": lambda m, x: m.log(x), "sqrt": lambda m, x: m.sqrt(x), "rsqrt": lambda m, x: 1 / m.sqrt(x),
    "reciprocal": lambda m, x: 1 / x, "log1p": lambda m, x: m.log1p(x), "log2": lambda m, x: m.log2(x),
}
BINARY = {
    "add": lambda m, a, b: a + b, "sub": lambda m, a, b: a - b, "mul": lambda m, a, b: a * b,
    "maximum": lambda m, a, b: m.maximum(a, b), "minimum": lambda m, a, b: m.minimum(a, b),
    "hypot": lambda m, a, b: m.sqrt(a * a + b * b),
}


class Graph:
    """Text for tad, and a list of functions of the values so far for the others."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines, self.steps, self.shapes, self.inputs = [], [], [], []
        for _ in range(self.random.randint(1, 3)):
            self.leaf([self.random.choice((1, 2, 3)) for _ in range(self.random.randint(0, 3))])
        for _ in range(self.random.randint(2, STEPS)):
            self.step()
        self.lines.append("end")

    def add(self, line, function, shape):
        self.lines.append(line)
        self.steps.append(function)
        self.shapes.append(tuple(shape))
        return len(self.steps) - 1

    def op(self, name, inputs, function, shape, options=""):
        return self.add(f"op {name} {' '.join(map(str, inputs))} {options}", lambda m, v: function(m, *(v[i] for i in inputs)),
                        shape)

    def leaf(self, shape):
        values = np.array([self.random.uniform(-2, 2) for _ in range(int(np.prod(shape)))]).reshape(shape)
        k = len(self.inputs)
        self.inputs.append(values)
        return self.add(f"input {','.join(map(str, shape)) or '-'} {' '.join(map(repr, values.ravel().tolist()))}",
                        lambda m, v: v["in"][k], shape)

    def bounded(self, i):
        """Large values make everything after them a matter of rounding."""
        return self.op("tanh", [i], UNARY["tanh"], self.shapes[i]) if self.random.random() < 0.5 else i

    def step(self):
        r = self.random
        i = self.bounded(r.choice([j for j, s in enumerate(self.shapes) if s is not None]))
        r.choice((self.unary, self.positive, self.binary, self.binary, self.reduce, self.move, self.rows,
                  self.product, self.pick))(i)

    def unary(self, i):
        name = self.random.choice(list(UNARY))
        self.op(name, [i], UNARY[name], self.shapes[i])

    def positive(self, i):
        square = self.op("square", [i], UNARY["square"], self.shapes[i])
        half = self.add("input - 0.5", lambda m, v: v["in"][k], ())
        k = len(self.inputs)
        self.inputs.append(np.array(0.5))
        name = self.random.choice(list(POSITIVE))
        above = self.op("add", [square, half], BINARY["add"], self.shapes[i])
        self.op(name, [above], POSITIVE[name], self.shapes[i])

    def binary(self, i):
        others = [j for j, s in enumerate(self.shapes) if fits(s, self.shapes[i])]
        j, name = self.random.choice(others), self.random.choice(list(BINARY))
        self.op(name, [i, j], BINARY[name], np.broadcast_shapes(self.shapes[i], self.shapes[j]))

    def reduce(self, i):
        shape = self.shapes[i]
        if not shape:
            return
        axis, keep, name = self.random.randrange(len(shape)), self.random.random() < 0.5, self.random.choice(("sum", "mean", "amax"))
        n = shape[axis]
        left = shape[:axis] + ((1,) if keep else ()) + shape[axis + 1:]
        f = {"sum": lambda m, x: total(m, x, axis, keep), "mean": lambda m, x: total(m, x, axis, keep) / n,
             "amax": lambda m, x: amax(m, x, axis, keep)}[name]
        self.op(name, [i], f, left, f"axis=ints:{axis} keepdims=bool:{int(keep)}")

    def move(self, i):
        shape = self.shapes[i]
        if len(shape) < 2:
            self.op("reshape", [i], lambda m, x: x.reshape((1,) + shape), (1,) + shape,
                    "shape=ints:" + ",".join(map(str, (1,) + shape)))
            return
        a, b = self.random.sample(range(len(shape)), 2)
        turned = list(shape)
        turned[a], turned[b] = turned[b], turned[a]
        self.op("transpose", [i], lambda m, x: m.swapaxes(x, a, b), turned, f"axis0=int:{a} axis1=int:{b}")

    def rows(self, i):
        if not self.shapes[i]:
            return
        name = self.random.choice(("softmax", "log_softmax", "layer_norm"))
        f = {"softmax": softmax, "log_softmax": lambda m, x: m.log(softmax(m, x)), "layer_norm": layer_norm}[name]
        self.op(name, [i], f, self.shapes[i], "" if name == "layer_norm" else "axis=int:-1")

    def product(self, i):
        if len(self.shapes[i]) < 1:
            return
        w = self.leaf([self.shapes[i][-1], self.random.choice((1, 2, 3))])
        self.op("matmul", [i, w], lambda m, x, y: m.matmul(x, y), self.shapes[i][:-1] + (self.shapes[w][1],))

    def pick(self, i):
        shape = self.shapes[i]
        if not shape:
            return
        rows = [self.random.randrange(shape[0]) for _ in range(self.random.randint(1, 4))]
        k = self.add(f"index {len(rows)} {' '.join(map(str, rows))}", lambda m, v: rows, ())
        self.shapes[k] = None  # no operand of others
        self.op("index_select", [i, k], lambda m, x, index: x[index], (len(rows),) + shape[1:], "axis=int:0")

    def values(self, m, inputs):
        v = {"in": inputs}
        for i, f in enumerate(self.steps):
            v[i] = f(m, v)
        return v


def fits(a, b):
    if a is None or b is None:
        return False
    try:
        return len(np.broadcast_shapes(a, b)) <= 4
    except ValueError:
        return False


def weights(n):
    return 1 + np.arange(n) % 2


def weighed(graph, inputs):
    y = np.asarray(graph.values(np, inputs)[len(graph.steps) - 1], float).ravel()
    return float(y @ weights(y.size))


def slope(graph, direction):
    """Derivative along the direction by differences of three steps, and how far they disagree."""
    def difference(h):
        shifted = [[x + s * h * d for x, d in zip(graph.inputs, direction)] for s in (1, -1)]
        return (weighed(graph, shifted[0]) - weighed(graph, shifted[1])) / (2 * h)
    fine = [(4 * difference(h / 2) - difference(h)) / 3 for h in (1e-3, 3e-4, 1e-4)]
    return fine[1], max(fine) - min(fine)


def gradients(graph):
    inputs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in graph.inputs]
    y = graph.values(torch, inputs)[len(graph.steps) - 1]
    y.backward(torch.tensor(weights(y.numel()).reshape(tuple(y.shape)), dtype=torch.float64))
    return [np.zeros(x.shape) if x.grad is None else x.grad.numpy() for x in inputs]


def differs(a, b, size, tolerance):
    a, b = np.asarray(a, float).ravel(), np.asarray(b, float).ravel()
    if a.size != b.size:
        return f"{a.size} elements, not {b.size}"
    off = np.max(np.abs(a - b), initial=0)
    return "" if off <= tolerance * (1 + size) or not np.all(np.isfinite(b)) else f"off by {off:.2e}"


def compare(graph, answer, counts):
    """What is wrong with tad's answer; '' if nothing."""
    if answer[0].startswith("failed"):
        return answer[0]
    numbers = [np.array(line.split()[1:], float) for line in answer]
    with np.errstate(all="ignore"):
        every = graph.values(np, graph.inputs)
    y = np.asarray(every[len(graph.steps) - 1], float)
    size = max(np.max(np.abs(np.asarray(every[i], float)), initial=0) for i in range(len(graph.steps)))
    counts["values"] += y.size
    wrong = differs(numbers[0], y, size, 1e-12)
    if wrong or not size < 1e6:
        return wrong and "value: " + wrong
    tads = numbers[1:]
    largest = max((np.max(np.abs(g), initial=0) for g in tads), default=0)
    if torch:
        for k, (g, theirs) in enumerate(zip(tads, gradients(graph))):
            counts["gradients"] += g.size
            wrong = wrong or differs(g, theirs, largest * (1 + size), 1e-12) and f"gradient of input {k}: " + differs(g, theirs, largest, 1e-12)
        return wrong
    direction = [np.cos(np.arange(x.size) * 1.7 + k).reshape(x.shape) for k, x in enumerate(graph.inputs)]
    numeric, doubt = slope(graph, direction)
    exact = sum(float(g @ d.ravel()) for g, d in zip(tads, direction))
    if doubt > 1e-5 * (1 + largest):  # a kink within the steps
        counts["kinks"] += 1
        return ""
    counts["slopes"] += 1
    return "" if abs(exact - numeric) <= 1e-6 * (1 + largest) + 10 * doubt else f"slope {exact:.12g}, differences {numeric:.12g}"


def main(program, count="5000", seed="1"):
    graphs = [Graph(int(seed) + i) for i in range(int(count))]
    text = "".join(line + "\n" for g in graphs for line in g.lines)
    out = subprocess.run([program], input=text, capture_output=True, text=True, check=True).stdout.splitlines()
    counts, wrong, at = dict.fromkeys(("values", "gradients", "slopes", "kinks"), 0), 0, 0
    for i, g in enumerate(graphs):
        end = at
        while out[end] != "end" and not out[end].startswith("failed"):
            end += 1
        what = compare(g, out[at:max(end, at + 1)], counts)
        at = end + 1
        if what:
            wrong += 1
            print(f"graph {int(seed) + i}: {what}\n  " + "\n  ".join(line[:100] for line in g.lines))
    print(f"{len(graphs)} graphs against {'PyTorch' if torch else 'NumPy'}:",
          ", ".join(f"{n} {what}" for what, n in counts.items() if n), f"compared, {wrong} graphs differ")
    return wrong > 0 or len(graphs) == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
