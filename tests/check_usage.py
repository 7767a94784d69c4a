"""A program refuses arguments that mean nothing, each in a run of its own.

Usage: check_usage.py PROGRAM ARGUMENT...
"""
import subprocess
import sys


def main(program, arguments):
    failed = 0
    for argument in arguments:
        run = subprocess.run([program, argument], stderr=subprocess.PIPE, text=True, timeout=60)
        if run.returncode != 2 or argument not in run.stderr:
            print(f"{program} {argument}: exit status {run.returncode}, it said: {run.stderr}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
