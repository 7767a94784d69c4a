"""NumPy's arrays, and other libraries', in and out: types, layouts, what is copied and what not; indexing."""
import gc
import weakref

import numpy as np
import pytest

import tad


def address(a):
    return a.__array_interface__["data"][0]


def test_in():
    a = np.arange(6.0).reshape(2, 3)
    x = tad.array(a)
    assert x.shape == (2, 3) and x.dtype == np.float64 and x.ndim == 2 and x.size == 6 and len(x) == 2
    assert address(np.asarray(x)) != address(a)
    assert address(np.asarray(tad.asarray(a))) == address(a)
    assert address(np.asarray(tad.constant(a, copy=False))) == address(a)
    assert tad.asarray(x) is x
    for layout in (a.T, a[:, ::-1], np.asfortranarray(a), a[None]):
        assert np.array_equal(np.array(tad.asarray(layout)), layout)
        assert np.array_equal(np.array(tad.array(layout)), layout)
    assert tad.array([1, 2]).dtype == np.int64 and not tad.array([1, 2]).needs_gradient
    assert tad.array(np.float16([1, 2])).dtype == np.float32
    assert tad.array(np.int8([1, 2])).dtype == np.int64 and tad.array(np.uint32([1])).dtype == np.int64
    assert tad.array([True]).dtype == np.bool_
    assert tad.array(a, np.float32).dtype == np.float32
    assert tad.array(a.astype(">f8")).dtype == np.float64
    for wrong in ("text", [1, "a"], np.array([1j]), np.array([object()]), [[1], [1, 2]],
                  np.array([2**63], np.uint64), np.array(["2020-01-01"], "datetime64[D]"), {}, object()):
        with pytest.raises((TypeError, ValueError)):
            tad.array(wrong)
    with pytest.raises(ValueError):
        tad.full((1,) * 9, 0)
    with pytest.raises(tad.Error):
        tad.full((-1,), 0)
    with pytest.raises(tad.ShapeError):
        tad.full((2**40, 2**40), 0)


def test_out():
    x = tad.array(np.arange(6.0).reshape(2, 3))
    y = x * 2
    a = y.numpy()
    assert address(a) == address(y.numpy()) and not a.flags.writeable
    assert np.array(y).flags.writeable and address(np.array(y)) != address(a)
    assert np.array_equal(x.T.numpy(), np.arange(6.0).reshape(2, 3).T)
    assert float(tad.sum(x)) == 15 and int(tad.sum(x)) == 15 and tad.sum(x).item() == 15
    assert isinstance(tad.array([2])[0].item(), int) and tad.array(True).item() is True
    assert np.asarray(tad.sum(x)).shape == () and np.asarray(x, np.float32).dtype == np.float32
    assert tad.zeros((0, 3)).numpy().shape == (0, 3)
    with pytest.raises(tad.Error):
        x.item()
    with pytest.raises(TypeError):
        len(tad.sum(x))
    with pytest.raises(TypeError):
        x[0] = 1
    assert "shape=(2, 3)" in repr(x)


def test_memory_in_use_is_not_forgotten(tape):
    mark = tape.mark()
    a = (tad.array([1.0, 2.0]) * 3).numpy()
    with pytest.raises(BufferError, match="copy"):
        mark.rewind()
    with pytest.raises(BufferError):
        tape.reset()
    assert a.tolist() == [3, 6]
    part = a[1:]
    del a
    with pytest.raises(BufferError):
        mark.rewind()
    del part
    mark.rewind()


def test_a_view_outlives_its_variable_and_tape():
    tape = tad.Tape()
    a = (tad.array(np.arange(1000.0), tape=tape) + 1).numpy()
    gone = weakref.ref(tape)
    del tape
    gc.collect()
    assert gone() is not None and a[999] == 1000
    del a
    gc.collect()
    assert gone() is None


def test_borrowed_memory_lives_as_long(tape):
    class Mine(np.ndarray):
        pass
    a = np.arange(4.0).view(Mine)
    gone = weakref.ref(a)
    mark = tape.mark()
    x = tad.asarray(a) * 1
    del a
    gc.collect()
    assert x.numpy().tolist() == [0, 1, 2, 3]
    assert tape.borrowed
    mark.rewind()
    assert not tape.borrowed
    gc.collect()
    assert gone() is None


def test_dlpack_with_numpy():
    x = tad.array(np.arange(6.0).reshape(2, 3)) * 2
    a = np.from_dlpack(x)
    assert address(a) == address(x.numpy()) and np.array_equal(a, np.arange(6.0).reshape(2, 3) * 2)
    b = np.arange(3, dtype=np.float32)

    class Foreign:
        def __dlpack__(self, stream=None):
            return b.__dlpack__()

        def __dlpack_device__(self):
            return b.__dlpack_device__()
    assert address(tad.asarray(Foreign()).numpy()) == address(b)
    assert np.array_equal(np.array(tad.array(np.ones(3, np.float32)) + Foreign()), b + 1)


