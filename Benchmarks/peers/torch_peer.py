#!/usr/bin/env python3
"""PyTorch doing our training work, on one thread.

Each batch: draws a latent of D = 2 in [-0.5, 0.5]^2 and a label for each of N lines through the
origin for B trials; shows it for 20 of T = 22 steps under fresh Gaussian noise of deviation 0.2;
puts every observation through a frozen random encoder (2, 100, 100, 40 units, ReLU between); runs a
leaky RNN of 64 ReLU units (alpha = 1) over cue and features, and a linear readout; takes the mean
cross-entropy over all steps, trials and tasks (targets 0.5 before the last step); differentiates
through time; and takes one step of Adam with learning rate 1e-3.

Before and after the stimulus the observation is blank, so its features are computed once, not for
every trial: we do the same.

Variants, the fastest first: `whole` puts drawing, encoder, loss, gradient and Adam into one
function under torch.compile. `compiled` compiles the loss alone, as most programs do. `loop` is the
same Python loop over steps, not compiled. `native` is torch.nn.RNN. The last three draw and encode
trials for ten batches at a time, which spreads the cost of PyTorch's calls. The first two need a
C++ compiler and up to a minute to start; they call their kernels from C++, not from Python.
"""

import math

import protocol

import torch
from torch import nn
from torch.nn import functional

STEPS, STIMULUS_STEPS, LATENTS, FEATURES, UNITS = 22, 20, 2, 40, 64
NOISE_DEVIATION = 0.2
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8
COMPILER_OPTIONS = {"cpp_wrapper": True}


class Trials:
    """Draws network inputs [T, B, 41] and targets [T, B, N]."""

    def __init__(self, tasks):
        self.encoder = nn.Sequential(
            nn.Linear(LATENTS, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(),
            nn.Linear(100, FEATURES),
        ).requires_grad_(False)
        self.blank = self.encoder(torch.zeros(1, 1, LATENTS))
        angles = (torch.arange(tasks, dtype=torch.float64) + 0.5) * math.pi / tasks
        self.slopes = torch.tan(angles).float()
        self.cue = torch.ones(STEPS, 1, 1)
        self.cue[-1] = 0

    def draw(self, trials):
        latents = torch.rand(trials, LATENTS) - 0.5
        noise = torch.randn(STIMULUS_STEPS, trials, LATENTS)
        shown = self.encoder(latents + NOISE_DEVIATION * noise)
        blank = self.blank.expand(1, trials, FEATURES)
        cue = self.cue.expand(STEPS, trials, 1)
        inputs = torch.cat([cue, torch.cat([blank, shown, blank])], dim=2)
        labels = latents[:, 1:] > self.slopes * latents[:, :1]
        silent = torch.full((STEPS - 1, trials, len(self.slopes)), 0.5)
        return inputs, torch.cat([silent, labels.float().unsqueeze(0)])


class LoopNetwork(nn.Module):
    """r <- max(0, W_in u + b_in + W_rec r + b_rec) from r = 0, then a linear readout."""

    def __init__(self, tasks):
        super().__init__()
        self.inp_to_rec = nn.Linear(1 + FEATURES, UNITS)
        self.rec_to_rec = nn.Linear(UNITS, UNITS)
        self.rec_to_out = nn.Linear(UNITS, tasks)

    def forward(self, inputs):
        drives = (self.inp_to_rec(inputs) + self.rec_to_rec.bias).unbind()
        weight = self.rec_to_rec.weight.t()
        states = [torch.relu(drives[0])]
        for drive in drives[1:]:
            states.append(torch.relu(torch.addmm(drive, states[-1], weight)))
        return self.rec_to_out(torch.stack(states))


class NativeNetwork(nn.Module):
    """The same, by PyTorch's own recurrent layer."""

    def __init__(self, tasks):
        super().__init__()
        self.recurrent = nn.RNN(1 + FEATURES, UNITS, nonlinearity="relu")
        self.rec_to_out = nn.Linear(UNITS, tasks)

    def forward(self, inputs):
        return self.rec_to_out(self.recurrent(inputs)[0])


def batch_by_batch(network, trials, batch, compiled):
    """A function that trains on ten batches by PyTorch's usual means; returns their losses."""
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)

    def loss_of(inputs, targets):
        return functional.binary_cross_entropy_with_logits(network(inputs), targets)

    if compiled:
        loss_of = torch.compile(loss_of, options=COMPILER_OPTIONS)

    def train():
        losses = []
        inputs, targets = trials.draw(10 * batch)
        for one in zip(inputs.split(batch, dim=1), targets.split(batch, dim=1)):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(*one)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return losses

    return train


def all_in_one(network, trials, batch):
    """A function that trains on ten batches, each one call of a single compiled function."""
    parameters = {name: value.detach() for name, value in network.named_parameters()}
    first = {name: torch.zeros_like(value) for name, value in parameters.items()}
    second = {name: torch.zeros_like(value) for name, value in parameters.items()}

    def loss_of(parameters, inputs, targets):
        logits = torch.func.functional_call(network, parameters, (inputs,))
        return functional.binary_cross_entropy_with_logits(logits, targets)

    def train_batch(rate, correction):
        gradients, loss = torch.func.grad_and_value(loss_of)(parameters, *trials.draw(batch))
        for name, gradient in gradients.items():
            first[name].lerp_(gradient, 1 - BETA1)
            second[name].mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
            deviation = second[name].sqrt() * correction + EPSILON
            parameters[name].sub_(rate * first[name] / deviation)
        return loss

    train_batch = torch.compile(train_batch, options=COMPILER_OPTIONS)
    steps = 0

    def train():
        nonlocal steps
        losses = []
        for _ in range(10):
            steps += 1
            # As tensors: a Python number would be compiled in, and every step compiled anew.
            rate = torch.tensor(LEARNING_RATE / (1 - BETA1**steps))
            correction = torch.tensor(1 / math.sqrt(1 - BETA2**steps))
            losses.append(train_batch(rate, correction))
        return losses

    return train


class TorchPeer:
    name = "torch"
    version = torch.__version__
    stride = 10

    def __init__(self, options):
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        torch.manual_seed(options.seed)
        self.variant = options.variant
        trials = Trials(options.tasks)
        build = NativeNetwork if options.variant == "native" else LoopNetwork
        network = build(options.tasks)
        if options.variant == "whole":
            self.train_ten = all_in_one(network, trials, options.batch)
        else:
            compiled = options.variant == "compiled"
            self.train_ten = batch_by_batch(network, trials, options.batch, compiled)

    def train(self, batches):
        if batches % self.stride:
            raise SystemExit(f"{batches} batches: PyTorch trains by strides of {self.stride}")
        losses = []
        for _ in range(batches // self.stride):
            losses += self.train_ten()
        return float(torch.stack(losses).mean())


if __name__ == "__main__":
    variants = ["whole", "compiled", "loop", "native"]
    options = protocol.arguments("PyTorch doing our training work.", variants)
    protocol.run(TorchPeer(options), options)
