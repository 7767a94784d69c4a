"""TAD_TEST runs tests of a program by their names, and rounds of loops: see support.h.

Usage: check_one_test.py build/tests/test_groups
"""
import os
import subprocess
import sys

SINGLE, LOOP = "rows_on_one_shape_run_together", "a_part_of_a_group_is_read_afterwards"  # of 5 rounds
# What is asked for, and what runs.
WANTED = {
    SINGLE: [SINGLE],
    LOOP: [LOOP] * 5,
    f"{LOOP}:0": [LOOP],
    f"{LOOP}:1-2,{SINGLE}": [SINGLE, LOOP, LOOP],
    f"{LOOP}:3-9": [LOOP] * 2,
    f"{LOOP}:5": [],
    f"{LOOP}:2-1": [],
    SINGLE[:-1]: [],
    SINGLE + "s": [],
    "": [],
}


def run(program, wanted):
    env = dict(os.environ, TAD_TEST=wanted, CK_VERBOSITY="silent", CK_TAP_LOG_FILE_NAME="-")
    done = subprocess.run([program], env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


def main(program):
    wrong = 0
    for wanted, expected in WANTED.items():
        status, lines = run(program, wanted)
        ran = [line.split(":")[2] for line in lines if line.startswith("ok")]
        if ran != expected or (status == 0) != bool(expected):
            print(f"TAD_TEST={wanted} runs {ran}, status {status}")
            wrong += 1
    listed = run(program, "?")[1]
    if f"{SINGLE}:0-0" not in listed or f"{LOOP}:0-4" not in listed:
        print(f"TAD_TEST=? says {listed}")
        wrong += 1
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