def test_dlpack_with_pytorch(tape):
    torch = pytest.importorskip("torch")
    t = torch.arange(6, dtype=torch.float64).reshape(2, 3)
    x = tad.asarray(t)
    assert address(x.numpy()) == t.data_ptr()
    mark = tape.mark()
    back = torch.from_dlpack(x * 2)
    assert torch.equal(back, t * 2)
    with pytest.raises(BufferError):
        mark.rewind()
    del back
    mark.rewind()
    assert torch.equal(torch.from_dlpack(tad.array(t).T), t.T)
    assert np.allclose(tad.grad(lambda z: tad.sum(z * z))(t), 2 * t.numpy())
    with pytest.raises((RuntimeError, BufferError, ValueError, TypeError)):
        tad.array(torch.ones(2, requires_grad=True))


def test_numbers_and_types_of_operands():
    x = tad.array(np.ones(2, np.float32))
    assert (x * 2).dtype == np.float32 and (2.5 - x).dtype == np.float32
    with pytest.raises(tad.TypeMismatch):
        x + np.ones(2)
    assert (x + np.float32(1)).dtype == np.float32
    for wrong in ("a", object(), 1j):
        with pytest.raises(TypeError):
            x + wrong
        with pytest.raises(TypeError):
            tad.add(x, wrong)
    with pytest.raises(OverflowError):
        x + 10**400
    with pytest.raises(OverflowError):
        tad.add(x, 10**400)
    assert tad.add(1.0, 2.0).item() == 3 and tad.sum([1.0, 2.0]).item() == 3
    assert tad.where(np.array([True, False]), 1.0, tad.array([5.0, 6.0])).numpy().tolist() == [1, 6]


@pytest.mark.parametrize("index", [
    0, -1, (1, 2), slice(1, None), (slice(None), 1), (slice(None, None, -1), slice(2, 0, -1)), None,
    (None, 1, None), Ellipsis, (..., 0), (0, ..., 1), (slice(0, 0),), (slice(-5, 5), -3), ([1, 0, 1],),
    (slice(None), np.array([2, 0])), slice(2**63 - 1, None), slice(-2**63, None), slice(None, 2**63 - 1),
    (0, slice(2**63 - 1, None)), (slice(None), slice(0, -2**63)), (slice(1), slice(None)), (slice(None), 0, 1), (),
    (..., np.array([[0, 1], [2, 3]])), np.int64(1), (0, 0, 3), (1, slice(None), None, slice(1, 3)), (),
    (slice(None), slice(None)), (slice(1, None), 0, 2), (-1, slice(None, None, 2))])
def test_index(index):
    a = np.arange(24.0).reshape(2, 3, 4)
    x = tad.array(a)
    assert np.array_equal(np.array(x[index]), a[index])
    g = tad.grad(lambda z: tad.sum(z[index] * z[index]))(a)
    wanted = np.zeros_like(a)
    np.add.at(wanted, index, 2 * a[index])
    assert np.allclose(g, wanted)


def test_index_by_masks_and_wrong_ones():
    a = np.arange(6.0).reshape(2, 3)
    x = tad.array(a)
    assert np.array_equal(np.array(x[a > 2]), a[a > 2]) and np.array_equal(np.array(x[x > 2]), a[a > 2])
    assert np.array_equal(np.array(x[tad.array([1])]), a[[1]])
    assert [row.numpy().tolist() for row in x] == a.tolist()
    for wrong in (2, -3, (0, 3), (0, 0, 0), "a", 1.5, (..., ...), ([0], [1]), ([0], 1), [0.5], 2**70,
                  [7], True, {}, slice("a", None), slice(1.5, None), np.array([True, False, True, True])):
        with pytest.raises((IndexError, TypeError)):
            x[wrong]
    assert x[1:2].shape == (1, 3)


def test_leaves():
    assert tad.eye(2, 3).shape == (2, 3) and tad.arange(3).numpy().tolist() == [0, 1, 2]
    assert tad.linspace(0, 1, 3).numpy().tolist() == [0, 0.5, 1]
    assert tad.ones(2, np.float32).dtype == np.float32
    assert 0 <= tad.rand((3,)).numpy().min() and tad.randn(3).shape == (3,)
    p = tad.param(np.zeros(3), name="p")
    tad.sum(p * 2).reverse()
    tad.sum(p * 2).reverse()
    assert p.gradient.tolist() == [4, 4, 4] and p.name == "p"
    tad.zero_gradients([p])
    assert p.gradient.tolist() == [0, 0, 0]
    p.assign([1, 2, 3])
    assert p.numpy().tolist() == [1, 2, 3]
    with pytest.raises(ValueError):
        p.assign([1, 2])
    with pytest.raises(tad.Error):
        (p * 2).assign([1, 2, 3])
    with tad.paused():
        assert not (p * 2).needs_gradient
    with tad.named("scope"):
        q = p * 2
        q.name = "q"
    assert q.name == "scope/q"
