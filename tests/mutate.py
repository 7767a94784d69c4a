"""Can the tests fail? Changes the library in small ways, one at a time, and reports each change that no
test notices.

Usage: python3 tests/mutate.py [--sample N] [--seed S] [--work DIR] [PATH...]

PATH is a file or folder of src/, or include/tad/scalar.def; all of them when not given. N mutants
(default 60) are drawn, as many from each folder as from any other, and of each kind; the same seed
draws the same ones, also after the library has changed elsewhere. What does not compile, or compiles to the
same code, is not counted. The others
meet the tests that run the changed line, single tests of the programs, those first that promise most per
second, none longer than 10 seconds (LONGEST), 30 seconds' worth in all (MOST); the first that fails,
crashes or takes too long has killed the mutant. A survivor meets the quick ones again, compiled with
sanitizers, 6 seconds' worth. What survives that counts as survivor, though a test that it did not meet
might see it.

Survivors that are equivalent stand in mutation/survivors.txt with the reason, in the form in which they
are printed here. They are not counted. Status 0: at least 98 % of the others were killed.

The project's files are only copied, to a temporary folder, or to DIR, which is kept and used again: the
test that killed a mutant before is then the first that it meets.
"""
import argparse
import collections
import hashlib
import json
import math
import pathlib
import pickle
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # the project's folders stay as they are
from mutation import build, cover, rules  # pylint: disable=wrong-import-position

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXPLAINED = ROOT / "tests/mutation/survivors.txt"
TARGET = 98
# Seconds, as they are without a mutant: of the tests that one meets, and with sanitizers.
MOST, MOST_SANITIZED = 30, 6
LONGEST = 10  # seconds of a test that is run at all
START = 0.02  # seconds that a program takes beside its tests
SLOWER = 4  # times, where what is run is recorded
LONG = 1  # seconds that a test is thought to take that did not come to its end there
# Several quick tests of a program are one run: none longer than this, and together no longer.
QUICK, TOGETHER = 0.05, 0.3


# ---- what to try ----

def sources(paths):
    """The files to mutate, as paths below the root."""
    table = ROOT / "include/tad/scalar.def"
    files = []
    for path in [pathlib.Path(p).resolve() for p in paths] or [ROOT / "src", table]:
        files += sorted(path.rglob("*.[ch]")) if path.is_dir() else [path]
    names = [p.relative_to(ROOT).as_posix() for p in files]
    return [n for n in names if n != "src/ops/samples.h"]


def drawn(files, seed):
    """All mutants, in the order in which to try them: folders take turns, and in them kinds. In each the order
    is that of hashes of the mutants, so that a change of the library leaves the draw as it was elsewhere."""
    groups = collections.defaultdict(lambda: collections.defaultdict(list))
    for name in files:
        times = collections.Counter()  # a line and its mutant may stand in a file several times
        for m in rules.mutants(name, (ROOT / name).read_text(encoding="utf-8")):
            times[m.key()] += 1
            rank = hashlib.sha256(repr((seed, m.key(), times[m.key()])).encode()).digest()
            groups[pathlib.PurePath(name).parent][m.kind].append((rank, m))
    by_kind = lambda kinds: [[m for _, m in sorted(kinds[k], key=lambda x: x[0])] for k in sorted(kinds)]
    return turns([turns(by_kind(groups[folder])) for folder in sorted(groups)])


def turns(lists):
    return [m for i in range(max(map(len, lists), default=0)) for l in lists for m in l[i : i + 1]]


def explained():
    """{key: reason} of the list. An entry: the path; - the line; + what it becomes, maybe several; the reason."""
    found = {}
    if not EXPLAINED.exists():
        return found
    entries = [e.split("\n") for e in EXPLAINED.read_text(encoding="utf-8").split("\n\n") if not e.startswith("#")]
    for entry in entries:
        path, *lines = [line.strip() for line in entry if line.strip()]
        before = [line[2:] for line in lines if line.startswith("- ")]
        after = [line[2:] for line in lines if line.startswith("+ ")]
        reason = " ".join(lines[1 + len(after) :])
        if not lines or not lines[0].startswith("- ") or len(before) != 1 or not after or not reason:
            raise SystemExit(f"{EXPLAINED}: not understood: {entry}")
        file = ROOT / path
        if not file.exists() or before[0] not in map(str.strip, file.read_text(encoding="utf-8").split("\n")):
            print(f"{EXPLAINED.name}: there is no such line any more: {path}: {before[0]}")
        found |= {(path, before[0], line): reason for line in after}
    return found


