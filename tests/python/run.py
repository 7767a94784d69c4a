"""Runs the tests of the Python module with pytest, and says how many there were as the other tests do.

Usage: run.py FOLDER [ARGUMENT OF PYTEST...]   (PYTHONPATH has the module)
"""
import sys

try:
    import pytest
except ImportError:
    print("skipped: there is no pytest (Debian: python3-pytest)")
    sys.exit(77)


class Count:
    """Tests by outcome."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            self.skipped += 1
        elif report.failed:
            self.failed += 1
        elif report.when == "call":
            self.passed += 1


def main(arguments):
    count = Count()
    status = pytest.main(["-q", "-p", "no:cacheprovider", *arguments], plugins=[count])
    print(f"\n{count.passed} passed, {count.failed} failed, {count.skipped} skipped")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
