"""Ranks that are processes of MPI: the same bits on any number, faults that end, jobs that are killed.

Usage: run.py MPIRUN (--train PROGRAM | --digits PROGRAM | --examples PROGRAM)

TAP on standard output. The machine may have fewer processors than there are ranks; as root OpenMPI asks to be told
that this is meant.
"""
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

MPIRUN, WHAT, PROGRAM = sys.argv[1:]
OPEN_MPI = "Open MPI" in subprocess.run([MPIRUN, "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
OPTIONS = ["--oversubscribe", *(["--allow-run-as-root"] if os.getuid() == 0 else []),
           # one machine: no network, and ranks that wait let others run
           "--mca", "btl", "self,vader", "--mca", "mpi_yield_when_idle", "1", "--mca", "btl_vader_single_copy_mechanism",
           "none"] if OPEN_MPI else []
DEADLINE = 120


def job(ranks, program, *arguments):
    """(status, what was printed) of a job."""
    try:
        done = subprocess.run([MPIRUN, *OPTIONS, "-n", str(ranks), program, *map(str, arguments)], timeout=DEADLINE,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        return -1, "hangs"


def train(ranks, *arguments):
    return job(ranks, PROGRAM, *arguments)


# ---- tests: each yields what is wrong ----

def any_number_of_ranks_gives_the_same_bits():
    alone = train(1)
    if alone[0] != 0:
        yield f"alone: {alone}"
    for ranks in (2, 3, 4, 8):
        if train(ranks) != alone:
            yield f"{ranks} ranks: {train(ranks)}, not {alone}"
    for ranks in (1, 3, 4):
        if train(ranks, "--split") != alone:
            yield f"{ranks} ranks with a split state differ"


def a_rank_that_is_late_ends_the_job_on_all():
    begin = time.monotonic()
    status, text = train(3, "--late", 1, "--patience", 1)
    if status == 0 or text.count("another rank did not come in time") < 2 or "rank 1 has not come" not in text:
        yield f"{status}: {text}"
    if time.monotonic() - begin > 60:
        yield "it took too long"


def a_rank_with_another_net_is_found_by_all():
    status, text = train(4, "--other", 2)
    if status == 0 or text.count("ranks differ where they must be the same") != 4:
        yield f"{status}: {text}"


def a_job_that_is_killed_at_random_steps_ends_with_the_bits_of_one_that_is_not():
    draw = random.Random(11)
    for split in ([], ["--split"]):
        _, whole = train(2, *split)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "checkpoint.safetensors"
            arguments = [*split, "--save", file, "--resume"]
            died = 0
            for _ in range(3):
                ranks = draw.choice([2, 3, 4])
                died += train(ranks, *arguments, "--die", draw.randrange(12), draw.randrange(ranks))[0] != 0
            status, text = train(draw.choice([1, 2, 3]), *arguments)
            if not died:
                yield "no job was killed"
            # one that is resumed at its end has no loss to print
            bits = lambda t: re.search(r"parameters \w+", t)
            if status != 0 or not bits(text) or bits(text)[0] != bits(whole)[0]:
                yield f"{status}: {text}, not {whole}"


def digits_learns_the_same_on_four_ranks():
    written = []
    for ranks in (1, 4):
        with tempfile.TemporaryDirectory() as folder:
            status, text = job(ranks, PROGRAM, "--epochs", 5, "--no-check", "--shards", 4, "--out", folder)
            if status != 0 or len(re.findall("final accuracy", text)) != 1:
                yield f"{ranks} ranks: {status}: {text}"
                return
            written.append((pathlib.Path(folder) / "history.csv").read_bytes())
    if written[0] != written[1]:
        yield "the histories differ"


def the_examples_are_right_on_any_number_of_ranks():
    for ranks in (1, 2):
        status, text = job(ranks, PROGRAM)
        if status != 0 or len(re.findall(", 0 failures", text)) != ranks:
            yield f"{ranks} ranks: {status}: {text}"


TESTS = {"--train": [any_number_of_ranks_gives_the_same_bits, a_rank_that_is_late_ends_the_job_on_all,
                     a_rank_with_another_net_is_found_by_all,
                     a_job_that_is_killed_at_random_steps_ends_with_the_bits_of_one_that_is_not],
         "--digits": [digits_learns_the_same_on_four_ranks],
         "--examples": [the_examples_are_right_on_any_number_of_ranks]}[WHAT]


def main():
    print(f"1..{len(TESTS)}")
    for i, test in enumerate(TESTS, 1):
        wrong = list(test())
        for line in wrong:
            print("# " + line.replace("\n", "\n# "))
        print(f"{'not ok' if wrong else 'ok'} {i} {test.__name__}", flush=True)


main()
