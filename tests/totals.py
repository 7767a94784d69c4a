"""Adds up what the test programs of a meson run counted: the last line of tests/run.

Usage: totals.py testlog.json... A program that names its cases (Check's, in the TAP format), or says how
many it had ("12 passed, 0 failed, 3 skipped" alone on a line), counts with these, any other as one.
Fails when anything failed or nothing ran.
"""
import json
import re
import sys

TAP = re.compile(r"^(not )?ok \d+\b(.*# SKIP)?", re.M | re.I)
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


def count(test):
    """(passed, failed, skipped) of one program."""
    text = test.get("stdout", "")
    passed = failed = skipped = 0
    for bad, left in TAP.findall(text):
        if left:
            skipped += 1
        elif bad:
            failed += 1
        else:
            passed += 1
    for good, bad, left in PLAIN.findall(text):
        passed, failed, skipped = passed + int(good), failed + int(bad), skipped + int(left or 0)
    counted = passed + failed + skipped > 0
    if test["result"] == "SKIP" and not counted:
        return 0, 0, 1
    if test["result"] not in ("OK", "EXPECTEDFAIL", "SKIP"):
        return passed, max(failed, 1), skipped  # died before, or beside, what it counted
    return (passed, failed, skipped) if counted else (1, 0, 0)


def read(path):
    try:
        with open(path, encoding="utf-8") as log:
            return [json.loads(line) for line in log if line.strip()]
    except OSError:
        return []


def main(paths):
    tests = [test for path in paths for test in read(path)]
    passed, failed, skipped = (sum(column) for column in zip(*map(count, tests), (0, 0, 0)))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
