"""The whole suite on other compilers, options and machines, one after the other, as a table.

Usage: python3 tests/builds.py [--install] [--list] [--only TEST,...] [--without TEST,...] [NAME...]

Each build is configured, compiled and tested in build-matrix/NAME; without names, all are. A build
that needs what the machine lacks is skipped and says so; --install fetches it first (Debian: by apt;
libraries of other processors are unpacked into build-matrix/ and the system is left alone). What a
build leaves out stands in its row. The kernels are compiled with -O3 in every build, but
with -O1 for the sanitizers. Fails when a build does.
"""
import argparse
import dataclasses
import functools
import glob
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from totals import count, read

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = ROOT / "build-matrix"
LIBRARIES = ("linux-libc-dev", "check", "libsubunit-dev", "libsubunit0", "zlib1g-dev", "zlib1g", "libjansson-dev",
             "libjansson4")


# ---- processors ----

@dataclasses.dataclass(frozen=True)
class Processor:
    """A machine that is not this one, or pretends to be another."""
    family: str
    compiler: tuple       # of C
    endian: str = "little"
    emulator: tuple = ()
    debian: str = ""      # architecture of the libraries; "": those of this machine
    triplet: str = ""     # folder of these
    packages: tuple = ()  # (file that shows that it is there, package)
    otherwise: tuple = ()  # the emulator where this machine's kernel does not run such programs

    @property
    def sysroot(self):
        return PLACE / ("libraries-" + self.debian)


def foreign(family, debian, triplet, **more):
    """A processor with Debian's cross compiler and qemu's emulation."""
    compiler, emulator = triplet + "-gcc", "qemu-" + family
    return Processor(family, (compiler,), debian=debian, triplet=triplet,
                     emulator=(emulator, "-L", "/usr/" + triplet), packages=(
                         (compiler, "gcc-" + triplet),
                         (f"/usr/{triplet}/include/stdio.h", f"libc6-dev-{debian}-cross"),
                         (emulator, "qemu-user")), **more)


def multilib():
    """gcc-multilib cannot be installed beside compilers for other processors; what it brings can."""
    version = subprocess.run(["gcc", "-dumpversion"], stdout=subprocess.PIPE, text=True, check=False).stdout
    return f"gcc-{version.split('.')[0].strip()}-multilib"


def pretended(cpu):
    """x86-64 as qemu emulates it: the CPU itself says that it has fewer instructions."""
    return Processor("x86_64", ("gcc",), emulator=("qemu-x86_64", "-cpu", cpu),
                     packages=(("qemu-x86_64", "qemu-user"),))


PROCESSORS = {
    "m32": Processor("x86", ("gcc", "-m32"), debian="i386", triplet="i386-linux-gnu",
                     packages=(("/usr/include/gnu/stubs-32.h", multilib()),), otherwise=("qemu-i386",)),
    "s390x": foreign("s390x", "s390x", "s390x-linux-gnu", endian="big"),
    "aarch64": foreign("aarch64", "arm64", "aarch64-linux-gnu"),
    "no AVX-512": pretended("Haswell"),
    "no AVX2": pretended("Nehalem"),
}


# ---- builds ----

@dataclasses.dataclass(frozen=True)
class Build:
    name: str
    compiler: str = "gcc"
    options: tuple = ()       # of meson setup
    processor: str = ""       # key of PROCESSORS
    only: tuple = ()          # names of tests; empty: all
    without: tuple = ()       # names of tests
    note: str = ""            # what is left out, and why
    slow: int = 1             # factor of the time limits
    packages: tuple = ()      # as of a processor


OPTIMISED = tuple((name, (f"-Dbuildtype={kind}", f"-Doptimization={level}"))
                  for name, kind, level in (("O0", "debug", "0"), ("Og", "debugoptimized", "g"),
                                            ("Os", "minsize", "s"), ("O3", "release", "3")))
# The first read text or objects and see nothing new, or compile for this machine; the others take long.
NOT_EMULATED = ("symbols", "layers", "generated headers", "snippets", "tutorial", "oom", "mutants", "gradcheck", "gemm",
                "threads", "model", "hard", "documents_nets", "example gradcheck_ops")
