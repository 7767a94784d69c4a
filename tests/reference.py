"""The reference, docs/reference/: a page for each public header, made from the header.

Usage: reference.py ROOT [--write]

A header is read as it is laid out: what stands between two empty lines belongs together, and a comment before it says
what it is. Behind it stand examples of its functions, which reference_examples.py takes from programs that are run:
a function without one is a failure. Without --write, compares: a page that is not what its header says is a failure.
"""
import pathlib
import re
import sys

from abi import PROTOTYPE, code as without_comments
from reference_examples import Examples

# In reading order; what they are about is said by their first lines.
HEADERS = ("tape.h", "elementwise.h", "ops.h", "diff.h", "map.h", "gradcheck.h", "inspect.h", "dict.h", "nn.h", "optim.h", "data.h",
           "train.h", "safetensors.h", "files.h", "program.h", "compile.h", "dist.h", "mpi.h", "op.h", "foreign.h", "sink.h", "status.h")
MOST = 12  # names in a heading: a longer list has none
WORDS = re.compile(r"\b(?:TAD_API|TAD_MUST_USE|TAD_INLINE)\s+")


def prose(comment):
    """The text of a comment; lines of code in it stay as they are."""
    text = comment.strip().removeprefix("/*").removesuffix("*/").strip("\n")
    lines = [re.sub(r"^ ?\* ?", "", line.strip() if not line.startswith(" *") else line) for line in text.split("\n")]
    return "\n".join(line if line.startswith("    ") else escaped(line) for line in lines).strip("\n").strip()


def escaped(line):
    """What Markdown would take for signs of its own."""
    return line.replace("*", "\\*").replace("<", "&lt;")


def without_frames(text):
    """Without what only compilers read: guards, includes, C++ (of two branches that of C)."""
    text = re.sub(r"^#if(?:def __cplusplus| defined\(__cplusplus\))\n(.*?)(?:^#else\n(.*?))?^#endif\n",
                  lambda m: m[2] or "", text, flags=re.M | re.S)
    text = re.sub(r"^#(?:include|ifndef TAD_\w*_H|define TAD_\w*_H$).*\n", "", text, flags=re.M)
    return text.rstrip().removesuffix("#endif")


def blocks(text):
    """What stands between empty lines; one of a body stays with it."""
    found, depth = [], 0
    for block in re.split(r"\n\s*\n", text):
        if found and depth > 0:
            found[-1] += "\n\n" + block
        elif block.strip():
            found.append(block.strip("\n"))
        code = re.sub(r"/\*.*?\*/", "", block, flags=re.S)
        depth += code.count("{") - code.count("}")
    return found


def entries(block):
    """(comment or None, code): a comment that begins a line says what follows, up to the next one."""
    parts = re.split(r"^(/\*.*?\*/)$", block, flags=re.M | re.S)
    found = [(None, parts[0])] if parts[0].strip() else []
    return found + list(zip(parts[1::2], parts[2::2]))


def declared(code):
    """The names that a block is looked up by."""
    plain = re.sub(r"/\*.*?\*/", "", code, flags=re.S)
    return list(dict.fromkeys(re.findall(r"^(?:TAD_API|TAD_INLINE)[^;{}()]*?\b(tad_\w+)\(", plain, re.M)
                              + re.findall(r"^\} (tad_\w+);", plain, re.M)
                              + re.findall(r"^typedef [^{};]*?\b(tad_\w+)(?:;|\()", plain, re.M)
                              + re.findall(r"^#define ([A-Z]\w+)", plain, re.M)))


def shown(code):
    """Declarations; of functions that the header defines the first line."""
    code = re.sub(r"^(TAD_INLINE[^{;]*?)\s*\{.*?^\}$", r"\1;", code, flags=re.M | re.S)
    code = re.sub(r"^(TAD_INLINE[^{;]*?)\s*\{.*\}$", r"\1;", code, flags=re.M)
    return WORDS.sub("", code).strip("\n")


def entry(comment, code, example):
    """A heading for some names, what is said of them, how they are declared, how they are called."""
    names = [n for n in declared(code) if "__" not in n]
    if not comment and code.startswith("#if"):
        return []
    lines = ["### " + ", ".join(f"`{n}`" for n in names), ""] if 0 < len(names) <= MOST else []
    lines += [prose(comment), ""] if comment else []
    lines += ["```c", shown(code), "```", ""] if names and code.strip() else []
    return lines + [line for piece in example(names) for line in ("Example:", "", "```c", piece, "```", "")]


def functions_of(path):
    return {name for _, name, _ in PROTOTYPE.findall(without_comments(path)) if "__" not in name}


def opened(text):
    """The comment that a header opens with, and the rest."""
    return re.match(r"(/\*.*?\*/)\n(.*)", text, re.S).groups()


def page(header, text, examples, functions):
    opening, rest = opened(text)
    title, _, about = prose(opening).partition("\n")
    lines = [f"# {header}", "", title + ("\n" + about if about else ""), ""]
    for block in blocks(without_frames(rest)):
        section = re.fullmatch(r"/\* ---- (.*?) ---- ?(.*?)\*/", block, re.S)
        if section:
            lines += [f"## {section[1][:1].upper()}{section[1][1:]}", ""]
            lines += [prose("/* " + section[2].strip() + "*/"), ""] if section[2].strip() else []
            continue
        for comment, code in entries(block):
            lines += entry(comment, code, lambda names: examples.of([n for n in names if n in functions], functions))
    return "\n".join(lines).rstrip("\n") + "\n"


def names_of(text):
    """What a header declares, in its order, with or without a heading of its own."""
    found = [n for block in blocks(without_frames(opened(text)[1])) for _, code in entries(block) for n in declared(code)]
    return [n for n in dict.fromkeys(found) if "__" not in n]


def index(headers):
    lines = ["# Reference", "", "Made from the public headers by `tests/reference.py`; the tests compare it. Ops by name, with",
             "their options, are in [../ops.md](../ops.md).", "",
             "Examples are run by the tests: what stands behind a call as a comment is what it gives, arrays in",
             "brackets and numbers to six digits. `t` is a tape.", ""]
    for header, text in headers.items():
        lines += [f"- [{header}]({header}.md): {', '.join(f'`{n}`' for n in names_of(text))}"]
    return "\n".join(lines) + "\n"


def main(root, writes):
    folder, include = root / "docs/reference", root / "include/tad"
    examples = {h: Examples(root / "tests/reference", h) for h in HEADERS}
    headers = {h: (include / h).read_text(encoding="utf-8") for h in HEADERS}
    made = {f"{h}.md": page(h, text, examples[h], functions_of(include / h)) for h, text in headers.items()}
    made["README.md"] = index(headers)
    missing = {p.name for p in include.glob("*.h")} - set(HEADERS) - {"tad.h", "scalar.h", "trace.h"}
    wrong = [f"{h}: not in HEADERS" for h in sorted(missing)] + [w for e in examples.values() for w in e.wrong]
    for name, text in made.items():
        if writes:
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        elif not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text:
            wrong.append(f"docs/reference/{name} is not what the header says: python3 tests/reference.py . --write")
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), "--write" in sys.argv))
