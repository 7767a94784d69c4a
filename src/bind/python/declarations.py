"""Writes tad/_declarations.py, what the Python module knows of the C headers, when the library is built.

Usage: declarations.py INCLUDE_DIRECTORY OUTPUT LIBRARY_DIRECTORY COMPILER [FLAG...]

The headers are the one place where functions are declared. The compiler's preprocessor reads them, without
the C library's headers; what cffi cannot read is put in words that it can:
- inline functions are declared only: the library has each as a symbol, from bind/foreign.c;
- the word of a tad_var, a union, is an integer: so it is passed in any case.
cffi makes a Python file of that, without compiling anything. Names of parameters, which it does not
keep, are added, and where the library will be installed.
"""
import keyword
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

import cffi

STANDARD = ("stdbool.h", "stddef.h", "stdint.h", "string.h", "stdio.h")
# What scalar.h records in place, the library does too. The order of bytes is of no account here.
DEFINED = ("-DTAD_SCALAR_H", "-DTAD_NO_INLINE", "-DTAD_INLINE=inline", "-D__BYTE_ORDER__=1",
           "-D__ORDER_BIG_ENDIAN__=0", f"-D__SIZEOF_POINTER__={struct.calcsize('P')}")


def preprocessed(include, compiler):
    """All public declarations as the compiler sees them."""
    with tempfile.TemporaryDirectory() as folder:
        for name in STANDARD:
            pathlib.Path(folder, name).write_text("", encoding="utf-8")
        program = "#include <tad/elementwise.h>\n#include <tad/compile.h>\n#include <tad/tad.h>\n"
        command = [*compiler, "-E", "-P", "-nostdinc", "-undef", *DEFINED, "-I", folder, "-I", include,
                   "-x", "c", "-"]
        return subprocess.run(command, input=program, stdout=subprocess.PIPE, text=True, check=True).stdout


def without_bodies(text):
    """`inline T f(...) { ... }` becomes `T f(...);`."""
    parts, end = [], 0
    for found in re.finditer(r"\binline ([^;{]*?)\s*\{", text):
        if found.start() < end:
            continue
        parts += [text[end:found.start()], found[1], ";"]
        end, depth = found.end(), 1
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
    return "".join(parts) + text[end:]


def declarations(include, compiler):
    text = without_bodies(preprocessed(include, compiler))
    union = r"(typedef struct tad_var \{.*?)union \{.*?\} u;(\s*\} tad_var;)"
    return re.sub(union, r"\1uint64_t bits;\2", text, flags=re.S)


def parameters(text):
    """{function: names of its parameters}."""
    named = {}
    for name, inside in re.findall(r"^(?!typedef)[\w \*]*?\b(tad_\w+)\(([^()]*)\)\s*;", text, re.M):
        each = [p.strip() for p in inside.split(",") if p.strip() not in ("void", "...")]
        words = [re.search(r"(\w+)(\[\])?$", p)[1] for p in each]
        named[name] = tuple(w + "_" if keyword.iskeyword(w) else w for w in words)
    return named


def main(include, output, installed, compiler):
    text = declarations(include, compiler)
    ffi = cffi.FFI()
    ffi.cdef(text)
    ffi.set_source("tad._declarations", None)
    ffi.emit_python_code(output)
    with open(output, "a", encoding="utf-8") as file:
        file.write(f"\nparameters = {parameters(text)!r}\ninstalled = {installed!r}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