QUICK = ("tape", "state", "ops_index", "ops_reduce", "ops_shape", "product", "program", "program_lanes", "map",
         "files", "safetensors", "nn", "optim", "sparse", "linalg", "linalg_together", "names")
LEVELS = ("badinput", "tape", "norm", "softmax", "elementary", "example digits")  # what depends on the CPU's
# What is compiled or linked by others, whose memory the sanitizer does not know.
NOT_INSTRUMENTED = ("compile", "compiled points", "casadi", "examples of compile", "c++", "c++14 numbers",
                    "c++17 numbers without exceptions", "c++17 objectives")
CLANG_RUNTIME = (("/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.msan-*.a", "libclang-rt-dev"),)
# One thread: with threads of its own OpenBLAS gives other bits than without.
WITH_LIBRARIES = (("/usr/lib/*/pkgconfig/openblas.pc", "libopenblas-serial-dev"),
                  ("/usr/include/fftw3.h", "libfftw3-dev"))
# MPI is not instrumented, and that of this machine is for no other.
SANITIZED = ("-Doptimization=1", "-Dmpi=disabled", "-Db_lundef=false", "-Dc_args=-fno-sanitize-recover=all -fno-omit-frame-pointer")

BUILDS = tuple(Build(f"{compiler}-{level}", compiler, options)
               for compiler in ("gcc", "clang") for level, options in OPTIMISED) + (
    Build("unsigned-char", options=("-Dc_args=-funsigned-char",)),
    Build("lto", options=("-Db_lto=true",)),
    Build("level-avx2", options=("-Dlevel=avx2",)),
    Build("level-base", options=("-Dlevel=base",)),
    Build("without-libraries", options=("-Dzlib=disabled", "-Djansson=disabled", "-Dmpi=disabled")),
    Build("with-libraries", options=("-Dlapack=enabled", "-Dfftw=enabled"), packages=WITH_LIBRARIES),
    Build("asan", "clang", ("-Db_sanitize=address,undefined",) + SANITIZED, slow=5,
          packages=CLANG_RUNTIME),
    Build("tsan", options=("-Db_sanitize=thread", "-Dlevel=base") + SANITIZED, slow=10,
          note="AVX levels: threads are the same there"),
    Build("msan", "clang", ("-Db_sanitize=memory", "-Dlevel=base", "-Dzlib=disabled", "-Djansson=disabled") + SANITIZED,
          slow=10, without=NOT_INSTRUMENTED, note="zlib, jansson are not instrumented; AVX levels",
          packages=CLANG_RUNTIME),
    Build("m32", processor="m32"),
    Build("s390x", processor="s390x", without=NOT_EMULATED, slow=20),
    Build("aarch64", processor="aarch64", without=NOT_EMULATED, slow=20),
    Build("no-avx512", processor="no AVX-512", only=LEVELS, slow=20),
    Build("no-avx2", processor="no AVX2", only=LEVELS, slow=20),
)


# ---- what is needed ----

@functools.lru_cache
def runs(compiler):
    """Whether this machine runs what the compiler makes."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "program"
        made = subprocess.run([*compiler, "-x", "c", "-", "-o", program], input="int main(void) { return 0; }",
                              text=True, stderr=subprocess.DEVNULL, check=False)
        try:
            return made.returncode == 0 and subprocess.run([program], check=False).returncode == 0
        except OSError:
            return False


def emulator(processor):
    """What runs its programs; nothing where this machine does."""
    if processor.otherwise and runs(processor.compiler):
        return ()
    return processor.emulator or processor.otherwise


def present(what):
    """Whether there is a file, or a command where it has no folder."""
    return bool(glob.glob(what)) if what.startswith("/") else shutil.which(what) is not None


def missing_packages(build):
    """Packages of this machine that the build needs and does not find."""
    wanted = [("meson", "meson"), ("ninja", "ninja-build"), (build.compiler, build.compiler)]
    wanted += build.packages
    if build.processor:
        wanted += PROCESSORS[build.processor].packages
    missing = [package for what, package in wanted if not present(what)]
    if not missing and build.processor:
        missing += ["qemu-user" for what in emulator(PROCESSORS[build.processor])[:1] if not present(what)]
    return missing


def lacks_libraries(build):
    """Whether libraries of the build's processor are still to be fetched."""
    p = PROCESSORS.get(build.processor)
    return bool(p and p.debian and not (p.sysroot / "usr/include/check.h").exists())