# ---- trying ----

def fingerprint(wanted=lambda path: True):
    """Of all that the builds depend on, or of some of it."""
    sha = hashlib.sha256()
    for part in build.PARTS:
        for path in sorted((ROOT / part).rglob("*")) if (ROOT / part).is_dir() else [ROOT / part]:
            name = path.relative_to(ROOT).as_posix()
            if path.is_file() and not name.startswith("tests/mutat") and wanted(name):
                sha.update(name.encode() + path.read_bytes())
    return sha.hexdigest()


def is_no_program(name):
    return not name.startswith("tests/") or not name.endswith((".c", ".h", "meson.build"))


def kept(path, mark, make):
    """What make() returns, from the file if that was written under the same mark."""
    if path.exists():
        with open(path, "rb") as file:
            if pickle.load(file) == mark:
                return pickle.load(file)
    made = make()
    with open(path, "wb") as file:
        pickle.dump(mark, file)
        pickle.dump(made, file)
    return made


class Campaign:
    """The programs, built; what each test sees and how long it takes."""

    def __init__(self, work):
        self.work = work
        self.kills = collections.Counter()  # of ((program, test), file), ((program, test), folder)
        self.plain, self.coverage, times = kept(work / "kept", fingerprint(), self.build)
        self.seconds = {u: LONG if t is None else t / SLOWER for u, t in times.items()}
        self.guessed = {u for u, t in times.items() if t is None}
        self.killers = work / "killers"  # of mutants, a line each: see remembered()
        self.before = self.remembered()
        self.clock = work / "seconds"  # of those, a line each: later campaigns know them too
        known = dict(l.rsplit(" ", 1) for l in self.clock.read_text().splitlines()) if self.clock.exists() else {}
        for u in [u for u in self.guessed if str(u) in known]:
            self.seconds[u] = float(known[str(u)])
            self.guessed.discard(u)
        self.sound = {}  # {(program, tests): do they pass without a mutant}

    def build(self):
        for old in ("source", "plain", "covered"):
            shutil.rmtree(self.work / old, ignore_errors=True)
        build.copy(ROOT, self.work / "source")  # what changes from now on changes nothing
        plain = build.Build(self.work / "source", self.work / "plain")
        plain.everything()
        return (plain, *self.look(plain))

    def look(self, plain):
        """Runs every test with a library that records what it runs; returns that, and the times. What is known of
        a program stays in a file while neither it nor the library changes."""
        place = self.work / "covered/build"
        build.copy(self.work / "source", place.parent)
        place.mkdir()
        coverage = cover.Coverage(cover.Blocks(plain.recording_library(place), place.parent))
        mark = fingerprint(is_no_program)
        (self.work / "seen").mkdir(exist_ok=True)

        def seen(name):
            own = hashlib.sha256((plain.folder / name).read_bytes()).hexdigest()
            return kept(self.work / "seen" / name, (mark, own),
                        lambda: coverage.of_program(plain, name, place, self.work / f"{name}.met"))

        tests = [n for n in plain.programs if n.startswith("test_") or n in ("opdoc", "c_programs")]
        times = {}
        for found in build.parallel(seen, tests):
            coverage.runs |= {unit: blocks for unit, (blocks, _) in found.items()}
            times |= {unit: seconds for unit, (_, seconds) in found.items()}
        shutil.rmtree(place.parent)
        return coverage, times

    def tests(self, mutant):
        """The units to run, those first that promise most per second."""
        found = self.coverage.of_line(mutant.path, mutant.line)
        if found is None:
            objects = set(self.plain.dependents(mutant.path))
            used = {p for p in self.coverage.lines if any(self.plain.reads(o, "/" + p) for o in objects)}
            found = set().union(*map(self.coverage.of_file, used))
        # A program that has the file inside itself.
        inside = {n for n, objects in self.plain.programs.items()
                  if any(self.plain.reads(o, "/" + mutant.path) for o in objects)}
        found = found | {u for u in self.coverage.runs if u.program in inside}
        before = self.before.get(mutant.key())
        return sorted(found, key=lambda u: ((u.program, u.test) != before,
                                            (self.seconds[u] + START / 4) / self.promise(u, mutant), str(u)))

    def promise(self, unit, mutant):
        """How likely a unit is to notice, for the order alone: is its program named after the file or the
        folder, what did its test kill there?"""
        path = pathlib.PurePath(mutant.path)
        named = {re.sub(r"_(body|kernel|vector)$", "", path.stem), path.parent.name}
        test = unit.program, unit.test
        return (1 + 10 * bool(named & {unit.program[len("test_"):], *unit.program.split("_")[1:]})
                + 8 * self.kills[test, path] + 2 * self.kills[test, path.parent])

    def remembered(self):
        """{mutant's key: (program, test) that killed it in an earlier campaign}"""
        lines = self.killers.read_text(encoding="utf-8").splitlines() if self.killers.exists() else []
        return {tuple(key): tuple(name) for key, name in map(json.loads, lines)}

    def killed(self, name, mutant):
        path = pathlib.PurePath(mutant.path)
        self.kills.update([(name, path), (name, path.parent)])
        if self.before.get(mutant.key()) != name:
            with open(self.killers, "a", encoding="utf-8") as file:
                file.write(json.dumps([mutant.key(), name]) + "\n")

    def batches(self, tests, most):
        """Runs of units of one program, in the order of the units, as many as take `most` seconds, with what it
        takes to measure them first."""
        left, spent = tests, 0
        while left and spent < most:
            spent += self.measure(left[0])
            batch, total = [left[0]], self.seconds[left[0]]
            for u in left[1:] if total <= QUICK else ():
                if (u.program == batch[0].program and u.test and self.seconds[u] <= QUICK
                        and total + self.seconds[u] <= TOGETHER):
                    batch.append(u)
                    total += self.seconds[u]
            taken = set(batch)
            left = [u for u in left if u not in taken]
            if spent + total <= most:
                spent += total + START
                yield batch

    def measure(self, unit):
        """A unit's seconds must be known before it is run; they are without end if it fails or takes longer than
        LONGEST. Returns the seconds that this took."""
        if unit not in self.guessed:
            return 0
        done = self.plain.run(unit.program, None, LONGEST, unit.entry())
        self.seconds[unit] = done.seconds if done.passed else math.inf
        self.guessed.discard(unit)
        with open(self.clock, "a", encoding="utf-8") as file:
            file.write(f"{unit} {self.seconds[unit]}\n")
        return done.seconds

    def failure(self, batch, place, sanitized=False):
        """The (program, test) that fails in a batch; None if none does. Without sanitizers only what passes
        without the mutant is believed."""
        limit = 3 + (15 if sanitized else 5) * sum(self.seconds[u] for u in batch)
        program, only = batch[0].program, ",".join(u.entry() for u in batch)
        done = self.plain.run(program, place, limit, only, sanitized)
        if done.passed or not sanitized and not self.is_sound(batch, program, only, limit):
            return None
        return program, done.failed or (batch[0].test if len(batch) == 1 else "")

    def is_sound(self, batch, program, only, limit):
        """Whether it passes without a mutant; asked when it fails with one. What does not is not used again."""
        if (program, only) not in self.sound:
            self.sound[program, only] = self.plain.run(program, None, limit, only).passed
            if not self.sound[program, only]:
                print(f"{program} {only} fails without a mutant, or takes too long, and is not used", flush=True)
                self.seconds |= {u: math.inf for u in batch}
        return self.sound[program, only]


