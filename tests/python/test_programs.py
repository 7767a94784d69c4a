"""Programs, maps, and text."""
import shutil
import threading

import numpy as np
import pytest

import tad

A = np.array([0.3, -1.2, 2.0])


def f(x, w):
    return tad.sum(tad.sin(x) * w)


def test_program_gives_the_tapes_bits(tape):
    w = np.array([1.0, 2.0, 3.0])
    nodes = len(tape)
    p = tad.freeze(tad.value_and_grad(f, argnums=(0, 1)), A, w, names=["x", "w"])
    assert len(tape) == nodes and "float64(3,)" in repr(p)
    for scale in (1.0, -2.0):
        value, (gx, gw) = p(A * scale, w)
        v, (hx, hw) = tad.value_and_grad(f, argnums=(0, 1))(A * scale, w)
        assert value == v and np.array_equal(gx, hx) and np.array_equal(gw, hw)
    assert p.info["recorded"] > 0 and "in[0] x" in p.dump()
    assert "digraph" in p.dot() and "<svg" in p.plan_svg()
    assert "int program(" in p.c() and "int g(const double *in_x" in p.c(name="g", header=True)
    with pytest.raises(tad.Error):
        p.c(name="no identifier")


def test_many_points():
    p = tad.freeze(tad.grad(f), A, A)
    points = np.random.default_rng(1).normal(size=(5, 3))
    assert np.array_equal(p.each(points, A), np.stack([p(x, A) for x in points]))
    assert np.allclose(p(A, A), np.cos(A) * A)
    assert np.allclose(p.total(points, A), p.each(points, A).sum(0), rtol=1e-15)
    assert np.allclose(p(A, A), np.cos(A) * A)
    narrow = tad.freeze(lambda x, n: (tad.cast(x, "float32"), n), 1.0, np.arange(2))
    total, counts = narrow.total(np.full(3, 0.1), np.array([[1, 2], [3, 4], [5, 6]]))
    assert total == 3 * float(np.float32(0.1)) and counts.tolist() == [9, 12]
    with pytest.raises(ValueError):
        p.each(A, A)
    with pytest.raises(tad.Error):
        p.each(np.ones((5, 4)), A)


def test_threads_give_the_same_bits():
    x = np.linspace(-3, 3, 200000).reshape(400, 500)
    def g(x):
        return tad.sum(tad.tanh(x @ x.T) * 0.1) + tad.sum(tad.sin(x) * tad.exp(x))
    alone, several = (tad.freeze(tad.grad(g), x, threads=n) for n in (0, 3))
    assert np.array_equal(alone(x + 1), several(x + 1))
    with pytest.raises(tad.Error):
        tad.freeze(g, x, threads=-1)