def apt(*arguments, **more):
    """What fails here is missed, and named, afterwards."""
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, **more)


def fetch_libraries(processor):
    """Unpacks a processor's libraries; apt's lists of them are kept apart from the system's."""
    apart = PLACE / ("apt-" + processor.debian)
    for folder in ("lists/partial", "cache/archives/partial"):
        (apart / folder).mkdir(parents=True, exist_ok=True)
    options = ["-o", f"APT::Architectures={processor.debian}", "-o", f"Dir::State::Lists={apart / 'lists'}",
               "-o", f"Dir::Cache={apart / 'cache'}", "-o", "Dir::State::status=/dev/null"]
    apt(*options, "update")
    apt(*options, "download", *(f"{library}:{processor.debian}" for library in LIBRARIES), cwd=apart)
    for package in sorted(apart.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, processor.sysroot], check=True)
    for link in filter(pathlib.Path.is_symlink, list(processor.sysroot.rglob("*.so"))):
        target = os.readlink(link)  # from the root of a system
        if target.startswith("/"):
            link.unlink()
            link.symlink_to(str(processor.sysroot) + target)
    shutil.rmtree(apart)


def install(builds):
    for again in range(2):  # whether an emulator is needed shows when there is a compiler
        packages = sorted({package for build in builds for package in missing_packages(build)})
        if packages and not again:
            apt("update")
        if packages:
            apt("-y", "--no-install-recommends", "install", *packages)
    for key in sorted({build.processor for build in builds if lacks_libraries(build)}):
        fetch_libraries(PROCESSORS[key])


# ---- one build ----

def quoted(words):
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def machine_file(build):
    """The text of meson's cross file."""
    p = PROCESSORS[build.processor]
    lines = ["[binaries]", f"c = {quoted(p.compiler)}", "ar = 'ar'", "strip = 'strip'", "pkgconfig = 'pkg-config'"]
    if emulator(p):
        lines.append(f"exe_wrapper = {quoted(emulator(p))}")
    lines += ["[properties]", f"needs_exe_wrapper = {'true' if emulator(p) else 'false'}"]
    if p.debian:
        libraries, headers = p.sysroot / "usr/lib" / p.triplet, p.sysroot / "usr/include"
        includes = quoted([f"-I{headers}", f"-I{headers / p.triplet}"])
        links = quoted([f"-L{libraries}", f"-Wl,-rpath,{libraries}:{p.sysroot}/lib/{p.triplet}"])
        lines += [f"sys_root = '{p.sysroot}'", f"pkg_config_libdir = '{libraries}/pkgconfig'",
                  "[built-in options]", f"c_args = {includes}", f"c_link_args = {links}"]
    lines += ["[host_machine]", "system = 'linux'", f"cpu_family = '{p.family}'", f"cpu = '{p.family}'",
              f"endian = '{p.endian}'"]
    return "\n".join(lines) + "\n"


def configure(build, folder):
    command = ["meson", "setup", folder, ROOT, "-Dwerror=true", "-Dbench=false", *build.options]
    environment = os.environ | {"CC": build.compiler, "CXX": {"gcc": "g++", "clang": "clang++"}[build.compiler]}
    if build.processor:
        file = PLACE / (build.name + ".ini")
        file.write_text(machine_file(build), encoding="utf-8")
        command += ["--cross-file", file, "-Dmpi=disabled"]
        environment = os.environ
    return command, environment