def changed_objects(programs, mutant, place):
    """The objects that the mutant, written to place, changes; None if one does not compile."""
    changed = set()
    for name in programs.dependents(mutant.path):
        if not programs.compile(name, place):
            return None
        if (place / name).read_bytes() != (programs.folder / name).read_bytes():
            changed.add(name)
    return changed


def link(programs, changed, place):
    programs.link_library(changed, place)
    for name in programs.programs:
        if changed & set(programs.programs[name]):
            programs.link_program(name, changed, place)


def killer(campaign, changed, mutant, place):
    """The first test that notices, as a text, or None."""
    link(campaign.plain, changed, place)
    for batch in campaign.batches(campaign.tests(mutant), MOST):
        name = campaign.failure(batch, place)
        if name:
            campaign.killed(name, mutant)
            return " ".join(name)
    return None


def sanitized(campaign, changed, place):
    """Links what place has, with sanitizers in those objects. Whether it compiles."""
    done = all(campaign.plain.compile(o, place, build.SANITIZED) for o in changed)
    if done:
        link(campaign.plain, changed, place)
    return done


def killer_with_sanitizers(campaign, changed, mutant, place, write):
    """The same, of the quick tests. One that fails also without the mutant proves nothing."""
    tests = [u for u in campaign.tests(mutant) if campaign.seconds[u] < MOST_SANITIZED / 3]
    quick = campaign.batches(tests, MOST_SANITIZED)
    while sanitized(campaign, changed, place):
        batch = next((b for b in quick if campaign.failure(b, place, sanitized=True)), None)
        if not batch:
            return None
        write(mutant.before)
        if sanitized(campaign, changed, place) and not campaign.failure(batch, place, sanitized=True):
            return f"{batch[0].program} with sanitizers"
        write(mutant.after)
    return None


