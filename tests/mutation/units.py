"""What is run of the test programs, and how long it takes: single tests of the programs of Check, of loops some
rounds; others are run as a whole."""
import collections
import dataclasses
import re

SHORT = 0.003  # seconds; rounds of a loop that together take no longer are one unit
ROUND = re.compile(r'<test result="(\w+)">.*?<id>(.*?)</id>\s*<iteration>(\d+)</iteration>\s*<duration>([\d.-]+)</duration>', re.S)


@dataclasses.dataclass(frozen=True)
class Unit:
    program: str
    test: str = ""  # none: all that the program does
    first: int = 0
    last: int = 0
    seconds: float = dataclasses.field(default=0, compare=False)  # of a processor

    def entry(self):
        """As in TAD_TEST, see support.h."""
        return f"{self.test}:{self.first}-{self.last}"

    def __str__(self):
        return f"{self.program} {self.entry()}" if self.test else self.program


def rounds(log):
    """{test: [(round, seconds, whether it passed)]} of a log of Check's, which may end early."""
    found = collections.defaultdict(list)
    for result, test, at, seconds in ROUND.findall(log.read_text(encoding="utf-8", errors="replace")):
        found[test].append((int(at), float(seconds), result == "success"))
    return found


def split(program, test, done, scale):
    """The units of one test: what passed, short neighbours together."""
    units = []
    for at, seconds, passed in sorted(done):
        seconds *= scale
        if not passed:
            continue
        last = units[-1] if units else None
        if last and last.last + 1 >= at and last.seconds + seconds <= SHORT:
            units[-1] = dataclasses.replace(last, last=at, seconds=last.seconds + seconds)
        else:
            units.append(Unit(program, test, at, at, seconds))
    return units


def measured(plain, program, log, limit):
    """Runs a program once, at most for so long. Returns its units, of what it came to, and a list of what did not
    pass."""
    if not program.startswith("test_"):
        passed, took, _ = plain.run(program, seconds=limit)
        return ([Unit(program, seconds=took)], []) if passed else ([], [program])
    _, took, _ = plain.run(program, seconds=limit, whole=True, CK_XML_LOG_FILE_NAME=str(log))
    found = rounds(log) if log.exists() else {}
    if not found:
        return [], [program]
    # The log has the time that went by; other work on the machine is not to count.
    scale = took / max(sum(seconds for done in found.values() for _, seconds, _ in done), took, 1e-9)
    units = [u for test, done in found.items() for u in split(program, test, done, scale)]
    return units, [f"{program} {test}" for test, done in found.items() if not all(passed for *_, passed in done)]
