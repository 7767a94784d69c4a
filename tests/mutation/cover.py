"""Which tests run which lines: measured once, so that a mutant meets only tests that can see it.

The library is compiled so that every basic block calls recorder.c, without optimisation: then a block's
lines are those of the instructions from its call to the next one.
"""
import bisect
import collections
import operator
import os
import re
import subprocess

from . import units

FLAGS = ["-O0", "-g1", "-fsanitize-coverage=trace-pc"]
CALL = "__sanitizer_cov_trace_pc"
PLACE = re.compile(r"(/\S+\.(?:c|h|def)):(\d+)(?: \(discriminator \d+\))?$")
INSTRUCTION = re.compile(r" +([0-9a-f]+):\t(.*)$")


class Blocks:
    """The blocks of a library: where they begin, and {path: {line: its blocks}}."""

    def __init__(self, library, root):
        self.starts, self.lines = [], collections.defaultdict(lambda: collections.defaultdict(set))
        listing = subprocess.Popen(["objdump", "-d", "-l", "--no-show-raw-insn", str(library)], stdout=subprocess.PIPE,
                                   text=True)
        with listing.stdout:
            self.read(listing.stdout, root)
        if listing.wait():
            raise SystemExit(f"objdump cannot read {library}")
        self.lines = {path: {line: sorted(b) for line, b in at.items()} for path, at in self.lines.items()}
        self.size = self.starts[-1] + 1

    def read(self, listing, root):
        at, known, starts = None, False, False
        for text in listing:
            place = PLACE.match(text)
            if place:
                path = os.path.relpath(os.path.normpath(place[1]), root)
                at = self.lines[path][int(place[2])] if path.startswith(("src/", "include/")) else None
                continue
            code = INSTRUCTION.match(text)
            if not code:
                if text.endswith(">:\n"):  # a function; what it does before its first call is no block's
                    at, known = None, False
                continue
            if starts:
                self.starts.append(int(code[1], 16))
                known = True
            starts = "call" in code[2] and CALL in code[2]
            if at is not None and known and not starts:
                at.add(len(self.starts) - 1)


class Coverage:
    """The blocks that each unit runs, each a bit of a number."""

    def __init__(self, blocks):
        self.starts, self.size, self.lines = blocks.starts, blocks.size, blocks.lines
        self.runs = {}  # {unit: its blocks}

    def run(self, plain, unit, library, file):
        """The blocks that a unit runs with the library in that folder, as far as it comes (recorder.c), and the
        time it took; None for that if it did not come to its end."""
        with open(file, "wb") as new:
            new.truncate(self.size)
        done = plain.run(unit.program, library, 60, unit.entry(), whole=True, TAD_MET=str(file))
        bits = bytes(operator.itemgetter(*reversed(self.starts))(file.read_bytes()))
        file.unlink()
        return int(bits.translate(bytes.maketrans(b"\0\1", b"01")), 2), None if done.killed else done.seconds

    def of_program(self, plain, program, library, file):
        """{unit: (blocks, seconds or None)}; what does not come to its end is tried in parts."""
        left, found = units.of_program(plain, program), {}
        while left:
            unit = left.pop()
            found[unit] = self.run(plain, unit, library, file)
            if found[unit][1] is None and unit.parts():
                del found[unit]
                left += unit.parts()
        return found

    def of_line(self, path, line):
        """The units that may see a change of a line. Known are only the lines that have code: others go with
        the nearest before and after. Of a line outside of functions any unit may, and whole programs, which read
        tables; of a file without functions nothing is known: None."""
        known = self.lines.get(path)
        if not known:
            return None
        if line in known:
            return self.that_run(known[line])
        at = sorted(known)
        i = bisect.bisect(at, line)
        near = at[max(i - 1, 0) : i + 1]
        if not 0 < i < len(at) or max(abs(line - n) for n in near) > 8:
            return self.of_file(path) | {u for u in self.runs if not u.test}
        return self.that_run(b for n in near for b in known[n])

    def that_run(self, blocks):
        wanted = sum(1 << b for b in set(blocks))
        return {u for u, bits in self.runs.items() if bits & wanted}

    def of_file(self, path):
        return self.that_run(b for blocks in self.lines.get(path, {}).values() for b in blocks)