def test_trees_and_numbers():
    p = tad.freeze(lambda d, s: {"sum": d["a"] + d["b"][0] * s, "n": [s]}, {"a": A, "b": (A,)}, 2)
    got = p({"a": A, "b": (A,)}, 3)
    assert np.allclose(got["sum"], 4 * A) and got["n"] == [3]
    for wrong in (lambda: p({"a": A}, 3), lambda: p({"a": A, "b": (A,)}), lambda: p({"a": A, "b": [A]}, 3)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(tad.ShapeError):
        p({"a": A[:2], "b": (A,)}, 3)
    with pytest.raises(tad.TypeMismatch):
        p({"a": A.astype(np.float32), "b": (A,)}, 3)


def test_refused_and_decided():
    with pytest.raises(tad.Error) as info:
        tad.freeze(lambda x: x * 2 if x.item() > 1 else x, 3.0)
    assert info.value.status == "witness"
    p = tad.freeze(lambda x: tad.sqrt(x) if x > 1 else x * 1.0, 4.0)
    assert p(9.0) == 3
    with pytest.raises(tad.Error) as info:
        p(0.5)
    assert info.value.status == "branch"
    with pytest.raises(tad.Error):
        tad.freeze(lambda x: tad.array(1.0), 2.0)
    assert tad.freeze(lambda x: (x * 2, tad.array(1.0)), 2.0, allow_constant_outputs=True)(3.0) == (6, 1)
    assert tad.freeze(lambda x: (x * 2, 1.0), 2.0, allow_constant_outputs=True)(3.0) == (6, 1)
    with pytest.raises(KeyError):
        tad.freeze(lambda x: {}["mine"], 2.0)


def test_parameters_are_read_where_they_lie(tape):
    w = tad.param(A)
    p = tad.freeze(lambda x: tad.sum(w * x), A)
    q = tad.freeze(lambda x: tad.sum(w * x), A, copy_parameters=True)
    w.assign(2 * A)
    assert p(A) == pytest.approx(2 * A @ A) and q(A) == pytest.approx(A @ A)
    tape.reset()
    with pytest.raises(tad.Error) as info:
        p(A)
    assert info.value.status == "bad_handle" and q(A) == pytest.approx(A @ A)


def test_threads_share_a_program():
    p = tad.freeze(tad.grad(f), A, A)
    wrong, right = [], {s: p(A * s, A) for s in (1.0, 2.0, 3.0)}

    def work(scale):
        for _ in range(100):
            if not np.array_equal(p(A * scale, A), right[scale]):
                wrong.append(scale)
    threads = [threading.Thread(target=work, args=(s,)) for s in right]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not wrong


@pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler")
def test_compiled(tmp_path):
    p = tad.freeze(tad.grad(f), A, A)
    before = p(A, A)
    p.compile(command=["cc", "-O1"], folder=str(tmp_path))
    assert np.allclose(p(A, A), before, rtol=1e-15) and any(tmp_path.iterdir())
    with pytest.raises(tad.Error):
        p.compile(command=["/no/such/compiler"])
    q, x = tad.freeze(lambda x, w: tad.exp(x * w), 1.0, 2.0), np.linspace(0, 1, 100)
    own = q.each(x, 2.0)
    q.compile(each=(True, False))
    assert np.array_equal(q.each(x, 2.0), own)
    with pytest.raises(TypeError):
        q.compile(each=(True,))
    m, n = tad.map(lambda x, w: tad.exp(x * w)), tad.map(lambda x, w: tad.exp(x * w))
    n.compile(command=["cc", "-O1"], folder=str(tmp_path))
    wants = [tad.value_and_grad(lambda w: tad.sum(k(x, shared=(w,))))(2.0) for k in (m, n)]
    assert np.allclose(*wants, rtol=1e-14)
    bad = tad.map(lambda x: x * 2)
    bad.compile(command=["/no/such/compiler"])
    with pytest.raises(tad.Error):
        bad(x)


def test_map():
    m = tad.map(lambda x, y, w: (w * x - y)**2)
    x, y, w = A, A + 1, tad.array(2.0)
    errors = m(x, y, shared=(w,))
    assert np.allclose(np.array(errors), (2 * x - y)**2)
    tad.sum(errors).reverse()
    assert w.gradient == pytest.approx(np.sum(2 * (2 * x - y) * x))
    inner = tad.map(lambda x, w: tad.grad(lambda v: tad.sin(v) * w)(x))
    assert np.allclose(np.array(inner(A, shared=(3.0,))), 3 * np.cos(A))
    assert np.allclose(tad.grad(lambda z: tad.sum(inner(z, shared=(3.0,))))(A), -3 * np.sin(A))
    with pytest.raises(KeyError):
        tad.map(lambda x: {}["mine"])(A)
    with pytest.raises(tad.ShapeError):
        m(A, A[:2], shared=(w,))
    kept = []
    tad.map(lambda x: kept.append(x) or x * 2)(A)
    for use in (lambda: kept[0] * 2, lambda: kept[0].shape, lambda: kept[0].item(), lambda: tad.sin(kept[0]),
                lambda: tad.array(1.0) * kept[0], lambda: tad.stack([tad.array(1.0), kept[0]])):
        with pytest.raises((tad.Error, ValueError)):
            use()
    assert "cannot be used" in repr(kept[0])


def test_text():
    x = tad.array(3.0)
    x.name = "x"
    y = x * x
    y.reverse()
    assert "upstream" in tad.explain(y) and "digraph" in tad.dot_graph(y)
    assert "mul" in tad.dump(y, values=True)
    assert "digraph" in tad.explain(y, "dot")
    with pytest.raises(KeyError):
        tad.explain(y, "html")
