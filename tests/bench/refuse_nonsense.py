#!/usr/bin/env python3
"""Benchmarks refuse nonsense before they measure anything: a clear message, a status that is not 0.

Usage: refuse_nonsense.py SOURCE_ROOT BENCH_OPS BENCH_GEMM

The other programs take their arguments by the same function. A folder of CoDiPack that is not there
is refused when the build is configured.
"""
import os
import subprocess
import sys
import tempfile

root, ops, gemm = sys.argv[1:]
peers = [sys.executable, os.path.join(root, "tests", "bench", "peers.py")]


def configure(folder):
    return ["meson", "setup", os.path.join(folder, "build"), root, "-Dcodipack=/not/there"]


def cases(folder):
    """Command, and the words that its message must have."""
    for program in (ops, gemm):
        yield [program, "no_such_work"], ["no_such_work", "usage"]
        yield [program, "--nonsense"], ["--nonsense", "usage"]
        yield [program, "--rounds"], ["rounds", "usage"]
        for number in ("0", "-3", "1000000000000", "99999999999999999999999", "x", "3x", ""):
            yield [program, "--rounds", number], ["rounds", number, "usage"]
            yield [program, "--quick", "--rounds", number], ["rounds", number, "usage"]
    for number in ("0", "-3", "1000000000", "x"):
        yield [gemm, "--threads", number], ["threads", "256"]
    for number in ("0", "-3", "1000000000000", "x"):
        yield [*peers, folder, "--rounds", number], ["--rounds"]
    yield [*peers, folder, "no_such_work"], ["no_such_work", "tiny"]
    yield [*peers, "/not/there", "tiny"], ["/not/there"]
    yield configure(folder), ["/not/there", "codi.hpp"]


def main():
    count, failures = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for command, words in cases(folder):
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
            said = done.stdout + done.stderr
            missing = [w for w in words if w not in said]
            count += 1
            if done.returncode == 0 or "bench " in done.stdout or missing:
                failures += 1
                print(f"{command}: status {done.returncode}, not said: {missing}\n{said}")
    print(f"{count} refused, {failures} not")
    sys.exit(failures > 0)


main()