def outcome(campaign, mutant, place):
    """'broken', 'same', 'survived' or the name of the test that killed it. place: a copy's build folder."""
    file = place.parent / mutant.path
    lines = file.read_text(encoding="utf-8").split("\n")

    def write(line):
        lines[mutant.line - 1] = line
        file.write_text("\n".join(lines), encoding="utf-8")

    write(mutant.after)
    try:
        changed = changed_objects(campaign.plain, mutant, place)
        if not changed:
            return "broken" if changed is None else "same"
        return (killer(campaign, changed, mutant, place)
                or killer_with_sanitizers(campaign, changed, mutant, place, write) or "survived")
    except subprocess.CalledProcessError:
        return "broken"  # does not link
    finally:
        write(mutant.before)
        shutil.rmtree(place)
        place.mkdir()


class Draw:
    """Hands out mutants in order and collects what became of them, until `sample` are counted."""

    def __init__(self, mutants, known, sample):
        self.mutants, self.known, self.sample = mutants, known, sample
        self.next, self.counted = 0, 0
        self.results = {}
        self.lock = threading.Lock()

    def take(self):
        with self.lock:
            if self.counted >= self.sample or self.next >= len(self.mutants):
                return None
            self.next += 1
            return self.next - 1

    def stop(self):
        self.sample = 0

    def note(self, i, result, seen):
        with self.lock:
            self.results[i] = result
            self.counted += result not in ("broken", "same", "explained")
        m = self.mutants[i]
        print(f"[{self.counted}] {m.path}:{m.line} {m.kind}: {result}", file=sys.stderr, flush=True)
        if result == "survived":
            print(f"{m.path}:{m.line}: {m.kind} survived{'' if seen else '; no test runs the line'}\n\n"
                  f"{m.path}\n- {m.before.strip()}\n+ {m.after.strip()}\n", flush=True)

    def work(self, campaign, place):
        while (i := self.take()) is not None:
            m = self.mutants[i]
            result = "explained" if m.key() in self.known else outcome(campaign, m, place)
            self.note(i, result, campaign.tests(m))

    def counts(self):
        """Of the first `sample` that count, whatever else was under way when they were full."""
        found = collections.Counter()
        for i in sorted(self.results):
            if found["mutants"] == self.sample:
                break
            result = self.results[i]
            counts = result not in ("broken", "same", "explained")
            found["mutants" if counts else result] += 1
            found["killed"] += counts and result != "survived"
        return found


def spent(started):
    """On a machine with other work the second number says more: all that was run, divided by JOBS."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return f"{time.monotonic() - started:.0f} s, {(used.ru_utime + used.ru_stime) / build.JOBS:.0f} s of {build.JOBS} processors"


def campaign_in(work, options):
    started = time.monotonic()
    mutants = drawn(sources(options.paths), options.seed)
    draw = Draw(mutants, explained(), options.sample)
    campaign = Campaign(work)
    print(f"built in {spent(started)}; {len(mutants)} mutants to draw from", flush=True)
    places = []
    for k in range(build.JOBS):
        shutil.rmtree(work / f"mutant{k}", ignore_errors=True)
        build.copy(work / "source", work / f"mutant{k}")
        places.append(work / f"mutant{k}/build")
        places[-1].mkdir()
    build.parallel(lambda place: draw.work(campaign, place), places, draw.stop)
    n = draw.counts()
    percent = 100 * n["killed"] / max(n["mutants"], 1)
    print(f"{n['explained']} equivalent ones explained, {n['same']} compiled to the same code, "
          f"{n['broken']} did not compile; {spent(started)}")
    print(f"{n['mutants']} mutants, {n['killed']} killed, {percent:.1f} %")
    return 0 if percent >= TARGET else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=60, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--work", type=pathlib.Path, metavar="DIR")
    parser.add_argument("paths", nargs="*", metavar="PATH")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary folders go then too
    try:
        if options.work:
            options.work.mkdir(parents=True, exist_ok=True)
            return campaign_in(options.work.resolve(), options)
        with tempfile.TemporaryDirectory(prefix="tad_mutate_") as folder:
            return campaign_in(pathlib.Path(folder), options)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
