"""Architecture, as a test: includes and calls point only downwards, and each thing lives in one place.

Usage: check_layers.py ROOT STATIC_LIBRARY   (with nm of binutils)

The folders of src/ are floors, from the bottom to the top. A file may include files of its own floor, of the floors and files that
its line names, and public headers. A folder without a line fails: a new one must say where it belongs.
"""
import pathlib
import re
import sys

from check_symbols import symbols

# Floor: what it may use.
FLOORS = {
    "base": "",
    "kernel": "base",
    "array": "base kernel",
    "tape": "base kernel array",
    "sweep": "base kernel array tape",
    "ops": "base kernel array tape",
    "registry": "base kernel array tape ops",
    "program": "base kernel array tape registry",
    "derive": "base kernel array tape sweep",
    "map": "base kernel array tape program/points.h program/c_points.h",
    "gradcheck": "base array/shape.h",
    "cc": "",
    "mpi": "",
    "bind": "",
    "show": "base array/words.h",
    "nn": "base kernel array tape/hook.h",
    "io": "base kernel array tape/error.h tape/handle.h tape/owned.h tape/tape.h nn/dataset.h",
    "dist": "base array tape nn/optim.h",
}
# Public headers, from the bottom to the top: each may include those of its own line and before.
PUBLIC = [
    "status.h",
    "sink.h tape.h",
    "op.h elementwise.h",
    "scalar.h scalar.def",
    "ops.h diff.h inspect.h",
    "dict.h gradcheck.h program.h",
    "nn.h optim.h data.h safetensors.h files.h compile.h map.h foreign.h",
    "train.h dist.h",
    "mpi.h",
    "trace.h tad.h tad.hpp",
]
# The engine: floors that know no op by name.
ENGINE = ("array", "tape", "sweep")
# What a floor may see of the public headers: those of PUBLIC up to this one.
HIGHEST = {"base": "tape.h", "kernel": "scalar.h", "array": "op.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:<(tad/[^>]+)>|"([^"]+)")', re.M)


def rank(header):
    """The line of a public header; None: it has none."""
    return next((i for i, line in enumerate(PUBLIC) if header in line.split()), None)


def included(root, path):
    """The files of this project that a file includes, relative to root."""
    for public, own in INCLUDE.findall(path.read_text(encoding="utf-8")):
        places = [root / "include" / public] if public else [path.parent / own, root / "src" / own]
        found = next((p for p in places if p.exists()), None)
        if found:
            yield found.resolve().relative_to(root).as_posix()


def known_ops(root):
    """What the engine knows of single ops: nothing, but what its basis hands it."""
    table = (root / "include/tad/scalar.def").read_text(encoding="utf-8")
    header = (root / "include/tad/ops.h").read_text(encoding="utf-8")
    names = {*re.findall(r"^TAD_\w+\((\w+),", table, re.M), *re.findall(r"^TAD_API tad_var tad_(\w+)\(", header, re.M)}
    for floor in ENGINE:
        for path in sorted((root / "src" / floor).glob("*.c")):
            for used in re.findall(r"\btad_(\w+)\(", path.read_text(encoding="utf-8")):
                if used in names:
                    yield f"{path.relative_to(root)} knows the op {used}"


def may_include(name, other):
    """Whether file `name` may include `other`; both below the root."""
    folder, file = other.rsplit("/", 1)
    if name.startswith("include/"):
        return folder == "include/tad" and rank(file) <= rank(name.rsplit("/", 1)[1])
    floor = name.split("/")[1]
    if folder == "include/tad":
        return floor not in HIGHEST or rank(file) <= rank(HIGHEST[floor])
    used = [floor, *FLOORS[floor].split()]
    return other.split("/")[1] in used or other.removeprefix("src/") in used


def complaints(root):
    yield from known_ops(root)
    files = [p for folder in ("include/tad", "src") for p in (root / folder).rglob("*")
             if p.suffix in (".c", ".h", ".hpp", ".def")]
    for path in sorted(files):
        name = path.relative_to(root).as_posix()
        placed = rank(path.name) is not None if name.startswith("include/") else name.split("/")[1] in FLOORS
        if not placed:
            yield f"{name}: tests/check_layers.py does not say where it belongs"
            continue
        for other in included(root, path):
            if not may_include(name, other):
                yield f"{name} includes {other}, which is not below it"


def floor_of(name):
    """The floor of an object, whose name begins with its folder; those of a level have none."""
    return "kernel" if name.endswith("_kernel.c.o") else name.split("_")[0]


def calls_upwards(library):
    """What an object takes from one of a floor above it, through whatever header."""
    height = {floor: i for i, floor in enumerate(FLOORS)}
    home = {name: where for where, kind, name in symbols(library) if kind not in "Uu"}
    for where, kind, name in symbols(library):
        other = home.get(name, where)
        if kind == "U" and height[floor_of(where)] < height[floor_of(other)]:
            yield f"{where} takes {name} from {home[name]}, which is not below it"


def main(root, library):
    found = [*complaints(root), *calls_upwards(library)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]))
