#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer of classify_bars.py: a residual network of at most so many parameters,
trained with torch for so many minutes.

usage: classify_torch.py FOLDER MINUTES PARAMETERS THREADS SEED

The network is ResNet-8 (MLPerf Tiny's for CIFAR-10; He and others, arXiv 1512.03385), as wide as fits. AdamW, cosine
over the epochs that there is time for by the time that one takes, batch 64, label smoothing 0.1, mirroring and shifts
by up to 4 pixels. The epoch is chosen on val.npz; the JSON line has the accuracy on test.npz.
"""
import json
import math
import os
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

BATCH, RATE, DECAY, WARM = 64, 3e-3, 0.05, 0.1


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)])
        self.pass_on = nn.Identity() if stride == 1 else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        y = functional.relu(self.norms[0](self.first(x)))
        return functional.relu(self.norms[1](self.second(y)) + self.pass_on(x))


def build(width, classes):
    return nn.Sequential(nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
                         Block(width, width, 1), Block(width, 2 * width, 2), Block(2 * width, 4 * width, 2),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, classes))


def size_of(network):
    return sum(values.numel() for values in network.parameters())


def widest(parameters, classes):
    width = 1
    while size_of(build(width + 1, classes)) <= parameters:
        width += 1
    return build(width, classes)


def load(folder, part):
    with numpy.load(os.path.join(folder, part + ".npz")) as arrays:
        pictures = torch.from_numpy(arrays["X"].astype(numpy.float32) / 255).permute(0, 3, 1, 2).contiguous()
        return pictures, torch.from_numpy(arrays["y"].astype(numpy.int64))


def augment(pictures):
    side = pictures.shape[-1]
    padded = functional.pad(pictures, (4, 4, 4, 4))
    out = torch.empty_like(pictures)
    for index, (down, right, mirror) in enumerate(zip(*(torch.randint(0, most, (len(pictures),)).tolist()
                                                        for most in (9, 9, 2)))):
        one = padded[index, :, down:down + side, right:right + side]
        out[index] = one.flip(-1) if mirror else one
    return out


def accuracy(network, pictures, labels):
    network.eval()
    with torch.no_grad():
        right = sum(int((network(pictures[i:i + 250]).argmax(1) == labels[i:i + 250]).sum())
                    for i in range(0, len(labels), 250))
    return right / len(labels)


def rate_at(step, steps):
    warm = max(1, int(WARM * steps))
    return (step + 1) / warm if step < warm else 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def run_epoch(network, optimiser, scheduler, pictures, labels):
    network.train()
    for indices in torch.randperm(len(labels)).split(BATCH):
        loss = functional.cross_entropy(network(augment(pictures[indices])), labels[indices], label_smoothing=0.1)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if scheduler:
            scheduler.step()


def main():
    folder, minutes, parameters, threads, seed = sys.argv[1], float(sys.argv[2]), *map(int, sys.argv[3:6])
    begin = time.monotonic()
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    parts = {part: load(folder, part) for part in ("train", "val", "test")}
    mean, deviation = parts["train"][0].mean((0, 2, 3), keepdim=True), parts["train"][0].std((0, 2, 3), keepdim=True)
    parts = {part: ((pictures - mean) / deviation, labels) for part, (pictures, labels) in parts.items()}
    classes = int(parts["train"][1].max()) + 1
    trial, start = widest(parameters, classes), time.monotonic()
    run_epoch(trial, torch.optim.AdamW(trial.parameters(), 0), None, *parts["train"])
    accuracy(trial, *parts["val"])
    one = time.monotonic() - start
    epochs = max(1, int(0.98 * (60 * minutes - (time.monotonic() - begin)) / one))
    network, best, test = widest(parameters, classes), -1.0, 0.0
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    steps = epochs * math.ceil(len(parts["train"][1]) / BATCH)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step, steps))
    for epoch in range(epochs):
        run_epoch(network, optimiser, scheduler, *parts["train"])
        val = accuracy(network, *parts["val"])
        if val >= best:
            best, test = val, accuracy(network, *parts["test"])
        print(f"epoch {epoch + 1} of {epochs}: validation {val:.4f}", file=sys.stderr)
    print(json.dumps({"parameters": size_of(network), "epochs": epochs, "seconds": time.monotonic() - begin,
                      "val": best, "test": test}))


if __name__ == "__main__":
    main()
