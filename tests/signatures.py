"""Writes how ops are called from C, for opdoc.c: every function of the headers of ops.

Usage: signatures.py INCLUDE_DIRECTORY > signatures.h

SIGNATURE(name, call) for each; in a call, a parameter without a type is a tad_var.
"""
import pathlib
import re
import sys


def short(arguments):
    split = [" ".join(a.split()) for a in arguments.split(",")]
    return ", ".join(re.sub(r"^tad_var (?=\w+$)", "", a) for a in split)


def main(include):
    for header in ("elementwise.h", "ops.h"):
        code = re.sub(r"/\*.*?\*/", "", (include / "tad" / header).read_text(encoding="utf-8"), flags=re.S)
        for name, arguments in re.findall(r"^TAD_API (?:tad_var|tad_csr) (tad_\w+)\(([^;]*?)\);", code, re.M):
            print(f'SIGNATURE("{name[4:]}", "{name}({short(arguments)})")')


main(pathlib.Path(sys.argv[1]))
