"""Architecture, as a test: includes point only downwards, and each thing lives in one place.

Usage: check_layers.py ROOT

Every file of include/tad and src is matched by the first pattern below that fits; it may include
files of its own line and of the lines before it. A file that no pattern fits fails: a new module must
say where it belongs.
"""
import fnmatch
import pathlib
import re
import sys

# From the bottom to the top.
LAYERS = [
    "include/tad/status.h src/base.h src/status.c",
    "include/tad/tape.h",
    "src/memory.[ch] src/threads.[ch]",
    "include/tad/op.h include/tad/scalar.h include/tad/scalar.def",
    "src/shape.[ch]",
    "src/kernel/*",
    "include/tad/ops.h include/tad/diff.h include/tad/inspect.h",
    "src/tape.h src/update.h",
    "src/tape.c src/apply.c src/array.c src/leaf.c src/owned.c src/read.c src/inspect.c src/update.c src/version.c",
    "src/rule.[ch] src/reverse.c src/grad.c",
    "src/ops/* src/registry.h",
    "src/registry.c src/call.c src/diff.c",
    "include/tad/dict.h include/tad/gradcheck.h",
    "include/tad/nn.h include/tad/optim.h include/tad/data.h include/tad/safetensors.h",
    "src/io/*",
    "src/gradcheck/* src/text.h src/show/show.h",
    "include/tad/train.h",
    "include/tad/trace.h include/tad/tad.h",
]
# Neither of each pair may include the other, although their lines would let one.
SWEEPS = "src/rule.[ch] src/reverse.c src/grad.c"
APART = [(SWEEPS, "src/ops/*")]
# The ops that sweeps may know by name: what it takes to add gradients up, undo broadcasting, and keep
# zeros strong.
ADDING_UP = {"add", "sum_to", "broadcast_to", "cast", "where", "equal", "sub"}
# Compositions: these may include public headers and, of src/, only what the second list says.
ON_TOP = [
    ("src/text.[ch] src/show/*", "src/text.h src/show/*"),
    ("src/nn/*", "src/nn/* src/text.h src/update.h"),
    ("src/io/data.c src/io/idx.[ch] src/io/source.[ch]", "src/io/* src/base.h"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:<(tad/[^>]+)>|"([^"]+)")', re.M)


def fits(name, patterns):
    return any(fnmatch.fnmatch(name, p) for p in patterns.split())


def layer(name):
    for i, patterns in enumerate(LAYERS):
        if fits(name, patterns):
            return i
    return None


def included(root, path):
    """The files of this project that a file includes, relative to root."""
    for public, own in INCLUDE.findall(path.read_text(encoding="utf-8")):
        target = root / "include" / public if public else path.parent / own
        if not target.exists() and own:
            target = root / "src" / own
        if target.exists():
            yield target.resolve().relative_to(root).as_posix()


def op_names(root):
    """The names of all ops that have a function."""
    table = (root / "include/tad/scalar.def").read_text(encoding="utf-8")
    header = (root / "include/tad/ops.h").read_text(encoding="utf-8")
    rows = re.findall(r"^TAD_\w+\((\w+),", table, re.M)
    return {*rows, *re.findall(r"^TAD_API tad_var tad_(\w+)\(", header, re.M)}


def known_ops(root):
    """What sweeps know of single ops."""
    names = op_names(root) - ADDING_UP
    for path in (root / "src").rglob("*.c"):
        name = path.relative_to(root).as_posix()
        if fits(name, SWEEPS):
            for used in re.findall(r"\btad_(\w+)\(", path.read_text(encoding="utf-8")):
                if used in names:
                    yield f"{name} knows the op {used}"


def complaints(root):
    yield from known_ops(root)
    files = [p for folder in ("include/tad", "src") for p in (root / folder).rglob("*")
             if p.suffix in (".c", ".h", ".def")]
    for path in sorted(files):
        name = path.relative_to(root).as_posix()
        top = next((only for patterns, only in ON_TOP if fits(name, patterns)), None)
        if top is None and layer(name) is None:
            yield f"{name}: no layer of tests/check_layers.py fits"
            continue
        for other in included(root, path):
            if any(fits(x, a) and fits(y, b) for a, b in APART for x, y in ((name, other), (other, name))):
                yield f"{name} includes {other}: they are not to know each other"
            if top is not None:
                if other.startswith("src/") and not fits(other, top):
                    yield f"{name} rests on public headers, but includes {other}"
            elif layer(other) is None or layer(other) > layer(name):
                yield f"{name} includes {other}, which is above it"


def main(root):
    found = list(complaints(root))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
