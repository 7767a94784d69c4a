"""The binary interface: what programs that were compiled with the headers rest on, kept in docs/abi.txt.

Usage: abi.py ROOT [--write] [LIBRARY...]

Every function, struct, union, enum and type of the public headers is a line; docs/abi.md says what a line that
is gone, changed or new means. --write keeps what is there now. The shared LIBRARYs must export the functions
with the version of TAD_ABI, and nothing else. With nm of binutils.
"""
import pathlib
import re
import subprocess
import sys

HEAD = """# The binary interface of tad, from its public headers: python3 tests/abi.py . --write
# docs/abi.md says what may change.
ABI {}
"""
WORDS = re.compile(r"\b(TAD_API|TAD_MUST_USE|TAD__DIRECT)\s+")
PROTOTYPE = re.compile(r"^(?:TAD_API|TAD_INLINE)\s+([^;{}()]*?)\b(tad_\w+)\(([^;{}()]*)\)"
                       r"\s*(?:TAD_PRINTF\(\d, \d\))?[;{]", re.M)
# Positions of rows that inline functions write into nodes.
INLINE_ROW = re.compile(r"TAD__(?:ROW_|OWN\(|IN_PLACE_\w\()(\w+)")


def code(path):
    """A header's text as C has it, without comments and directives; lists of codes in the place of their macro."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S).replace("\\\n", " ")
    text = re.sub(r"^#if(?:def __| defined\(__)cplusplus.*?^#(?:endif|else).*?$", "", text, flags=re.M | re.S)
    lists = {name: re.sub(r'".*?"', "", body) for name, body in re.findall(r"^#define (\w+_LIST)\(\w\)(.*)$", text, re.M)}
    prefixes = dict(re.findall(r"^#define (\w+)\(code, .*?\) +(\w+)##code,$", text, re.M))
    text = re.sub(r"\b(\w+_LIST)\((\w\w+)\)", lambda m: "".join(
        f"{prefixes[m[2]]}{c}, " for c in re.findall(r"\b\w\((\w+)", lists[m[1]])), text)
    return re.sub(r"^[ \t]*#.*$", "", text, flags=re.M)


def types(text):
    """Every declaration of a type."""
    depth = start = 0
    for found in re.finditer(r"[{};]", text):
        depth += (found[0] == "{") - (found[0] == "}")
        declared = text[start:found.end()].strip()
        of_type = re.match(r"typedef\b|(?:struct|enum|union) \w+\s*\{", declared)
        if depth == 0 and (found[0] == ";" or not of_type):
            start = found.end()
            if of_type:
                yield declared


def line(text):
    text = " ".join(WORDS.sub("", text).split())
    return re.sub(r"\( | (?=[),;])", lambda m: m[0].strip(), text)


def without_names(parameters):
    """int a, const double *b: int, const double *"""
    found = [re.sub(r"(?<=[ *])\w+$", "", line(p)).strip() if " " in line(p) else line(p)
             for p in parameters.split(",")]
    return ", ".join(found)


def rows(include):
    names = re.findall(r"^TAD_(?:UNARY|OPTION1|OPTION2|BINARY|TERNARY)\s*\((\w+),",
                       (include / "scalar.def").read_text(encoding="utf-8"), re.M)
    used = INLINE_ROW.findall((include / "scalar.h").read_text(encoding="utf-8"))
    return [f"row {name} {names.index(name)}" for name in sorted(set(used)) if name in names]


def interface(include, libraries):
    """Its lines, and the names of functions that the libraries are to have: tad-mpi is built where there is MPI."""
    lines, functions = rows(include), set()
    for header in sorted(include.glob("*.h")):
        text = code(header)
        for result, name, parameters in PROTOTYPE.findall(text):
            if header.name != "mpi.h" or any("tad-mpi" in library for library in libraries):
                functions.add(name)
            lines.append(f"{line(result)} {name}({without_names(parameters)});".replace("* tad", "*tad"))
        lines += map(line, types(text))
    return sorted(set(lines)), functions


def number(include):
    return re.search(r"^#define TAD_ABI (\d+)$", (include / "status.h").read_text(encoding="utf-8"), re.M)[1]


def exported(libraries):
    """(name, version) of what shared libraries export."""
    for library in libraries:
        for said in subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", library], check=True,
                                   stdout=subprocess.PIPE, text=True).stdout.splitlines():
            kind, name = said.split()[-2:]
            if kind != "A":
                yield tuple(re.split("@+", name + "@")[:2])


def complaints(kept, now, functions, libraries, abi):
    yield from (f"gone or changed: {l}" for l in kept if l not in now)
    yield from (f"new: {l}" for l in now if l not in kept)
    found = dict(exported(libraries))
    if libraries:
        yield from (f"declared, but not exported: {f}" for f in sorted(functions - set(found)))
        yield from (f"exported, but not declared: {f}" for f in sorted(set(found) - functions))
        yield from (f"{f} has version {v}, not TAD_{abi}" for f, v in sorted(found.items()) if v != f"TAD_{abi}")


def main(root, arguments):
    include, path = root / "include" / "tad", root / "docs" / "abi.txt"
    libraries = [a for a in arguments if a != "--write"]
    lines, functions = interface(include, libraries)
    abi = number(include)
    kept = path.read_text(encoding="utf-8").splitlines()[2:] if path.exists() else []
    now = [f"ABI {abi}", *lines]
    if "--write" in arguments:
        if kept[:1] == now[:1] and set(kept) - set(now):
            print(f"lines of ABI {abi} are gone or changed: raise TAD_ABI, unless no version with them is out")
        path.write_text(HEAD.format(abi) + "\n".join(lines) + "\n", encoding="utf-8")
        return 0
    found = list(complaints(kept, now, functions, libraries, abi))
    print("\n".join(found[:40]))
    if found:
        print("docs/abi.md says what this means; python3 tests/abi.py . --write keeps what is there now")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2:]))
