"""Derivatives of functions, against formulas and numeric derivatives."""
import numpy as np
import pytest

import tad

A = np.array([0.3, -1.2, 2.0])


def f(x):
    return tad.sum(tad.sin(x) * x)


def slope(g, x, h=1e-5):
    """The gradient of g, numeric."""
    found = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        found[i] = (g(up) - g(down)) / (2 * h)
    return found


def test_gradient():
    value, gradient = tad.value_and_grad(f)(A)
    assert type(gradient) is np.ndarray and isinstance(value, float)
    assert value == pytest.approx(np.sum(np.sin(A) * A))
    assert np.allclose(gradient, np.cos(A) * A + np.sin(A))


def test_orders_of_a_number():
    g = tad.grad(lambda x: x**3 * 2)
    assert g(2.0) == 24 and tad.grad(g)(2) == 24 and tad.grad(tad.grad(g))(2.0) == 12
    assert tad.grad(tad.grad(tad.grad(g)))(2.0) == 0


def test_hessian_jacobian_products():
    h = np.diag(2 * np.cos(A) - np.sin(A) * A)
    assert np.allclose(tad.hessian(f)(A), h)
    j = [[2 * A[0], 0, 0], [A[1], A[0], 0], [A[2], 0, A[0]]]
    assert np.allclose(tad.jacobian(lambda x: tad.outer(x, x)[0])(A), j)
    v = np.array([1.0, 2.0, -1.0])
    value, gradient, product = tad.hvp(f, (A,), (v,))
    assert np.allclose(product[0], h @ v) and np.allclose(gradient[0], tad.grad(f)(A))
    y, tangent = tad.jvp(lambda x: tad.exp(x), (A,), (v,))
    assert np.allclose(tangent, np.exp(A) * v) and np.allclose(y, np.exp(A))
    y, (back,) = tad.vjp(lambda x: tad.exp(x), (A,), v)
    assert np.allclose(back, np.exp(A) * v)


def test_jacobian_of_the_recorded_kind():
    """Within another derivative every driver records."""
    third = tad.jacobian(tad.jacobian(lambda x: x**3))(A)
    assert np.allclose(third[[0, 1, 2], [0, 1, 2], [0, 1, 2]], 6 * A) and np.count_nonzero(third) == 3
    trace = tad.grad(lambda x: tad.trace(tad.hessian(lambda z: tad.sum(z**4))(x)))(A)
    assert np.allclose(trace, 24 * A)
    ones = (np.ones(3),)
    third = tad.grad(lambda x: tad.sum(tad.hvp(f, (x,), ones)[2][0]))(A)
    assert np.allclose(third, -3 * np.sin(A) - np.cos(A) * A)
    assert np.allclose(tad.grad(lambda x: tad.sum(tad.jvp(lambda z: z**3, (x,), ones)[1]))(A), 6 * A)


def test_argnums_and_trees():
    def loss(w, data, scale=1.0):
        return tad.sum((data @ w["a"] + w["b"][0])**2) * scale
    w, data = {"a": np.array([1.0, 2.0]), "b": [np.array(0.5)]}, np.arange(6.0).reshape(3, 2)
    g = tad.grad(loss)(w, data, scale=2.0)
    r = data @ w["a"] + 0.5
    assert np.allclose(g["a"], 4 * data.T @ r) and np.allclose(g["b"][0], 4 * r.sum())
    assert type(g["b"]) is list
    gw, gd = tad.grad(loss, argnums=(0, 1))(w, data)
    assert gd.shape == data.shape and np.allclose(gd, 2 * np.outer(r, w["a"])) and set(gw) == {"a", "b"}
    h = tad.hessian(lambda p, q: tad.sum(p * q**2), argnums=(0, 1))(np.ones(2), np.full(2, 3.0))
    assert np.allclose(h[0][1], np.eye(2) * 6) and np.allclose(h[0][0], 0)
    assert np.allclose(h[1][1], np.eye(2) * 2)
    with pytest.raises(TypeError, match="argnums"):
        tad.grad(loss, argnums=2)(w, data)
    with pytest.raises(TypeError, match="nothing"):
        tad.grad(loss)({}, data)


