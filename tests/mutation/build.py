"""Builds the library and its tests from a copy of the project, outside of it, and runs them.

Meson says how every file is compiled; which objects a mutant touches is known from the dependency
files that the compiler wrote. All programs are linked with a shared library of which everything is
visible, so that a mutant costs one compilation and one link, and programs stay as they are when the
library is another: one that counts the lines it runs, a mutant's.
"""
import dataclasses
import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

from . import cover

JOBS = 2
# Little optimisation: a loop that was spoilt looks the same, and compiles in a third of the time. What
# a swapped argument makes of the types is not to compile. Fences: see src/fence.h.
PLAIN = ["-O1", "-w", "-DTAD_FENCED", "-fvisibility=default", "-Werror=incompatible-pointer-types",
         "-Werror=int-conversion", "-Werror=implicit-function-declaration"]
# For the objects of a mutant alone: enough to see what these do, at the price of one compilation.
SANITIZED = ["-UNDEBUG", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
RECORDER = pathlib.Path(__file__).with_name("recorder.c")
PARTS = ["src", "include", "tests", "docs", "examples", "meson.build", "meson_options.txt"]


def parallel(function, items, stop=lambda: None):
    """The results, in order. An interrupt lets only what has begun come to its end; stop() hastens that."""
    with ThreadPoolExecutor(JOBS) as pool:
        try:
            return list(pool.map(function, items))
        except BaseException:
            stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def copy(root, tree):
    for part in PARTS:
        if (root / part).is_dir():
            shutil.copytree(root / part, tree / part, symlinks=True)
        else:
            tree.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / part, tree / part)


def quietly(command, folder):
    run = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stdout)
    return run.stdout


def configure(root, tree):
    """Copies the project and makes its generated files; returns {object: how it is compiled}, seen from
    the folder tree/build."""
    copy(root, tree)
    folder = tree / "build"
    quietly(["meson", "setup", "build", "--buildtype=release"], tree)
    made = re.findall(r"^(\S+\.[ch]): CUSTOM_COMMAND$", quietly(["ninja", "-t", "targets", "all"], folder), re.M)
    if made:
        quietly(["ninja", *made], folder)
    with open(folder / "compile_commands.json", encoding="utf-8") as file:
        entries = json.load(file)
    wanted = re.compile(r"(src/libtad(-cc\.a|\.so)|src/kernel/|tests/(test_|libelementary|conformance\.|opdoc|c_programs)).*\.c\.o")
    # Only this folder has the generated files, and others compile them too.
    here = lambda word: str(folder / word) if word in made else word
    return {e["output"]: [here(w) for w in shlex.split(e["command"])] for e in entries if wanted.match(e["output"])}


def libraries(folder):
    """{library or program: what it is linked with beside tad} as Meson wrote it down."""
    text = (folder / "build.ninja").read_text(encoding="utf-8")
    found = re.findall(r"^build (\S+): c_LINKER .*\n LINK_ARGS = (.*)$", text, re.M)
    return {re.sub(r"\.so\..*", ".so", target): [w for w in words.split() if w.startswith(("-l", "-pthread", "/"))]
            for target, words in found}


@functools.cache
def sanitizers():
    """The run-time libraries of SANITIZED, to be loaded before a program that was linked without."""
    names = (f"-print-file-name=lib{n}.so" for n in ("asan", "ubsan"))
    return " ".join(subprocess.check_output(["cc", n], text=True).strip() for n in names)


@dataclasses.dataclass
class Done:
    """What became of a run."""

    passed: bool
    killed: bool
    seconds: float  # of a processor
    failed: str  # the test


