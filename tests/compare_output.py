"""Runs a program and compares what it prints with a stored text.

Usage: compare_output.py EXPECTED PROGRAM [ARGUMENT...]

Compared word by word, spaces not counted. Two numbers are equal when they differ by at most 1e-6 of
the larger, or both are below 1e-12: last digits depend on the machine (fused multiply-add, other
vector widths). What depends on more than that is written in the stored text as

    ...     any word; at the end of a line any rest; alone on a line any number of lines
    >=0.95  a number at least so large; <= likewise

The program runs in an empty folder and must end with status 0. To store
anew: run it, and look at the difference with care.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|inf|nan)")


def same_number(a, b):
    a, b = float(a), float(b)
    return a == b or abs(a - b) <= 1e-6 * max(abs(a), abs(b)) or max(abs(a), abs(b)) < 1e-12


def same_word(expected, got):
    if expected == "..." or expected == got:
        return True
    bound = re.fullmatch(rf"([<>])=({NUMBER.pattern})(\W?)", expected)
    if bound:
        number = re.fullmatch(rf"({NUMBER.pattern})(\W?)", got)
        if not number or number[2] != bound[3]:
            return False
        above = float(number[1]) - float(bound[2])
        return above >= 0 if bound[1] == ">" else above <= 0
    if NUMBER.sub("#", expected) != NUMBER.sub("#", got):
        return False
    return all(map(same_number, NUMBER.findall(expected), NUMBER.findall(got)))


def same_line(expected, got):
    expected, got = expected.split(), got.split()
    if expected and expected[-1] == "...":
        expected.pop()
        got = got[: len(expected)]
    return len(expected) == len(got) and all(map(same_word, expected, got))


def difference(expected, got):
    """The first place where the texts part, in words; None if there is none."""
    e = g = 0
    while e < len(expected):
        if expected[e].strip() == "...":
            e += 1
            if e == len(expected):
                return None
            while g < len(got) and not same_line(expected[e], got[g]):
                g += 1
        if g >= len(got):
            return f"line {e + 1} is missing: {expected[e]}"
        if not same_line(expected[e], got[g]):
            return f"line {e + 1}\n  expected: {expected[e]}\n  got:      {got[g]}"
        e, g = e + 1, g + 1
    return f"more than expected: {got[g]}" if g < len(got) else None


def main(stored, command):
    wrapper = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))  # an emulator, in some builds
    command = wrapper + [os.path.abspath(command[0])] + command[1:]
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, text=True, errors="replace",
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    with open(stored, encoding="utf-8") as file:
        found = difference(file.read().splitlines(), run.stdout.splitlines())
    if run.returncode == 0 and not found:
        return 0
    print(run.stdout, run.stderr, sep="")
    print(f"exit status {run.returncode}" if run.returncode else f"{stored}, {found}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