def introspect(folder, what):
    known = subprocess.run(["meson", "introspect", what, folder], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(known.stdout)


def chosen_tests(build, folder):
    tests = [test for test in introspect(folder, "--tests") if "long" not in " ".join(test["suite"])]
    return [test for test in tests
            if test["name"] not in build.without and (not build.only or test["name"] in build.only)]


def needed_files(build, folder, tests):
    """What ninja makes for the tests; nothing, which is everything, where few are left out."""
    if not build.only:
        return []
    needed = {target for test in tests for target in test["depends"]}
    return [os.path.relpath(file, folder) for target in introspect(folder, "--targets")
            if target["id"] in needed for file in target["filename"]]


def results(folder):
    """(passed, failed, skipped), and the names of programs that failed."""
    tests = read(folder / "meson-logs/testlog.json")
    if not tests:
        return (0, 1, 0), ["no test ran"]
    counts = [count(test) for test in tests]
    bad = [test["name"].split(" / ")[-1] for test, counted in zip(tests, counts) if counted[1]]
    return tuple(map(sum, zip(*counts, (0, 0, 0)))), bad


def run(build):
    """Configures, compiles and tests; a row's last three cells."""
    folder, log = PLACE / build.name, PLACE / (build.name + ".log")
    (folder / "meson-logs/testlog.json").unlink(missing_ok=True)
    command, environment = configure(build, folder)
    slow = {"CK_TIMEOUT_MULTIPLIER": str(4 * build.slow), "TAD_TEST_SAMPLES": str(100000 // build.slow)}
    with open(log, "w", encoding="utf-8") as output:
        def done(words, env):
            return subprocess.run(words, env=env, stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT, check=False).returncode == 0
        if not (folder / "build.ninja").exists() and not done(command, environment):
            return (0, 1, 0), f"does not configure, see {log}"
        tests = chosen_tests(build, folder)
        if not done(["ninja", "-k", "0", "-C", folder, *needed_files(build, folder, tests)], os.environ):
            return (0, 1, 0), f"does not compile, see {log}"
        done(["meson", "test", "-C", folder, "--no-rebuild", "-t", str(4 * build.slow),
              *(test["name"] for test in tests)], os.environ | slow)
    counted, bad = results(folder)
    return counted, f"FAILED: {', '.join(bad)}; see {folder}/meson-logs" if bad else build.note


def slowed(build):
    """The build as it can be run here: where it must be emulated, the tests in which sizes matter most."""
    if not build.processor or not PROCESSORS[build.processor].otherwise or runs(PROCESSORS[build.processor].compiler):
        return build
    return dataclasses.replace(build, without=(), only=QUICK, slow=20, note="emulated")


def split(names):
    return tuple(filter(None, names.split(",")))


def narrowed(build, only, without):
    """The build with the tests that were asked for, of those that it has."""
    chosen = tuple(name for name in only or build.only if name in (build.only or only))
    return dataclasses.replace(build, only=chosen, without=build.without + without)


def row(build):
    """Runs a build if it can be run; prints its row; whether it failed."""
    build = slowed(build)
    missing = missing_packages(build) + (["libraries of " + build.processor] if lacks_libraries(build) else [])
    begin = time.monotonic()
    counted, note = ((0, 0, 0), f"skipped: needs {', '.join(missing)} (--install)") if missing else run(build)
    left = ", ".join(build.without or build.only)
    if left and not missing:
        note = "; ".join(filter(None, [note, ("without " if build.without else "only ") + left]))
    seconds = time.monotonic() - begin
    print(f"{build.name:<18}{counted[0]:>7}{counted[1]:>7}{counted[2]:>8}{seconds:>9.0f}  {note}", flush=True)
    return counted[1] > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--install", action="store_true", help="fetch what is missing first")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--only", default="", metavar="TEST,...", help="run, and compile, these tests alone")
    parser.add_argument("--without", default="", metavar="TEST,...", help="leave these tests out as well")
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    unknown = set(asked.names) - {build.name for build in BUILDS}
    if unknown:
        parser.error("no such build: " + ", ".join(sorted(unknown)))
    builds = [narrowed(build, split(asked.only), split(asked.without))
              for build in BUILDS if not asked.names or build.name in asked.names]
    if asked.only:
        builds = [build for build in builds if build.only]
    if asked.list:
        print("\n".join(build.name for build in builds))
        return 0
    PLACE.mkdir(exist_ok=True)
    if asked.install:
        install(builds)
    print(f"{'build':<18}{'passed':>7}{'failed':>7}{'skipped':>8}{'seconds':>9}  left out", flush=True)
    return 1 if any([row(build) for build in builds]) else 0


if __name__ == "__main__":
    sys.exit(main())
