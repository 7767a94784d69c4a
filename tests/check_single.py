"""The library as one file: it compiles without a warning, and tests and an example pass with it.

Usage: check_single.py ROOT TAD_C COMPILER FLAG...

TAD_C is tad.c, with tad.h beside it, and all that the programs here have: <tad/NAME.h> is tad.h for them.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from compare_output import difference

WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Werror")
TESTS = ("tape", "diff", "program")
EXAMPLE = "chain_rule"


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)


def headers(root, folder, header):
    """A folder with tad.h under all the names that programs include."""
    (folder / "tad").mkdir()
    for name in (root / "include" / "tad").glob("*.h"):
        (folder / "tad" / name.name).write_text('#include "../tad.h"\n', encoding="utf-8")
    shutil.copy(header, folder / "tad.h")


def check_flags():
    return run("pkg-config", "--cflags", "--libs", "check").stdout.split()


def steps(root, folder, source, compiler):
    """(name, complaint or None) of each."""
    done = run(*compiler, *WARNINGS, "-c", source, "-o", folder / "tad.o")
    yield "tad.c compiles", done.stdout or None
    rest = [folder / "tad.o", "-lm", "-pthread"]
    for name in (EXAMPLE, *("test_" + t for t in TESTS)):
        path = root / ("examples" if name == EXAMPLE else "tests") / (name + ".c")
        strict = WARNINGS if name == EXAMPLE else ()
        done = run(*compiler, *strict, "-I", folder, path, "-o", folder / name, *rest,
                   *(() if name == EXAMPLE else check_flags()))
        if done.returncode:
            yield name, done.stdout
        else:
            ran = run(folder / name, cwd=folder, env=dict(os.environ, CK_VERBOSITY="minimal"))
            yield name, complaint(root, name, ran)


def complaint(root, name, ran):
    if name == EXAMPLE and ran.returncode == 0:
        expected = (root / "examples" / (EXAMPLE + ".out")).read_text(encoding="utf-8")
        return difference(expected.splitlines(), ran.stdout.splitlines())
    return ran.stdout if ran.returncode else None


def main(root, source, compiler):
    number = failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        headers(root, folder, source.with_name("tad.h"))
        for step, wrong in steps(root, folder, source, compiler):
            number += 1
            failed += wrong is not None
            print("not ok" if wrong else "ok", number, "-", step)
            if wrong:
                print("# " + wrong.replace("\n", "\n# "))
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), sys.argv[3:]))
