"""Which tests run which lines: measured once, by gcov, so that a mutant meets only tests that can see it."""
import collections
import json
import os
import re
import shutil
import subprocess

from . import build


def run_covered(plain, name, covered, base, seconds):
    """Runs a program with the library that counts, in the folder `covered`. Returns whether it passed, the
    processor time, and {path: {line: was it run}} of all files."""
    # The program writes its counts below a folder of its own; gcov wants the notes beside them.
    folder = base / name
    counts = folder / str(covered).lstrip("/")
    passed, took = plain.run(name, covered, seconds, GCOV_PREFIX=str(folder))
    found = collections.defaultdict(dict)
    files = [str(p.relative_to(counts)) for p in counts.rglob("*.gcda")]
    for file in files:
        note = file[: -len("gcda")] + "gcno"
        os.link(covered / note, counts / note)
    if files:
        run = subprocess.run(["gcov", "--json-format", "--stdout", *files], cwd=counts, capture_output=True,
                             text=True, check=False)
        for text in run.stdout.splitlines():
            for file in json.loads(text)["files"] if text.startswith("{") else []:
                path = re.sub(r"^(\.\./)+", "", os.path.normpath(file["file"]))
                for line in file["lines"] if path.startswith(("src/", "include/")) else []:
                    at = line["line_number"]
                    found[path][at] = found[path].get(at, False) or line["count"] > 0
    shutil.rmtree(folder, ignore_errors=True)
    return passed, took, found


class Coverage:
    def __init__(self, lines):
        self.lines = lines  # {path: {line: set of the tests that run it}}

    @staticmethod
    def of(found):
        """found: {test: what run_covered found}."""
        lines = collections.defaultdict(lambda: collections.defaultdict(set))
        for name, files in found.items():
            for path, at in files.items():
                for line, was_run in at.items():
                    lines[path][line] |= {name} if was_run else set()
        return Coverage({path: dict(at) for path, at in lines.items()})

    def tests(self, path, line):
        """The tests that may see a change of a line. gcov knows only the lines where a statement begins:
        others go with the nearest before and after. Of a line outside of functions any test may; of a file
        without functions nothing is known: None."""
        known = self.lines.get(path)
        if not known:
            return None
        if line in known:
            return known[line]
        before = max((k for k in known if k < line), default=None)
        after = min((k for k in known if k > line), default=None)
        if before is None or after is None or line - before > 8 or after - line > 8:
            return set().union(*known.values())
        return known[before] | known[after]
