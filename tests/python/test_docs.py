"""The Python of docs/python.md and README.md, run; what it prints is what the pages say."""
import contextlib
import io
import os
import pathlib
import re
import sys

import numpy as np
import pytest

import tad

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from compare_output import difference  # noqa: E402

BLOCK = re.compile(r"^```python\n(.*?)^```$(?:\n```text\n(.*?)^```$)?", re.M | re.S)


def pieces():
    for page in ("README.md", "docs/python.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            yield pytest.param(found[1], found[2], id=f"{page}:{text[:found.start()].count(chr(10)) + 1}")


@pytest.mark.parametrize("code,says", pieces())
def test_piece(code, says, tmp_path):
    printed, here = io.StringIO(), os.getcwd()
    os.chdir(tmp_path)
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "piece", "exec"), {"np": np, "tad": tad})
    finally:
        os.chdir(here)
    if says is not None:
        found = difference(says.splitlines(), printed.getvalue().rstrip().splitlines())
        assert found is None, printed.getvalue()


def test_the_guides_chapters_are_all_there():
    def chapters(page):
        return re.findall(r"^## (.*)", (ROOT / page).read_text(encoding="utf-8"), re.M)
    assert chapters("docs/python.md") == chapters("docs/guide.md")
