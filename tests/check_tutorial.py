"""The tutorial: the same in every language, and nothing in it that nothing holds.

Usage: check_tutorial.py FOLDER

FOLDER has the pages in English, FOLDER/zh the same ones in Chinese. Checked is that
- programs, what they print, and quotations are the same in both, in the same order;
- a number in the text stands in a program or in an output of its page (check_snippets.py runs and
  compares these), formulas in `code` or indented apart;
- links and pictures lead somewhere, every picture is shown, and none is large.
"""
import pathlib
import re
import sys

from check_snippets import BLOCK, blocks

LARGEST = 40000  # bytes of a picture
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?(?![A-Za-z])")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def code(page):
    return [found[:3] for found in blocks(page)]


def numbers(text):
    return {float(n.replace(",", "")) for n in NUMBER.findall(text)}


def prose(page):
    """The text of a page without blocks, formulas, headings and where links lead."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    text = re.sub(r"`[^`]*`", "", text)
    lines = [l for l in text.splitlines() if not l.startswith(("    ", "#"))]
    return LINK.sub("]", "\n".join(lines))


def check_numbers(page):
    """Numbers in the text that nothing holds. The page of contents is asked for none."""
    if page.name == "README.md":
        return []
    held = set()
    for found in blocks(page):
        # in an output also what is joined to a word: W1, 1e-05, >=0.95
        held |= {float(n) for n in re.findall(r"\d+\.?\d*(?:e[-+]?\d+)?", found[2])}
    return [f"{n:g} stands in no program and no output" for n in sorted(numbers(prose(page)) - held)]


def check_links(page):
    targets = LINK.findall(BLOCK.sub("", page.read_text(encoding="utf-8")))
    return [f"{t} leads nowhere" for t in targets if not t.startswith("http") and not (page.parent / t).exists()]


def check_pair(page, other):
    if not other.exists():
        return [f"is not in {other.parent.name}/"]
    complaints = []
    if code(page) != code(other):
        complaints.append(f"programs and outputs are not those of {other.parent.name}/{other.name}")
    shown = [set(re.findall(r"([\w-]+\.svg)", p.read_text(encoding="utf-8"))) for p in (page, other)]
    if shown[0] != shown[1]:
        complaints.append(f"pictures are not those of {other.parent.name}/{other.name}")
    return complaints


def check_pictures(folder, text):
    for picture in sorted(folder.glob("*.svg")):
        if f"({picture.name})" not in text:
            yield f"{picture.name}: no page shows it"
        if picture.stat().st_size > LARGEST:
            yield f"{picture.name}: larger than {LARGEST} bytes"


def main(folder):
    pages = sorted(folder.glob("*.md"))
    complaints = [f"zh/{p.name}: is not in English" for p in (folder / "zh").glob("*.md") if folder / p.name not in pages]
    for page in pages:
        other = folder / "zh" / page.name
        found = check_pair(page, other)
        for each in (page, other) if other.exists() else (page,):
            found += [f"({each.parent.name}) {c}" for c in check_numbers(each) + check_links(each)]
        complaints += [f"{page.name}: {c}" for c in found]
    complaints += check_pictures(folder, "".join(p.read_text(encoding="utf-8") for p in pages))
    for complaint in complaints:
        print(complaint)
    print(f"{len(pages)} passed, {len(complaints)} failed")
    return 1 if complaints or not pages else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
