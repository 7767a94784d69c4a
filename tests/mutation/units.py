"""What is run of the test programs: single tests of the programs of Check, of long loops some rounds; of the
programs as C those of one op; others are run as a whole."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Unit:
    program: str
    test: str = ""  # none: all that the program does
    first: int = 0
    last: int = 0

    def entry(self):
        """As in TAD_TEST, see support.h."""
        return self.test and f"{self.test}:{self.first}-{self.last}"

    def parts(self):
        """Its rounds in at most eight units; none if it is one round."""
        step = max(1, (self.last - self.first + 8) // 8)
        starts = range(self.first, self.last + 1, step) if self.last > self.first else ()
        return [dataclasses.replace(self, first=k, last=min(k + step - 1, self.last)) for k in starts]

    def __str__(self):
        return f"{self.program} {self.entry()}"


def of_program(plain, program):
    """The units of a program: a test each, but with all of its rounds."""
    if program == "c_programs":
        return [Unit(program, name) for name in plain.output(program, "?").split()]
    if not program.startswith("test_"):
        return [Unit(program)]
    found = []
    for line in plain.output(program, "?").splitlines():
        test, _, rounds = line.partition(":")
        first, _, last = rounds.partition("-")
        found.append(Unit(program, test, int(first), int(last)))
    return found
