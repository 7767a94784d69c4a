"""What a call costs from Python, beside PyTorch where there is one: microseconds of processor time, the
best of many, by turns, so that both see the machine as it is.

Usage: PYTHONPATH=build/src/bind/python python3 tests/python/bench.py
"""
import time
import timeit

import numpy as np

import tad

A, M = np.array([1.0, 2.0, 3.0, 4.0]), np.ones((4, 4))
CALLS = ["x * y", "x + 1.0", "m.sin(x)", "w @ x", "m.sum(x)", "m.sum(w, 0)", "m.softmax(w, 1)",
         "m.reshape(w, (2, 8))", "m.transpose(w, 0, 1)", "m.permute(w, (1, 0))", "m.concat([w, w])", "x[1:3]",
         "w[0]", "w[1:, 0]"]
CALLED, TRIES = 2000, 60


def timer(call, m, x, y, w):
    """Of the call with a module's variables."""
    return timeit.Timer(call, timer=time.thread_time, globals={"m": m, "x": x, "y": y, "w": w})


def best(timers, forget):
    """Of each timer, by turns."""
    found = [[] for _ in timers]
    for _ in range(TRIES):
        for one, times in zip(timers, found):
            times.append(one.timeit(CALLED))
            forget()
    return [min(times) / CALLED * 1e6 for times in found]


def with_torch():
    try:
        import torch
    except ImportError:
        return []
    torch.set_num_threads(1)
    return [(torch, *(torch.tensor(a, requires_grad=True) for a in (A, A, M)))]


def main():
    modules = [(tad, *(tad.array(a) for a in (A, A, M))), *with_torch()]
    forget = tad.mark().rewind
    print(f"{'':24}{'tad':>8}{'PyTorch':>10}{'ratio':>8}")
    for call in CALLS:
        ours, *theirs = best([timer(call, *module) for module in modules], forget)
        beside = "".join(f"{t:10.2f}{ours / t:8.3f}" for t in theirs)
        print(f"{call:24}{ours:8.2f}{beside}")
    gradient = tad.grad(lambda x: tad.sum(tad.sin(x) * x))
    ours = best([timeit.Timer(lambda: gradient(A), timer=time.thread_time)], forget)[0]
    print(f"{'grad(f)(x)':24}{ours:8.2f}")


if __name__ == "__main__":
    main()
