"""The C in the documentation, compiled and run.

Usage: check_snippets.py [--pictures] ROOT COMPILER [FLAG...] -- PAGE...

Every block marked as C in a page is one of three:
- a program (it has a main): compiled and run as it is;
- statements: compiled and run inside a main that has the tape `t` and, at the end, prints its error;
- a quotation, when the line before the block is <!-- from FILE -->: it must stand in that file,
  line by line; it is compiled there.
When a block marked as text follows, the program must have printed that (compared as in
compare_output.py). What is meant to fail says so by printing the message it expects.

Programs run as at the top of the repository: examples/ is there, and build/ for what they write. A
picture they draw there (as .svg, or .dot for Graphviz) stands beside the page, with the same words in
it. --pictures puts all of them there anew.
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from compare_output import difference

BLOCK = re.compile(r"(?:<!-- from (\S+) -->\n)?^```(c|text)\n(.*?)^```$", re.M | re.S)

FRAME = """#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <tad/tad.h>
%s
int main(void) {
    tad_tape *t = tad_tape_new(NULL);
#line %d "%s"
%s
    if (tad_tape_status(t) != TAD_OK) printf("%%s\\n", tad_message(t));
    tad_tape_free(t);
    return 0;
}
"""


def blocks(page):
    """(file quoted or None, language, text, line) of every block of a page."""
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        yield found[1], found[2], found[3], text[: found.start(3)].count("\n") + 1


def source(code, line, page):
    if "int main(" in code:
        return code
    includes = "\n".join(l for l in code.splitlines() if l.startswith("#include"))
    body = "\n".join("" if l.startswith("#include") else l for l in code.splitlines())
    return FRAME % (includes, line, page.name, body)


def run(code, compiler, folder):
    """What the program prints, or a complaint."""
    file, program = folder / "snippet.c", folder / "snippet"
    file.write_text(code, encoding="utf-8")
    flags_before = [f for f in compiler[1:] if not f.startswith(("-l", "/"))]
    libraries = [f for f in compiler[1:] if f.startswith(("-l", "/"))]
    built = subprocess.run([compiler[0], *flags_before, str(file), "-o", str(program), *libraries],
                           stderr=subprocess.PIPE, text=True, check=False)
    if built.returncode:
        return None, built.stderr
    wrapper = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))  # an emulator, in some builds
    ran = subprocess.run(wrapper + [str(program)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, check=False)
    return ran.stdout, f"exit status {ran.returncode}" if ran.returncode else None


def check_page(root, page, compiler, folder):
    printed, count, bad = None, 0, 0
    for quoted, language, text, line in blocks(page):
        complaint = None
        if quoted:
            count += 1
            if text.strip("\n") not in (root / quoted).read_text(encoding="utf-8"):
                complaint = f"is not in {quoted}"
        elif language == "c":
            count += 1
            printed, complaint = run(source(text, line, page), compiler, folder)
        elif printed is not None:
            complaint = difference(text.splitlines(), printed.splitlines())
            printed = None
        if complaint:
            bad += 1
            print(f"{page.name}:{line}: {complaint}")
    return count, bad


def words(picture):
    """What an SVG picture says, numbers apart."""
    text = picture.read_text(encoding="utf-8") if picture.exists() else ""
    return [word for word in re.findall(r"<text\b[^>]*>([^<]*)", text) if re.search("[A-Za-z]", word)]


def check_pictures(page, drawn, anew):
    """How many of the pictures that a page's programs drew are not those beside it."""
    if shutil.which("dot"):
        for graph in drawn.glob("*.dot"):
            subprocess.run(["dot", "-Tsvg", graph, "-o", graph.with_suffix(".svg")], check=True)
    bad = 0
    for picture in sorted(drawn.glob("*.svg")):
        beside = page.parent / picture.name
        if anew:
            shutil.copy(picture, beside)
        elif words(picture) != words(beside):
            bad += 1
            print(f"{page.name}: {picture.name} has other words than it draws: ninja -C build pictures")
        picture.unlink()
    return bad


def main(root, arguments, anew):
    cut = arguments.index("--")
    compiler, pages = arguments[:cut], arguments[cut + 1:]
    count = bad = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "build").mkdir()
        (folder / "examples").symlink_to((root / "examples").resolve())
        for page in map(pathlib.Path, pages):
            n, wrong = check_page(root, page, compiler, folder)
            count, bad = count + n, bad + wrong + check_pictures(page, folder / "build", anew)
    print(f"{max(count - bad, 0)} passed, {bad} failed")
    return 1 if bad or count == 0 else 0


if __name__ == "__main__":
    given = sys.argv[1:]
    draw = given[0] == "--pictures"
    sys.exit(main(pathlib.Path(given[draw]), given[draw + 1:], draw))
