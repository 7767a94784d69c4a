#!/usr/bin/env python3
"""Writes the public headers that follow from others: include/tad/elementwise.h, the functions of the rows
of scalar.def, and include/tad/trace.h, which wraps every function that records a variable, and every
verb. Without --write only compares, and exits with 1 where a file is not what it would write."""
import pathlib
import re
import sys
import textwrap

INCLUDE = pathlib.Path(__file__).resolve().parent.parent / "include" / "tad"

# ---- elementwise.h ----

ELEMENTWISE = """/* The functions of elementwise ops, on variables of any shape; operands broadcast. They are the rows of
 * scalar.def, from which tests/generated_headers.py writes this file; docs/ops.md has the defaults of
 * options for calls by name. A 0-d float64 operand is recorded as one node without an array. */
#ifndef TAD_ELEMENTWISE_H
#define TAD_ELEMENTWISE_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

"""
OPERANDS = {"UNARY": ["x"], "OPTION1": ["x"], "OPTION2": ["x"], "BINARY": ["a", "b"], "TERNARY": ["a", "b", "c"]}


def rows():
    """(kind, name, doc, names of options) of every row."""
    table = (INCLUDE / "scalar.def").read_text()
    row = r'^TAD_(UNARY|OPTION1|OPTION2|BINARY|TERNARY)\s*\((\w+),\s*"((?:[^"\\]|\\.)*)"'
    starts = list(re.finditer(row, table, re.M))
    for found, after in zip(starts, starts[1:] + [None]):
        body = table[found.end() : after.start() if after else len(table)]
        yield found[1], found[2], found[3].replace('\\"', '"'), re.findall(r"OPTION\((\w+),", body)


def prototype(kind, name, doc, options):
    arguments = [f"tad_var {x}" for x in OPERANDS[kind]] + [f"double {o}" for o in options]
    line = f"TAD_API tad_var tad_{name}({', '.join(arguments)});"
    if len(line) + len(doc) + 7 <= 100:
        return f"{line} /* {doc} */\n"
    comment = textwrap.wrap(doc, 94, initial_indent="/* ", subsequent_indent=" * ")
    return "\n".join(comment) + f" */\n{line}\n"


def elementwise():
    return ELEMENTWISE + "".join(prototype(*row) for row in rows()) + END


# ---- trace.h ----

# They look at variables, or change them without recording.
NOT_RECORDING = {"tad_here", "tad_name", "tad_retain", "tad_node_at", "tad_node_parent"}

HEAD = """/* With TAD_TRACE defined before tad/tad.h: every call that records a variable also notes its file and
 * line, in the node and in the message of a failure. Written by tests/generated_headers.py. */
#ifndef TAD_TRACE_H
#define TAD_TRACE_H

#include <tad/files.h>
#include <tad/gradcheck.h>
#include <tad/optim.h>
#include <tad/program.h>
#include <tad/safetensors.h>
#include <tad/train.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TAD_HERE(call) tad_here(call, __FILE__, __LINE__)

"""


VERBS = """
/* ---- verbs: their failures have a place ---- */

static inline tad_tape *tad__tape_in(const tad_var *list) { return list ? tad_tape_of(*list) : NULL; }

"""
END = """
#ifdef __cplusplus
}
#endif
#endif
"""


def names():
    found = ["tad_" + name for _, name, _, _ in rows()]
    for header in ("tape.h", "op.h", "ops.h", "files.h"):
        found += re.findall(r"^TAD_API tad_var (tad_\w+)\(", (INCLUDE / header).read_text(), re.M)
    return [name for name in found if name not in NOT_RECORDING]


# How the tape of a verb is found from its first argument of a type that has one.
TAPE = {"tad_var": "tad_tape_of({})", "const tad_var *": "tad__tape_in({})", "tad_tape *": "{}",
        "const tad_dict *": "tad_dict_tape({})", "tad_dict *": "tad_dict_tape({})",
        "tad_net *": "tad_net_tape({})", "tad_optim *": "tad_dict_tape(tad_optim_state({}))"}
NOT_VERBS = {"tad_here_status", "tad_tape_status", "tad_tape_fail"}  # they only report


def verbs():
    """(name, [(type, argument)]) of every function that returns a status and knows a tape."""
    for header in ("tape.h", "diff.h", "dict.h", "nn.h", "optim.h", "program.h", "gradcheck.h", "inspect.h", "train.h", "data.h",
                   "safetensors.h", "files.h"):
        code = re.sub(r"/\*.*?\*/", "", (INCLUDE / header).read_text(), flags=re.S)
        for name, arguments in re.findall(r"^TAD_API (?:TAD_MUST_USE )?tad_status (tad_\w+)\(([^;{]*?)\);", code, re.M):
            split = [re.fullmatch(r"(.*?[ *])(\w+)", " ".join(a.split())) for a in arguments.split(",")]
            if name not in NOT_VERBS and all(split) and any(m[1].strip() in TAPE for m in split):
                yield name, [(m[1].strip(), m[2]) for m in split]


def wrapper(name, arguments):
    """A function that calls a verb and gives its failure a place, and the macro in the verb's place."""
    tape = next(TAPE[kind].format(argument) for kind, argument in arguments if kind in TAPE)
    declared = ", ".join(kind + ("" if kind.endswith("*") else " ") + argument for kind, argument in arguments)
    given = ", ".join(argument for _, argument in arguments)
    own = name.replace("tad_", "tad__traced_", 1)
    return (f"static inline tad_status {own}(const char *tad__file, int tad__line, {declared}) {{\n"
            f"    return tad_here_status({tape}, {name}({given}), tad__file, tad__line);\n}}\n"
            f"#undef {name}\n#define {name}(...) {own}(__FILE__, __LINE__, __VA_ARGS__)\n")


def trace():
    lines = []
    for name in names():
        lines.append(f"#undef {name}\n#define {name}(...) TAD_HERE({name}(__VA_ARGS__))\n")
    lines.append(VERBS)
    lines += [wrapper(*verb) for verb in verbs()]
    return HEAD + "".join(lines) + END


def main(write):
    stale = False
    for name, text in (("elementwise.h", elementwise()), ("trace.h", trace())):
        path = INCLUDE / name
        if write:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"include/tad/{name} is out of date: run python3 tests/generated_headers.py --write")
            stale = True
    return stale


sys.exit(main("--write" in sys.argv))
