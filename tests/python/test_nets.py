"""Nets, optimisers, files."""
import inspect
import pathlib

import numpy as np
import pytest

import tad

DATA = pathlib.Path(__file__).parents[2] / "examples" / "data"


def xor(optimiser):
    x, y = tad.constant(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)), tad.constant([0, 1, 1, 0])
    net = tad.nn.mlp([2, 8, 2], dtype=np.float64, hidden=tad.tanh)
    opt, start = optimiser(net), tad.mark()
    for _ in range(200):
        loss = tad.cross_entropy(net(x), y)
        loss.reverse()
        last = loss.item()
        opt.step()
        start.rewind()
    return last, opt


@pytest.mark.parametrize("name,lr", [("sgd", 1.0), ("adam", 0.05), ("adamw", 0.05), ("nadam", 0.05),
                                     ("rmsprop", 0.02), ("lamb", 0.1), ("adamax", 0.1)])
def test_optimisers(name, lr):
    last, opt = xor(lambda net: getattr(tad.optim, name)(net, lr))
    assert last < 0.1 and opt.steps == 200 and opt.lr == lr
    opt.lr = 0.5
    assert opt.lr == 0.5


def test_options_are_those_of_the_structs():
    p = tad.param(np.ones(2), name="p")
    opt = tad.optim.sgd([p], 0.5, momentum=0.9, clip={"value": 0.1})
    tad.sum(p * 3).reverse()
    opt.step()
    assert np.allclose(np.array(p), 1 - 0.5 * 0.1)
    assert "beta1" in inspect.signature(tad.optim.adam).parameters
    for wrong in (lambda: tad.optim.sgd([p], 0.5, beta1=0.9), lambda: tad.optim.sgd([], 0.5),
                  lambda: tad.optim.sgd([1], 0.5), lambda: tad.optim.sgd([p], "x"),
                  lambda: tad.nn.Net().conv2d("c", 1, 4, 3, auto_pad="odd"),
                  lambda: tad.nn.Net().affine("a", 1), lambda: tad.nn.Net().affine("a", 1, 2, 3),
                  lambda: tad.nn.Net().affine("a", 1, 2, wieght=1), lambda: tad.optim.sgd([p], -1),
                  lambda: tad.nn.mlp([2]), lambda: tad.nn.mlp([2, "a"])):
        with pytest.raises((tad.Error, TypeError, ValueError, AttributeError)):
            wrong()
    adam = tad.optim.adam([p], 0.1, beta2=0.5)  # beta1 is 0.9 as by default, so a step without gradient moves
    tad.sum(p * 3).reverse()
    adam.step()
    first = np.array(p)
    adam.step()
    assert np.allclose(first, 0.95 - 0.1) and np.all(np.array(p) < first - 0.05)


def test_layers():
    net = tad.nn.Net(np.float32).conv2d("conv", 1, 4, 3, auto_pad="same").activation("relu", tad.relu)
    net.max_pool2d("pool", 4).flatten("flat").linear("head", 16, 4, no_bias=True).dropout("drop", 0.5)
    assert net.layers == ["conv", "relu", "pool", "flat", "head", "drop"]
    assert net.params.keys() == ["conv.weight", "conv.bias", "head.weight"] and len(net.params) == 3
    x = np.random.default_rng(1).normal(size=(3, 1, 8, 8)).astype(np.float32)
    assert net.training
    net.training = False
    assert net(x).shape == (3, 4) and np.array_equal(np.array(net(x)), np.array(net(x)))
    small = tad.nn.Net(np.float64).affine("in", 2, 3, weight={"kind": "constant", "scale": 0.5})
    assert np.array(small.params["in.weight"]).tolist() == [[0.5] * 3] * 2
    with pytest.raises(KeyError):
        small.params["out.weight"]
    with pytest.raises(tad.Error):
        small.affine("in", 2, 3)


def test_layers_of_ones_own():
    net = tad.nn.Net(np.float64).affine("in", 2, 3)
    net.params["scale.factor"] = tad.param(2.0)
    net.layer("scale", lambda net, x, training: x * net.param("scale.factor"))
    net.activation("mine", lambda x: x * 1.0)
    x = np.ones((1, 2))
    y = tad.sum(net(x))
    y.reverse()
    assert net.params["scale.factor"].gradient * 2 == pytest.approx(y.item())
    params = [np.array(p) for p in net.params.values()]
    assert tad.gradcheck(lambda *p: tad.sum(net.with_params(p, x)**2), params)
    p = tad.freeze(lambda x: net(x), x)
    assert np.allclose(p(2 * x), np.array(net(2 * x)))


def test_saving(tmp_path):
    net = tad.nn.mlp([2, 3, 1])
    adam = tad.optim.adam(net, 1e-3)
    tad.save(tmp_path / "a.safetensors", net=net, adam=adam.state)
    w = net.params["affine1.weight"]
    before = np.array(w)
    w.assign(before + 1)
    tad.load(tmp_path / "a.safetensors", net=net, adam=adam.state)
    assert np.array_equal(np.array(w), before)
    with pytest.raises(tad.Error):
        tad.load(tmp_path / "a.safetensors", net=net)
    tad.load(tmp_path / "a.safetensors", net=net, partial=True)
    with pytest.raises(tad.Error):
        tad.load(tmp_path / "b.safetensors", net=net)
    with pytest.raises(TypeError):
        tad.save(tmp_path / "c.safetensors")


def test_digits():
    """The documents' net, trained on what the examples train on."""
    if not tad._library.lib.tad_has_zlib():
        pytest.skip("the data are gzipped")
    images = tad.load_idx(DATA / "digits-images-idx3-ubyte.gz").reshape(-1, 64)
    labels = tad.load_idx(DATA / "digits-labels-idx1-ubyte.gz").astype(np.int64)
    assert images.dtype == np.uint8
    images, held = (images / 16).astype(np.float32), np.arange(len(images)) % 5 == 4
    x, y = images[~held], labels[~held]
    net = tad.nn.mlp([64, 50, 10], weight={"kind": "normal", "scale": 0.01})
    sgd, start, random = tad.optim.sgd(net, 0.1), tad.mark(), np.random.default_rng(1)
    for _ in range(1500):
        pick = random.integers(len(x), size=100)
        tad.cross_entropy(net(tad.constant(x[pick], copy=False)), tad.constant(y[pick], copy=False)).reverse()
        sgd.step()
        start.rewind()
    right = np.array(tad.argmax(net(images[held]), 1)) == labels[held]
    assert right.mean() > 0.93


def test_schedule():
    assert tad.optim.schedule(5, 1.0, "linear", period=10, last=0.0) == pytest.approx(0.5)
