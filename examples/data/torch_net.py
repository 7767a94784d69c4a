"""Trains the net of examples/torch_net.c with PyTorch (Debian: python3-torch) and writes it beside this
file as torch_net.safetensors, with four digits and what PyTorch makes of them: logits, loss, gradients."""
import gzip
import json
import pathlib
import struct

import numpy
import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
WORDS = {torch.float64: "F64", torch.int64: "I64"}


def idx(name, start):
    data = gzip.decompress((HERE / name).read_bytes())
    return torch.from_numpy(numpy.frombuffer(data, numpy.uint8, offset=start).copy())


def save(path, tensors):
    header, data, at = {}, b"", 0
    for name, tensor in sorted(tensors.items(), key=lambda item: item[0]):
        raw = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": WORDS[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [at, at + len(raw)]}
        data += raw
        at += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.manual_seed(1)
    torch.set_default_dtype(torch.float64)
    images = idx("digits-images-idx3-ubyte.gz", 16).reshape(-1, 1, 8, 8) / 16
    labels = idx("digits-labels-idx1-ubyte.gz", 8).long()
    held_out = torch.arange(len(labels)) % 5 == 4
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64, 10))
    adam = torch.optim.Adam(net.parameters(), 0.01)
    x, y = images[~held_out], labels[~held_out]
    for _ in range(12):
        for batch in torch.randperm(len(y)).split(64):
            adam.zero_grad()
            nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            adam.step()
    net.eval()
    right = (net(images[held_out]).argmax(1) == labels[held_out]).double().mean().item()
    print(f"held-out accuracy {right:.4f}")

    few, four = images[held_out][:4].clone().requires_grad_(), labels[held_out][:4]
    net.zero_grad()
    logits = net(few)
    loss = nn.functional.cross_entropy(logits, four)
    loss.backward()
    save(HERE / "torch_net.safetensors",
         dict(net.state_dict()) | {"expected.x": few, "expected.labels": four, "expected.logits": logits, "expected.loss": loss,
                                   "expected.dx": few.grad, "expected.d_first": net[0].weight.grad})


main()
