#!/usr/bin/env python3
"""Runs tad's benchmarks beside PyTorch and NumPy, in turns, and prints the same lines.

    peers.py BUILD [--rounds N] [--core-type NAME] [--malloc] [NAME ...]

BUILD is a build folder with tests/bench built (meson test --benchmark does). Each peer runs twice,
in a process of its own: as installed, and tuned, with its BLAS told the CPU and AVX-512 loops
allowed (OPENBLAS_CORETYPE, by default after the CPU's features; ATEN_CPU_CAPABILITY). --malloc tells the C
library to keep freed memory as well. Peers that cannot be imported are left out. One thread each.
Pin it to one core: taskset -c 0 peers.py build. The same file is the peers' process (--worker).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

# Work: program, and the limits "tad at least so many times as fast as this peer".
WORKS = {
    "net_f32": ("train", {"torch": 5, "torch_tuned": 2}),
    "net_f64": ("train", {}),
    "wide_adam": ("train", {"torch_tuned": 1 / 0.65}),
    "large": ("train", {}),
    "tiny": ("train", {"torch": 20}),
    "chain_1": ("ops", {}),
    "chain_64": ("ops", {}),
    **{f"{kind}_{n}": ("models", {"torch_tuned": 1 / 0.8}) for kind in ("attention", "causal") for n in (128, 1024, 4096)},
    "gpt": ("models", {"torch_tuned": 1 / 0.75}),
    "lenet": ("models", {"torch_tuned": 1 / 0.75}),
    "lstm": ("models", {"torch_tuned": 1 / 0.8}),
    "sigmoid": ("memory", {"torch_tuned": 1 / 0.7}),
    "relu": ("memory", {"torch_tuned": 1 / 0.7}),
    "layer_norm": ("memory", {"torch_tuned": 1 / 0.7}),
    "cross_entropy": ("memory", {"torch_tuned": 1 / 0.35}),
    "bias_add": ("memory", {"torch_tuned": 1 / 0.7}),
    "sum": ("memory", {"torch_tuned": 1 / 0.7}),
    "ten": ("fused", {"torch_tuned": 1 / 0.4}),
    "ten_mean": ("fused", {"torch_tuned": 1 / 0.4}),
    "ten_rows": ("fused", {"torch_tuned": 1 / 0.4}),
}
SECONDS = {"ns/op": 1e-9, "us/step": 1e-6, "us": 1e-6}
ADDS = 1000

# ---- the peers' side: each function returns a step to be timed and how many ops it has ----


def torch_net(sizes, batch, batches, adam, lr, double=False):
    import torch
    dtype = torch.float64 if double else torch.float32
    torch.manual_seed(0)
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(a, b, dtype=dtype), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    x = torch.rand(batches, batch, sizes[0], dtype=dtype)
    if sizes[-1] > 1:
        y, loss = torch.randint(0, sizes[-1], (batches, batch)), torch.nn.CrossEntropyLoss()
    else:
        y, loss = torch.randint(0, 2, (batches, batch, 1)).to(dtype), torch.nn.BCEWithLogitsLoss()
    params = net.parameters()
    optim = torch.optim.Adam(params, lr, foreach=True) if adam else torch.optim.SGD(params, lr)
    turn = [0]

    def step():
        i = turn[0] = (turn[0] + 1) % batches
        optim.zero_grad(set_to_none=True)
        loss(net(x[i]), y[i]).backward()
        optim.step()
    return step, 1


def torch_chain(elements):
    import torch
    a = torch.zeros(elements, requires_grad=True)
    b = torch.ones(elements)

    def step():
        x = a
        for _ in range(ADDS):
            x = x + b
        x.backward(torch.ones_like(x))
        a.grad = None
    return step, ADDS


def ten(x, c):
    """The ops of bench_fused."""
    return -((((x * c + 0.5).square() + x) * 0.25).relu() + 1).sqrt().sub(c)


def torch_memory(name):
    import torch
    n = 1024
    torch.manual_seed(0)
    x = torch.randn(n, n, requires_grad=name != "bias_add")
    g, ones, labels = torch.randn(n, n), torch.ones(n), torch.randint(0, n, (n,))
    weight, bias = torch.ones(n, requires_grad=True), torch.randn(n, requires_grad=True)
    forward = {
        "sigmoid": lambda: torch.sigmoid(x),
        "relu": lambda: torch.relu(x),
        "layer_norm": lambda: torch.nn.functional.layer_norm(x, (n,), weight, bias),
        "cross_entropy": lambda: torch.nn.functional.cross_entropy(x, labels),
        "bias_add": lambda: x + bias,
        "sum": lambda: x.sum(),
        "ten": lambda: ten(x, g),
        "ten_mean": lambda: ten(x, g).mean(),
        "ten_rows": lambda: ten(x, g).mean(1),
    }[name]

    def step():
        y = forward()
        y.backward({0: None, 1: ones, 2: g}[y.dim()])
        x.grad = weight.grad = bias.grad = None
    return step, 1


def torch_attention(places, causal):
    import torch
    heads, width = 64 * 128 // places, 32
    torch.manual_seed(0)
    x = torch.randn(3, heads, places, width, requires_grad=True)
    g = torch.randn(heads, places, width)
    hidden = torch.triu(torch.ones(places, places, dtype=torch.bool), 1)
    ready = getattr(torch.nn.functional, "scaled_dot_product_attention", None)  # since 2.0

    def by_hand():
        scores = torch.bmm(x[0], x[1].transpose(1, 2)) / width ** 0.5
        if causal:
            scores = scores.masked_fill(hidden, float("-inf"))
        return torch.bmm(torch.softmax(scores, -1), x[2])

    def step():
        y = ready(x[0], x[1], x[2], is_causal=causal) if ready else by_hand()
        y.backward(g)
        x.grad = None
    return step, 1


def torch_gpt():
    """The blocks of bench_models, with learnt positions in the place of rotary ones."""
    import torch
    width, places, sequences, characters = 128, 128, 16, 96
    torch.manual_seed(0)
    nn = torch.nn
    embed, place = nn.Embedding(characters, width), nn.Parameter(torch.randn(places, width))
    blocks = [nn.TransformerEncoderLayer(width, 4, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True)
              for _ in range(4)]
    norm, head = nn.LayerNorm(width), nn.Linear(width, characters)
    hidden = torch.triu(torch.full((places, places), float("-inf")), 1)
    x = torch.randint(0, characters, (sequences, places))
    labels = torch.randint(0, characters, (sequences * places,))
    parts = nn.ModuleList([embed, *blocks, norm, head])
    optim = torch.optim.AdamW([*parts.parameters(), place], 1e-3, foreach=True)

    def step():
        optim.zero_grad(set_to_none=True)
        y = embed(x) + place
        for block in blocks:
            y = block(y, hidden)
        nn.functional.cross_entropy(head(norm(y)).reshape(-1, characters), labels).backward()
        optim.step()
    return step, 1


def torch_lenet():
    import torch
    torch.manual_seed(0)
    nn = torch.nn
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    x, labels = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    optim = torch.optim.SGD(net.parameters(), 0.1, foreach=True)

    def step():
        optim.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(net(x), labels).backward()
        optim.step()
    return step, 1


def torch_lstm():
    import torch
    torch.manual_seed(0)
    net = torch.nn.LSTM(128, 128, 2)
    x, g = torch.randn(64, 32, 128), torch.randn(64, 32, 128)

    def step():
        net.zero_grad(set_to_none=True)
        net(x)[0].backward(g)
    return step, 1


def numpy_net(dtype):
    """784-50-10 with softmax cross-entropy, the gradients written by hand."""
    import numpy
    random = numpy.random.default_rng(0)
    batches, batch, lr = 50, 100, dtype(0.1)
    x = random.random((batches, batch, 784)).astype(dtype)
    labels, rows = random.integers(0, 10, (batches, batch)), numpy.arange(batch)
    w1, w2 = (random.normal(0, 0.01, s).astype(dtype) for s in ((784, 50), (50, 10)))
    b1, b2 = numpy.zeros(50, dtype), numpy.zeros(10, dtype)
    turn = [0]

    def step():
        i = turn[0] = (turn[0] + 1) % batches
        hidden = numpy.maximum(x[i] @ w1 + b1, 0)
        logits = hidden @ w2 + b2
        d = numpy.exp(logits - logits.max(1, keepdims=True))
        d /= d.sum(1, keepdims=True)
        d[rows, labels[i]] -= 1
        d *= lr / dtype(batch)
        dh = (d @ w2.T) * (hidden > 0)
        gradients = hidden.T @ d, d.sum(0), x[i].T @ dh, dh.sum(0)
        for param, gradient in zip((w2, b2, w1, b1), gradients):
            param -= gradient
    return step, 1


def make(peer, name):
    if peer == "numpy":
        import numpy
        nets = {"net_f32": numpy.float32, "net_f64": numpy.float64}
        return numpy_net(nets[name]) if name in nets else None
    import torch
    torch.set_num_threads(1)
    nets = {
        "net_f32": ([784, 50, 10], 100, 100, False, 0.1),
        "net_f64": ([784, 50, 10], 100, 50, False, 0.1, True),
        "wide_adam": ([784, 512, 512, 10], 128, 50, True, 0.001),
        "large": ([4096, 4096, 4096], 256, 1, False, 0.01),
        "tiny": ([2, 16, 16, 1], 100, 1, False, 0.1),
    }
    if name in nets:
        return torch_net(*nets[name])
    if name == "gpt":
        return torch_gpt()
    if name == "lenet":
        return torch_lenet()
    if name == "lstm":
        return torch_lstm()
    if name.startswith(("attention_", "causal_")):
        kind, places = name.split("_")
        return torch_attention(int(places), kind == "causal")
    if name.startswith("chain_"):
        return torch_chain(int(name[len("chain_"):]))
    return torch_memory(name)


def timed(step, seconds):
    """Median processor time of a call, over calls that take about so many seconds."""
    times, start = [], time.process_time()
    while len(times) < 3 or time.process_time() - start < seconds:
        before = time.process_time()
        step()
        times.append(time.process_time() - before)
    return statistics.median(times)


def worker(peer):
    """Answers each line NAME with the seconds per op, or null where the peer does not do NAME."""
    __import__(peer)
    print("ready", flush=True)
    made = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in made:
            made.clear()
            made[name] = make(peer, name)
            if made[name]:
                timed(made[name][0], 0.1)
        step = made[name]
        print(json.dumps(timed(step[0], 0.2) / step[1] if step else None), flush=True)


# ---- tad's side ----


def cpu_flags():
    try:
        with open("/proc/cpuinfo") as f:
            return f.read().split()
    except OSError:
        return []


def core_type():
    """What OpenBLAS calls the best kernels that this CPU can run, by its features."""
    flags = cpu_flags()
    return "SkylakeX" if "avx512dq" in flags else "Haswell" if "avx2" in flags else None


class Peer:
    def __init__(self, module, extra):
        env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", **extra)
        self.process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--worker", module], env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.works = self.process.stdout.readline() == "ready\n"

    def time(self, name):
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def start_peers(options):
    tuned = {"ATEN_CPU_CAPABILITY": "avx512"} if "avx512dq" in cpu_flags() else {}
    if options.core_type:
        tuned["OPENBLAS_CORETYPE"] = options.core_type
    if options.malloc:
        tuned.update(MALLOC_MMAP_THRESHOLD_="33554432", MALLOC_TRIM_THRESHOLD_="1073741824")
    peers = {}
    for module in ("torch", "numpy"):
        for suffix, extra in (("", {}), ("_tuned", tuned)):
            peer = Peer(module, extra)
            if peer.works:
                peers[module + suffix] = peer
            else:
                print(f"{module}: cannot be imported by {sys.executable}, left out",
                      file=sys.stderr)
                break
    return peers


def check_program(build, name):
    program = os.path.join(build, "tests", "bench", "bench_" + WORKS[name][0])
    if not os.path.exists(program):
        sys.exit(f"peers.py: there is no {program}; meson test --benchmark -C {build} builds it")
    return program


def time_tad(build, name):
    """Seconds per op of the line that bench_PROGRAM prints for this work."""
    program = check_program(build, name)
    lines = subprocess.run([program, "--quick", name], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    for line in lines:
        words = line.split()
        if words[:1] == ["bench"] and words[1] in (name, name + "_tad") and words[3] in SECONDS:
            return float(words[2]) * SECONDS[words[3]], words[3]
    sys.exit(f"peers.py: bench_{WORKS[name][0]} printed no line for {name}")


def bench_line(name, times, unit, ratio, base):
    low, median, high = (f(times) / SECONDS[unit] for f in (min, statistics.median, max))
    print(f"bench {name} {median:.4g} {unit} ({low:.4g} .. {high:.4g}) ratio {ratio:.3f} vs {base}",
          flush=True)


def compare(name, peers, options):
    tad, theirs, unit = [], {p: [] for p in peers}, None
    for _ in range(options.rounds):
        seconds, unit = time_tad(options.build, name)
        tad.append(seconds)
        for p in peers:
            theirs[p].append(peers[p].time(name))
    for p, times in theirs.items():
        if times[0] is None:
            continue
        ratio = statistics.median(t / mine for t, mine in zip(times, tad))
        bench_line(f"{name}_tad", tad, unit, ratio, p)
        bench_line(f"{name}_{p}", times, unit, 1 / ratio, "tad")
        if p in WORKS[name][1]:
            limit = WORKS[name][1][p]
            print(f"target {name}_times_as_fast_as_{p} {ratio:.3g} at least {limit:.3g}: "
                  f"{'met' if ratio >= limit else 'missed'}", flush=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core-type", default=core_type())
    parser.add_argument("--malloc", action="store_true")
    options = parser.parse_intermixed_args()
    if not 1 <= options.rounds <= 101:
        parser.error("--rounds must be 1 to 101")
    for name in options.names:
        if name not in WORKS:
            parser.error(f"no work {name!r}; there are {' '.join(WORKS)}")
    for name in options.names or WORKS:
        check_program(options.build, name)
    peers = start_peers(options)
    if not peers:
        sys.exit("peers.py: neither PyTorch nor NumPy is here; nothing to compare with")
    for name in options.names or WORKS:
        compare(name, peers, options)
    for peer in peers.values():
        peer.process.stdin.close()
        peer.process.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2])
    else:
        main()
