"""GradBench's functions in plain Python, from their formulas: what check.py compares tad with. Slow; only
what is differentiated is an argument, as one list.
"""
import math


def lse(x, _input):
    return math.log(sum(map(math.exp, x)))


def llsq(x, of):
    total = 0
    for i in range(of["n"]):
        t = -1 + 2 * i / (of["n"] - 1)
        total += ((t > 0) - (t < 0) - sum(c * t ** j for j, c in enumerate(x))) ** 2
    return total / 2


def det(a, of):
    n = of["ell"]

    def minor(row, columns):
        if not columns:
            return 1.0
        return sum((-1) ** k * a[row * n + c] * minor(row + 1, columns[:k] + columns[k + 1:])
                   for k, c in enumerate(columns))
    return minor(0, tuple(range(n)))


def ode_all(x, of):
    """y at 2. Runge and Kutta's method of order 4 on a linear equation is a power series cut off."""
    y, h = [0.0] * len(x), 2 / of["s"]
    for _ in range(of["s"]):
        term, new = y, list(y)
        for order in range(1, 5):
            first = 1.0 if order == 1 else 0.0
            term = [c * b * h / order for c, b in zip(x, [first] + term[:-1])]
            new = [a + b for a, b in zip(new, term)]
        y = new
    return y


def ode(x, of):
    return ode_all(x, of)[-1]


def gmm_parts(z, of):
    k, d = of["k"], of["d"]
    low = d * (d - 1) // 2
    at, parts = k, [z[:k]]
    for width in (d, d, low):
        parts.append([z[at + i * width:at + (i + 1) * width] for i in range(k)])
        at += k * width
    return parts


def factor(q, l):
    d, below = len(q), iter(l)
    rows = [[0.0] * d for _ in q]
    for j in range(d):
        rows[j][j] = math.exp(q[j])
        for i in range(j + 1, d):
            rows[i][j] = next(below)
    return rows


def gmm(z, of):
    alpha, mu, q, l = gmm_parts(z, of)
    d, gamma, m, n = of["d"], of["gamma"], of["m"], of["d"] + of["m"] + 1
    q_matrix, total = [factor(a, b) for a, b in zip(q, l)], 0
    for x in of["x"]:
        terms = []
        for a, centre, shape, logs in zip(alpha, mu, q_matrix, q):
            moved = [sum(r * (u - v) for r, u, v in zip(row, x, centre)) for row in shape]
            terms.append(a + sum(logs) - sum(v * v for v in moved) / 2)
        total += lse(terms, of)
    total -= len(of["x"]) * (lse(alpha, of) + d / 2 * math.log(2 * math.pi))
    gammas = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma((n - j) / 2) for j in range(d))
    constant = n * d * (math.log(gamma) - math.log(2) / 2) - gammas
    for shape, logs in zip(q_matrix, q):
        total += constant + m * sum(logs) - gamma ** 2 / 2 * sum(v * v for row in shape for v in row)
    return total


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def lstm(z, of):
    b, text = len(of["sequence"][0]), of["sequence"]
    state, total = [list(s) for s in of["state"]], 0
    extra = len(z) - 3 * b
    for now, then in zip(text, text[1:]):
        x = [v * w for v, w in zip(now, z[extra:])]
        for layer in range(len(state) // 2):
            hidden, cell, p = state[2 * layer], state[2 * layer + 1], z[8 * b * layer:]
            for i in range(b):
                gate = [(x, hidden)[g % 2][i] * p[g * b + i] + p[(g + 4) * b + i] for g in range(4)]
                cell[i] = cell[i] * sigmoid(gate[0]) + sigmoid(gate[1]) * math.tanh(gate[3])
                hidden[i] = sigmoid(gate[2]) * math.tanh(cell[i])
            x = hidden
        guess = [v * z[extra + b + i] + z[extra + 2 * b + i] for i, v in enumerate(x)]
        log_sum = math.log(sum(map(math.exp, guess)) + 2)
        total += sum(t * (g - log_sum) for t, g in zip(then, guess))
    return -total / ((len(text) - 1) * b)


def cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def rotated(axis, x):
    """About the axis, by its length."""
    angle = math.sqrt(sum(v * v for v in axis))
    if angle == 0:
        return [u + v for u, v in zip(x, cross(axis, x))]
    n = [v / angle for v in axis]
    along = sum(u * v for u, v in zip(n, x)) * (1 - math.cos(angle))
    return [v * math.cos(angle) + c * math.sin(angle) + u * along for v, c, u in zip(x, cross(n, x), n)]


def ba(z, of):
    """Two errors of an observation, by camera, point and weight."""
    x = rotated(z[:3], [p - c for p, c in zip(z[11:14], z[3:6])])
    u, v = x[0] / x[2], x[1] / x[2]
    square = u * u + v * v
    scale = (1 + z[9] * square + z[10] * square ** 2) * z[6]
    return [z[14] * (a * scale + z[7 + i] - of["feat"][i]) for i, a in enumerate((u, v))]


def product(a, b):
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


def bend(about_x, about_z):
    cx, sx, cz, sz = math.cos(about_x), math.sin(about_x), math.cos(about_z), math.sin(about_z)
    return product([[cz, -sz, 0, 0], [sz, cz, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
                   [[1, 0, 0, 0], [0, cx, -sx, 0], [0, sx, cx, 0], [0, 0, 0, 1]])


def surface(pose, model):
    turns = {}
    for finger in range(5):
        a = pose[6 + 4 * finger:]
        for joint, (x, z) in enumerate(((a[0], a[1]), (a[2], 0), (a[3], 0))):
            turns[2 + 4 * finger + joint] = bend(x, z)
    absolute, moved = [], [[0.0] * 3 for _ in model["base_positions"]]
    for i, parent in enumerate(model["parents"]):
        m = product(model["base_relatives"][i], turns.get(i, bend(0, 0)))
        absolute.append(product(absolute[parent], m) if parent >= 0 else m)
        move = product(absolute[i], model["inverse_base_absolutes"][i])
        for k, (p, w) in enumerate(zip(model["base_positions"], model["weights"])):
            for j in range(3):
                moved[k][j] += w[i] * sum(a * b for a, b in zip(move[j], p))
    return [[v + t for v, t in zip(rotated(pose[:3], p), pose[3:6])] for p in moved]


def ht(pose, of, us=None):
    """All errors, by the pose; us: pairs that replace those of the input."""
    data, out = of["data"], []
    points = surface(pose, data["model"])
    us = us or of["us"]
    for i, (at, p) in enumerate(zip(data["correspondences"], data["points"])):
        hand = points[at]
        if us:
            (u, v), t = us[i], data["model"]["triangles"][at]
            hand = [u * a + v * b + (1 - u - v) * c for a, b, c in zip(*(points[k] for k in t))]
        out += [a - b for a, b in zip(p, hand)]
    return out
