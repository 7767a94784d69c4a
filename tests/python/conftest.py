"""Every test has a tape of its own, and finds it empty of failures."""
import pytest

import tad


@pytest.fixture(autouse=True)
def tape():
    with tad.Tape(seed=1) as made:
        yield made
        assert tad._library.lib.tad_tape_status(made.pointer) == 0
