"""What a call costs from Python, beside PyTorch where there is one: microseconds of processor time, the
best of many.

Usage: PYTHONPATH=build/src/bind/python python3 tests/python/bench.py
"""
import time

import numpy as np

import tad

A, M = np.array([1.0, 2.0, 3.0, 4.0]), np.ones((4, 4))
CALLS = {
    "x * y": lambda m, x, y, w: x * y,
    "x + 1.0": lambda m, x, y, w: x + 1.0,
    "sin(x)": lambda m, x, y, w: m.sin(x),
    "w @ x": lambda m, x, y, w: w @ x,
    "sum(x)": lambda m, x, y, w: m.sum(x),
    "sum(w, 0)": lambda m, x, y, w: m.sum(w, 0),
    "softmax(w, 1)": lambda m, x, y, w: m.softmax(w, 1),
    "reshape(w, (2, 8))": lambda m, x, y, w: m.reshape(w, (2, 8)),
    "x[1:3]": lambda m, x, y, w: x[1:3],
    "w[0]": lambda m, x, y, w: w[0],
}


def best(call, forget=lambda: None, calls=2000, tries=50):
    found = []
    for _ in range(tries):
        start = time.thread_time()
        for _ in range(calls):
            call()
        found.append(time.thread_time() - start)
        forget()
    return min(found) / calls * 1e6


def with_torch():
    try:
        import torch
    except ImportError:
        return None, None
    torch.set_num_threads(1)
    return torch, [torch.tensor(a, requires_grad=True) for a in (A, A, M)]


def main():
    x = [tad.array(a) for a in (A, A, M)]
    start = tad.mark()
    torch, t = with_torch()
    print(f"{'':20}{'tad':>8}{'PyTorch':>10}{'ratio':>8}")
    for name, call in CALLS.items():
        ours = best(lambda: call(tad, *x), start.rewind)
        theirs = best(lambda: call(torch, *t)) if torch else float("nan")
        print(f"{name:20}{ours:8.2f}{theirs:10.2f}{ours / theirs:8.2f}")
    gradient = tad.grad(lambda x: tad.sum(tad.sin(x) * x))
    print(f"{'grad(f)(x)':20}{best(lambda: gradient(A), calls=200):8.2f}")


if __name__ == "__main__":
    main()
