"""The model of docs/scale.md: what a training step takes on n ranks.

Usage: scale.py [--latency US] [--message US] [--bandwidth GB_S] [--check ONE_RANK_MS TWO_RANKS_MS PARAMS]

Without --check prints the efficiency of three nets on 8 to 1024 ranks of two networks, each rank with the work of one
alone. With --check says what two ranks should take that share the work of one, beside what they were measured to take
(bench_dist prints both, and the latency and bandwidth to give).
"""
import argparse

# name: (parameters, ms of one rank's sweeps, ms of its optimiser and of copying gradients): measured, see docs/scale.md
NETS = {"digits 784-50-10": (39760, 0.15, 0.03), "wide 784-512-512-10": (669706, 4.4, 0.55),
        "character transformer": (826944, 142.0, 0.7)}
# name: (latency us, us of a message's own, GB/s)
NETWORKS = {"10 Gb/s Ethernet": (30, 2, 1.1), "200 Gb/s InfiniBand": (2, 0.5, 20)}
RANKS = (2, 8, 64, 256, 1024)
BUCKET = 1 << 20
REVERSE = 2 / 3  # of a sweep's time, in which sums are sent


def exchange(ranks, size, network):
    """Seconds in which each rank sends every other a part, `size` bytes in all."""
    latency, message, bandwidth = network
    return latency * 1e-6 + (ranks - 1) * message * 1e-6 + (ranks - 1) / ranks * size / (bandwidth * 1e9)


def step(ranks, params, sweep, optimiser, network):
    """Seconds: the sweep, what of the sums it does not hide, the shared sums, the two small exchanges, the optimiser."""
    if ranks == 1:
        return sweep + optimiser
    size = 4 * int(params)
    buckets = max(1, -(-size // BUCKET))
    sums = sum(exchange(ranks, size / buckets, network) for _ in range(buckets))
    hidden = min(sums * (buckets - 1) / buckets, REVERSE * sweep)
    return sweep + sums - hidden + sums + 3 * exchange(ranks, 256, network) + optimiser


def table():
    for name, network in NETWORKS.items():
        print(f"\n| {name} | {' | '.join(map(str, RANKS))} |\n|---|{'---|' * len(RANKS)}")
        for net, (params, sweep, optimiser) in NETS.items():
            alone = step(1, params, sweep * 1e-3, optimiser * 1e-3, network)
            cells = [f"{alone / step(n, params, sweep * 1e-3, optimiser * 1e-3, network):.2f}" for n in RANKS]
            print(f"| {net} | {' | '.join(cells)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--latency", type=float, default=5)
    parser.add_argument("--message", type=float, default=1)
    parser.add_argument("--bandwidth", type=float, default=4)
    parser.add_argument("--check", nargs=3, type=float, metavar=("ONE_MS", "TWO_MS", "PARAMS"))
    asked = parser.parse_args()
    if not asked.check:
        table()
        return
    one, two, params = asked.check
    network = (asked.latency, asked.message, asked.bandwidth)
    optimiser = 0.12 * one  # both ranks copy and step all parameters
    expected = step(2, params, (one - optimiser) / 2 * 1e-3, optimiser * 1e-3, network) * 1e3
    print(f"two ranks: {expected:.2f} ms expected, {two:.2f} measured, {two / expected:.2f} times that")


main()
