"""Special functions beside the tables that Boost and SciPy test theirs with, where Debian's SciPy is there. A limit
above 1e-14 stands where the function itself loses digits: its value is so far from 1 that the last bit of an argument
moves it by as much."""
import pathlib

import numpy as np
import pytest
import tad

scipy = pytest.importorskip("scipy.special")
DATA = pathlib.Path(scipy.__file__).parent / "tests/data"
pytestmark = pytest.mark.skipif(not (DATA / "boost.npz").exists(), reason="SciPy has no tables here")

TINY = 1e-300  # below, numbers have fewer bits


def table(name):
    file, _, name = name.rpartition("/")
    with np.load(DATA / f"{file or 'boost'}.npz") as tables:
        return tables[name if name in tables else f"{name}_ipp-{name}"]


def error(got, want):
    """The largest, relative; infinities and what is not defined must be the same."""
    assert np.array_equal(np.isfinite(got), np.isfinite(want))
    counts = np.isfinite(want) & (np.abs(want) > TINY)
    return np.max(np.abs(got - want)[counts] / np.abs(want)[counts])


# the table, its columns with arguments and the one with the result, the largest error
ROWS = [
    (tad.erf, "erf_data", (0,), 1, 4e-16), (tad.erf, "erf_small_data", (0,), 1, 4e-16),
    (tad.erf, "erf_large_data", (0,), 1, 4e-16), (tad.erfc, "erf_data", (0,), 2, 4e-16),
    (tad.erfc, "erf_small_data", (0,), 2, 4e-16), (tad.erfc, "erf_large_data", (0,), 2, 4e-16),
    (tad.erfinv, "erf_inv_data", (0,), 1, 4e-16),
    (tad.digamma, "digamma_data", (0,), 1, 4e-16), (tad.digamma, "digamma_small_data", (0,), 1, 4e-16),
    (tad.digamma, "digamma_root_data", (0,), 1, 4e-16), (tad.digamma, "digamma_neg_data", (0,), 1, 1e-13),
    (tad.lgamma, "test_gamma_data_ipp-near_0", (0,), 2, 4e-16), (tad.lgamma, "test_gamma_data_ipp-near_1", (0,), 2, 4e-16),
    (tad.lgamma, "test_gamma_data_ipp-near_2", (0,), 2, 4e-16), (tad.lgamma, "test_gamma_data_ipp-near_m10", (0,), 2, 2e-15),
    (tad.lgamma, "test_gamma_data_ipp-near_m55", (0,), 2, 1e-15),
    (tad.lgamma, "test_gamma_data_ipp-factorials", (0,), 2, 4e-16),
    (tad.log1p, "log1p_expm1_data", (0,), 1, 4e-16), (tad.expm1, "log1p_expm1_data", (0,), 2, 4e-16),
    (tad.cbrt, "cbrt_data", (1,), 0, 4e-16),
    (tad.beta, "beta_med_data", (0, 1), 2, 1e-13), (tad.beta, "beta_exp_data", (0, 1), 2, 1e-14),
    (tad.gammaincc, "igamma_small_data", (0, 1), 3, 1e-14), (tad.gammainc, "igamma_small_data", (0, 1), 5, 1e-14),
    (tad.gammaincc, "igamma_med_data", (0, 1), 3, 1e-13), (tad.gammainc, "igamma_med_data", (0, 1), 5, 1e-13),
    (tad.gammaincc, "igamma_int_data", (0, 1), 3, 1e-13), (tad.gammainc, "igamma_int_data", (0, 1), 5, 1e-13),
    (tad.gammaincc, "igamma_big_data", (0, 1), 3, 1e-13), (tad.gammainc, "igamma_big_data", (0, 1), 5, 1e-13),
    (tad.gammainc, "local/gammainc", (0, 1), 2, 1e-11), (tad.gammaincc, "local/gammaincc", (0, 1), 2, 1e-11),
    (tad.betainc, "ibeta_small_data", (0, 1, 2), 5, 2e-14), (tad.betainc, "ibeta_data", (0, 1, 2), 5, 1e-13),
    (tad.betainc, "ibeta_int_data", (0, 1, 2), 5, 2e-14), (tad.betainc, "ibeta_large_data", (0, 1, 2), 5, 2e-11),
]


@pytest.mark.parametrize("op, name, columns, result, limit", ROWS, ids=[f"{r[0].__name__}-{r[1]}-{r[3]}" for r in ROWS])
def test_values_are_those_of_the_table(op, name, columns, result, limit):
    rows = table(name)
    assert error(np.asarray(op(*(rows[:, c].copy() for c in columns))), rows[:, result]) <= limit


@pytest.mark.parametrize("name", ["zeta_data", "zeta_1_up_data"])
def test_riemanns_zeta_is_that_of_hurwitz_at_one(name):
    rows = table(name)
    assert error(np.asarray(tad.zeta(rows[:, 0].copy(), np.ones(len(rows)))), rows[:, 1]) <= 1e-15


BESSEL = [(tad.bessel_j, "bessel_j_int_data", 1e-14), (tad.bessel_y, "bessel_yn_data", 1e-13),
          (tad.bessel_y, "bessel_y01_data", 2e-14), (tad.bessel_k, "bessel_k_int_data", 1e-14),
          (tad.bessel_i, "bessel_i_int_data", 1e-14)]


@pytest.mark.parametrize("op, name, limit", BESSEL, ids=[b[1] for b in BESSEL])
def test_bessel_functions_of_whole_orders(op, name, limit):
    rows = table(name)
    rows = rows[(rows[:, 0] % 1 == 0) & (rows[:, 0] >= 0) & (rows[:, 0] < 1e6)]
    got = np.empty(len(rows))
    for order in np.unique(rows[:, 0]):
        of = rows[:, 0] == order
        got[of] = np.asarray(op(rows[of, 1].copy(), order))
    assert error(got, rows[:, 2]) <= limit