def test_what_a_function_closes_over_counts_within_another():
    """A plain argument inside does not cut what comes from outside."""
    assert tad.grad(lambda w: tad.grad(lambda x: x * x * w)(2.0) * w)(3.0) == 24


def test_variables_give_variables():
    x = tad.array(A)
    g = tad.grad(f)(x)
    assert isinstance(g, tad.Var)
    tad.sum(g).reverse()
    assert np.allclose(x.gradient, 2 * np.cos(A) - np.sin(A) * A)
    d, = tad.gradients(f(x), [x])
    assert np.allclose(np.array(d), np.array(g))


def test_the_tape_is_as_before(tape):
    x = tad.array(A)
    nodes = len(tape)
    f(x).reverse()
    before = x.gradient
    with tape.mark():
        pass
    nodes = len(tape)
    for call in (tad.grad(f), tad.hessian(f), tad.jacobian(lambda z: z * x),
                 lambda a: tad.hvp(f, (a,), (a,))):
        call(A)
    assert len(tape) == nodes
    assert np.array_equal(x.gradient, before)
    tad.grad(f)(A)
    calls = tape.memory["calls"]
    for _ in range(50):
        tad.grad(f)(A)
    assert tape.memory["calls"] == calls


def test_results_that_do_not_depend():
    assert np.array_equal(tad.grad(lambda x: tad.array(1.0))(A), np.zeros(3))
    for wrong in (lambda x: (x, x), lambda x: None, lambda x: "x", lambda x: 3.0, lambda x: float(x) ** 2,
                  lambda x: np.sum(x.numpy() ** 2)):
        for derivative in (tad.grad, tad.value_and_grad, tad.jacobian, tad.hessian):
            with pytest.raises(TypeError, match="must return one variable"):
                derivative(wrong)(2.0)
        with pytest.raises(TypeError, match="must return one variable"):
            tad.jvp(wrong, (2.0,), (1.0,))
    with pytest.raises(tad.ShapeError):
        tad.grad(lambda x: x * 2)(A)
    with pytest.raises(tad.Error):
        tad.grad(lambda x: tad.sum(x))(np.arange(3))


def test_branches_and_exceptions():
    g = tad.grad(lambda x: x * x if x > 0 else -x)
    assert g(3.0) == 6 and g(-3.0) == -1

    def fails(x):
        raise KeyError("mine")
    for d in (tad.grad(fails), tad.jacobian(fails), tad.hessian(fails), lambda x: tad.jvp(fails, (x,), (x,))):
        with pytest.raises(KeyError):
            d(2.0)
    assert tad.current().depth == 0 and len(tad.current()) == 0


def test_gradcheck():
    assert tad.gradcheck(f, (A,), order=2)
    assert tad.gradcheck_op("softplus")
    report = tad.gradcheck(lambda x: tad.array(1.0), (A,))
    assert report.verdict == "vacuous" and not report

    def wrong(x):
        return tad.sum(x.detach() * x)
    report = tad.gradcheck(wrong, (A,))
    assert report.verdict == "fail" and report.first and "FAIL" in str(report)

    def fails(x):
        raise KeyError("mine")
    with pytest.raises(KeyError):
        tad.gradcheck(fails, (A,))
    with pytest.raises(tad.ShapeError):
        tad.gradcheck(lambda x: tad.matmul(x, np.ones((2, 2))), (A,))
    with pytest.raises(tad.Error):
        tad.gradcheck_op("no_such_op")


def test_numeric_derivative_agrees():
    def g(x):
        return tad.sum(tad.log_softmax(tad.tanh(x) @ np.arange(6.0).reshape(3, 2), 0))
    assert np.allclose(tad.grad(g)(A), slope(lambda a: float(tad.value_and_grad(g)(a)[0]), A), rtol=1e-7)
