#!/usr/bin/env python3
"""Writes include/tad/trace.h, which wraps every function that records a variable, from the other
headers. Without --write only compares, and exits with 1 where the file is not what it would write."""
import pathlib
import re
import sys

INCLUDE = pathlib.Path(__file__).resolve().parent.parent / "include" / "tad"
TARGET = INCLUDE / "trace.h"
# They look at variables, or change them without recording.
NOT_RECORDING = {"tad_here", "tad_name", "tad_retain", "tad_node_at", "tad_node_parent"}

HEAD = """/* With TAD_TRACE defined before tad/tad.h: every call that records a variable also notes its file and
 * line, in the node and in the message of a failure. Written by tests/trace_header.py. */
#ifndef TAD_TRACE_H
#define TAD_TRACE_H

#include <tad/tape.h>

#define TAD_HERE(call) tad_here(call, __FILE__, __LINE__)

"""


def names():
    rows = re.findall(r"^TAD_(?:UNARY|OPTION1|OPTION2|BINARY|TERNARY)\s*\((\w+),",
                      (INCLUDE / "scalar.def").read_text(), re.M)
    found = ["tad_" + row for row in rows]
    for header in ("tape.h", "op.h", "ops.h"):
        found += re.findall(r"^TAD_API tad_var (tad_\w+)\(", (INCLUDE / header).read_text(), re.M)
    return [name for name in found if name not in NOT_RECORDING]


def text():
    lines = []
    for name in names():
        lines.append(f"#undef {name}\n#define {name}(...) TAD_HERE({name}(__VA_ARGS__))\n")
    return HEAD + "".join(lines) + "\n#endif\n"


if "--write" in sys.argv:
    TARGET.write_text(text())
elif TARGET.read_text() != text():
    sys.exit("include/tad/trace.h is out of date: run python3 tests/trace_header.py --write")
