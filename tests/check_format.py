"""One handwriting: every C file is as clang-format and .clang-format write it.

Usage: check_format.py ROOT CLANG_FORMAT [--write]

Left out are files that are written by a program. Versions of clang-format differ: the one of Debian 12
decides, with another one the test is skipped.
"""
import pathlib
import re
import subprocess
import sys

VERSION = "14"
GENERATED = {"include/tad/elementwise.h", "include/tad/trace.h"}


def files(root):
    for folder in ("src", "include", "tests", "examples"):
        for path in sorted((root / folder).rglob("*.[ch]")):
            if path.relative_to(root).as_posix() not in GENERATED:
                yield str(path)


def main(root, program, write):
    said = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    version = re.search(r"version (\d+)", said)
    if not version or version[1] != VERSION:
        print(f"clang-format {VERSION} decides, this is: {said.strip()}")
        return 77
    how = ["-i"] if write else ["--dry-run", "-Werror"]
    return subprocess.run([program, "--style=file", *how, *files(root)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], "--write" in sys.argv))