class Build:
    """The library and its programs as they are, to be built in a new folder."""

    def __init__(self, root, tree):
        self.folder = tree / "build"
        self.commands = configure(root, tree)
        self.depends = {}
        self.libraries = libraries(self.folder)
        self.library = [o for o in self.commands if o.startswith("src/")]
        self.programs = {}
        for o in self.commands:
            name = re.match(r"tests/(\w+)\.p/", o)
            if name:
                self.programs.setdefault(name[1], []).append(o)
        self.programs.get("test_elementary", []).extend(o for o in self.commands if "libelementary" in o)

    def compile(self, name, folder=None, more=(), mutant=True):
        """Compiles one object below the build folder, or the same one in another tree, which is a mutant's if
        not said otherwise. True if it compiles."""
        folder = folder or self.folder
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        env = dict(os.environ, LC_ALL="C")
        if folder != self.folder and mutant:
            env["CCACHE_DISABLE"] = "1"
        return subprocess.run([*self.commands[name], *PLAIN, *more], cwd=folder, env=env, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def link(self, target, objects, output, arguments):
        libs = ["-Wl,--start-group", *self.libraries[target], "-Wl,--end-group"]
        subprocess.run(["cc", "-o", str(output), *map(str, objects), *arguments, *libs], check=True)

    def link_library(self, changed, folder, more=()):
        """The shared library with some objects from another tree, into that."""
        objects = [(folder if o in changed else self.folder) / o for o in self.library]
        self.link("src/libtad.so", objects, folder / "libtad.so", ["-shared", "-Wl,-soname,libtad.so", *more])

    def link_program(self, name, changed, folder):
        objects = [(folder if o in changed else self.folder) / o for o in self.programs[name]]
        # What is weak, for the sanitizer to define when it is loaded, stays open.
        self.link(f"tests/{name}", objects, folder / name,
                  [f"-L{self.folder}", "-ltad", "-Wl,-z,dynamic-undefined-weak"])

    def compile_all(self, names, folder, more=()):
        done = dict(zip(names, parallel(lambda o: self.compile(o, folder, more, mutant=False), names)))
        broken = [o for o in done if not done[o]]
        if broken:
            raise SystemExit(f"does not compile: {' '.join(broken)}")

    def everything(self):
        self.compile_all(list(self.commands), self.folder)
        self.link_library((), self.folder)
        parallel(lambda name: self.link_program(name, (), self.folder), list(self.programs))

    def recording_library(self, folder):
        """A second library in the build folder of another copy: one that records what it runs. Its path."""
        self.compile_all(self.library, folder, cover.FLAGS)
        subprocess.run(["cc", "-O2", "-fPIC", "-c", str(RECORDER), "-o", str(folder / "recorder.o")], check=True)
        self.link_library(self.library, folder, [str(folder / "recorder.o")])
        return folder / "libtad.so"

    def dependents(self, path):
        """The objects to compile anew when a file of src or the op table changes."""
        if path.startswith("include/"):
            # Nearly all see its prototypes; what it is made of is in those that include it themselves.
            text = f"#include <{path[len('include/'):]}>"
            parts = {p.name for p in (self.folder.parent / "src").rglob("*.[ch]") if text in p.read_text(encoding="utf-8")}
            return [o for o in self.library if any(self.reads(o, f"/{p}") for p in parts)]
        return [o for o in self.commands if self.reads(o, "/" + path)]

    def reads(self, name, end):
        return any(word.endswith(end) for word in self.dependencies(name))

    def dependencies(self, name):
        if name not in self.depends:
            text = (self.folder / (name + ".d")).read_text(encoding="utf-8")
            self.depends[name] = text.replace("\\\n", " ").split()
        return self.depends[name]

    # ---- running ----

    def command(self, name, folder=None, only=""):
        place = folder if folder and (folder / name).exists() else self.folder
        if name == "opdoc":
            return ["python3", str(self.folder.parent / "tests/compare_output.py"),
                    str(self.folder.parent / "docs/ops.md"), str(place / name)]
        if name == "c_programs":
            names = [entry.split(":")[0] for entry in only.split(",") if entry]
            return ["python3", str(self.folder.parent / "tests/check_c.py"), str(place / name), "cc", *names]
        return [str(place / name)]

    def environment(self, home, **more):
        kept = self.folder.parent.parent / "c_programs.kept"  # what was compiled once
        kept.mkdir(exist_ok=True)
        return dict(os.environ, LC_ALL="C", CK_FORK="no", CK_VERBOSITY="silent", CK_TAP_LOG_FILE_NAME="-",
                    LD_LIBRARY_PATH=str(home), C_PROGRAMS_KEPT=str(kept),
                    TAD_TEST_SAMPLES="2000", CONFORMANCE=str(self.folder / "conformance"),
                    VECTORS=str(self.folder.parent / "tests/vectors"), **more)

    def output(self, name, only):
        """What a program writes, if it has nothing to do but that. Those of Check read TAD_TEST, others the word."""
        env = self.environment(self.folder, TAD_TEST=only)
        run = subprocess.run([str(self.folder / name), only], cwd=self.folder, env=env, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return "".join(l + "\n" for l in run.stdout.splitlines() if not l.startswith("1.."))

    def run(self, name, folder=None, seconds=600, only="", sanitized=False, whole=False, **environment):
        """Runs a program, or of a program of Check only what TAD_TEST says, as far as the first test that fails
        if not the whole."""
        home = folder or self.folder
        env = self.environment(home, **environment)
        if only:
            env["TAD_TEST"] = only
        # A mutant may loop, wait or ask for all memory. The sanitizers need their own terabytes.
        limits = f"ulimit -t {int(seconds)}; " + (f"export LD_PRELOAD='{sanitizers()}'" if sanitized else "ulimit -v 8000000")
        process = subprocess.Popen(["sh", "-c", limits + '; exec "$@"', "sh", *self.command(name, folder, only)], cwd=home,
                                   env=env, start_new_session=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        timer = threading.Timer(60 + 10 * seconds, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        failed = ""
        with process.stdout:
            for line in process.stdout:
                if line.startswith(b"not ok") and not failed and not whole:
                    failed = (line.split(b":") + [b"", b""])[2].decode()
                    os.killpg(process.pid, signal.SIGKILL)
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        return Done(process.returncode == 0, process.returncode < 0, usage.ru_utime + usage.ru_stime, failed)
