#!/usr/bin/env python3
"""PyTorch doing our training work, on one thread.

Each batch: draws a latent in [-0.5, 0.5]^D and a label for each of N boundaries for B trials (lines
through the origin at even angles for D = 2, otherwise random hyperplanes); shows it for 20 of T = 22
steps under fresh Gaussian noise of deviation 0.2; puts every observation through a frozen random
encoder (D, 100, 100, 40 units, ReLU between); runs a network over cue and features, and a linear
readout; takes the mean cross-entropy over all steps, trials and tasks (targets 0.5 before the last
step); differentiates; and takes one step of Adam with learning rate 1e-3.

Before and after the stimulus the observation is blank, so its features are computed once, not for
every trial: we do the same.

Networks: `rnn`, leaky with ReLU at alpha = 1; `lstm` and `gru` as PyTorch's; `gpt2`, blocks of
causal attention and a four times wider GELU layer (tanh form) behind LayerNorms, a last LayerNorm,
dropout of 0.1 on embeddings, attention and both residuals, no positions.

Variants:
    whole       one function under torch.compile that draws, encodes, differentiates, steps Adam
    compiled    torch.compile for the loss alone, as most programs do
    native      not compiled: torch.nn's own recurrent layer, or its fused attention
    loop        not compiled: a Python loop over steps (rnn only)

All but the first draw and encode trials for ten batches at a time (fewer of large networks), which
spreads the cost of PyTorch's calls. The first two need a C++ compiler and up to two minutes to
start; they call their kernels from C++, not from Python. Compiled recurrent networks are loops over
steps, since torch.compile leaves nn.RNN, nn.LSTM and nn.GRU as they are; compiled attention is
written out, which the compiler fuses.
"""

import math

import protocol

import torch
from torch import nn
from torch.nn import functional

STEPS, STIMULUS_STEPS, FEATURES = 22, 20, 40
INPUTS = 1 + FEATURES
NOISE_DEVIATION, DROPOUT = 0.2, 0.1
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8
COMPILER_OPTIONS = {"cpp_wrapper": True}

# The fastest first; README.md says by how much.
VARIANTS = {
    "rnn": ["whole", "compiled", "loop", "native"],
    "lstm": ["whole", "compiled", "native"],
    "gru": ["whole", "compiled", "native"],
    "gpt2": ["whole", "compiled", "native"],
}


class Trials:
    """Draws network inputs [T, B, 41] and targets [T, B, N]."""

    def __init__(self, tasks, dimensions):
        self.encoder = nn.Sequential(
            nn.Linear(dimensions, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(),
            nn.Linear(100, FEATURES),
        ).requires_grad_(False)
        self.dimensions = dimensions
        self.blank = self.encoder(torch.zeros(1, 1, dimensions))
        if dimensions == 2:
            angles = (torch.arange(tasks, dtype=torch.float64) + 0.5) * math.pi / tasks
            # Label 1 is where x2 > tan(angle) x1.
            self.normals = torch.stack([-torch.tan(angles), torch.ones(tasks)]).float()
        else:
            self.normals = functional.normalize(torch.randn(dimensions, tasks), dim=0)
        self.cue = torch.ones(STEPS, 1, 1)
        self.cue[-1] = 0

    def draw(self, trials):
        latents = torch.rand(trials, self.dimensions) - 0.5
        noise = torch.randn(STIMULUS_STEPS, trials, self.dimensions)
        shown = self.encoder(latents + NOISE_DEVIATION * noise)
        blank = self.blank.expand(1, trials, FEATURES)
        cue = self.cue.expand(STEPS, trials, 1)
        inputs = torch.cat([cue, torch.cat([blank, shown, blank])], dim=2)
        labels = latents @ self.normals > 0
        silent = torch.full((STEPS - 1, *labels.shape), 0.5)
        return inputs, torch.cat([silent, labels.float().unsqueeze(0)])


class LoopRNN(nn.Module):
    """r <- max(0, W_in u + b_in + W_rec r + b_rec) from r = 0, step by step."""

    def __init__(self, options):
        super().__init__()
        self.inp_to_rec = nn.Linear(INPUTS, options.units)
        self.rec_to_rec = nn.Linear(options.units, options.units)

    def forward(self, inputs):
        drives = (self.inp_to_rec(inputs) + self.rec_to_rec.bias).unbind()
        weight = self.rec_to_rec.weight.t()
        states = [torch.relu(drives[0])]
        for drive in drives[1:]:
            states.append(torch.relu(torch.addmm(drive, states[-1], weight)))
        return torch.stack(states)


class LoopLSTM(nn.Module):
    """nn.LSTM, step by step: gates in the order input, forget, cell, output."""

    def __init__(self, options):
        super().__init__()
        layer = nn.LSTM(INPUTS, options.units)
        self.weight_ih, self.weight_hh = layer.weight_ih_l0, layer.weight_hh_l0
        self.bias_ih, self.bias_hh = layer.bias_ih_l0, layer.bias_hh_l0

    def forward(self, inputs):
        drives = functional.linear(inputs, self.weight_ih, self.bias_ih + self.bias_hh).unbind()
        weight = self.weight_hh.t()
        states, cell = [], None
        for drive in drives:
            gates = drive if cell is None else torch.addmm(drive, states[-1], weight)
            entry, forget, new, output = gates.chunk(4, dim=1)
            kept = 0 if cell is None else torch.sigmoid(forget) * cell
            cell = kept + torch.sigmoid(entry) * torch.tanh(new)
            states.append(torch.sigmoid(output) * torch.tanh(cell))
        return torch.stack(states)


class LoopGRU(nn.Module):
    """nn.GRU, step by step: gates in the order reset, update, new."""

    def __init__(self, options):
        super().__init__()
        layer = nn.GRU(INPUTS, options.units)
        self.weight_ih, self.weight_hh = layer.weight_ih_l0, layer.weight_hh_l0
        self.bias_ih, self.bias_hh = layer.bias_ih_l0, layer.bias_hh_l0
        self.units = options.units

    def forward(self, inputs):
        drives = functional.linear(inputs, self.weight_ih, self.bias_ih).unbind()
        weight, bias = self.weight_hh.t(), self.bias_hh
        state = inputs.new_zeros(inputs.shape[1], self.units)
        states = []
        for drive in drives:
            old = torch.addmm(bias, state, weight)
            reset_in, update_in, new_in = drive.chunk(3, dim=1)
            reset_old, update_old, new_old = old.chunk(3, dim=1)
            update = torch.sigmoid(update_in + update_old)
            new = torch.tanh(new_in + torch.sigmoid(reset_in + reset_old) * new_old)
            state = new + update * (state - new)
            states.append(state)
        return torch.stack(states)


class NativeRecurrence(nn.Module):
    """PyTorch's own recurrent layer."""

    def __init__(self, options):
        super().__init__()
        kinds = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
        rectified = {"nonlinearity": "relu"} if options.architecture == "rnn" else {}
        self.layer = kinds[options.architecture](INPUTS, options.units, **rectified)

    def forward(self, inputs):
        return self.layer(inputs)[0]


class Block(nn.Module):
    """One block of GPT-2 with pre-LayerNorm, `[B, T, H]`."""

    def __init__(self, options):
        super().__init__()
        width = options.units
        self.heads = options.heads
        self.writes_attention_out = options.variant != "native"
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.widening, self.narrowing = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        deviation = 0.02
        for layer in (self.attention, self.projection, self.widening, self.narrowing):
            closing = layer is self.projection or layer is self.narrowing
            scale = math.sqrt(2 * options.layers) if closing else 1
            nn.init.normal_(layer.weight, std=deviation / scale)
            nn.init.zeros_(layer.bias)
        self.register_buffer("future", torch.ones(STEPS, STEPS, dtype=torch.bool).triu(1))

    def attend(self, query, key, value):
        """Causal attention with dropout on its weights, `[B, heads, T, H / heads]`."""
        if not self.writes_attention_out:
            return functional.scaled_dot_product_attention(
                query, key, value, dropout_p=DROPOUT, is_causal=True
            )
        scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]))
        weights = torch.softmax(scores.masked_fill(self.future, -math.inf), dim=-1)
        return functional.dropout(weights, DROPOUT) @ value

    def forward(self, hidden):
        trials, steps, width = hidden.shape
        split = self.attention(self.ln_1(hidden)).view(trials, steps, 3, self.heads, -1)
        attended = self.attend(*split.permute(2, 0, 3, 1, 4))
        joined = attended.transpose(1, 2).reshape(trials, steps, width)
        hidden = hidden + functional.dropout(self.projection(joined), DROPOUT)
        wide = functional.gelu(self.widening(self.ln_2(hidden)), approximate="tanh")
        return hidden + functional.dropout(self.narrowing(wide), DROPOUT)


class GPT2(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.inp = nn.Linear(INPUTS, options.units)
        self.blocks = nn.ModuleList(Block(options) for _ in range(options.layers))
        self.ln_f = nn.LayerNorm(options.units)

    def forward(self, inputs):
        hidden = functional.dropout(self.inp(inputs.transpose(0, 1)), DROPOUT)
        for block in self.blocks:
            hidden = block(hidden)
        return self.ln_f(hidden).transpose(0, 1)


class Network(nn.Module):
    """Any of the above, and the readout of its states."""

    def __init__(self, options):
        super().__init__()
        loops = {"rnn": LoopRNN, "lstm": LoopLSTM, "gru": LoopGRU}
        if options.architecture == "gpt2":
            self.body = GPT2(options)
        elif options.variant == "native":
            self.body = NativeRecurrence(options)
        else:
            self.body = loops[options.architecture](options)
        self.rec_to_out = nn.Linear(options.units, options.tasks)

    def forward(self, inputs):
        return self.rec_to_out(self.body(inputs))


def batch_by_batch(network, trials, batch, stride, compiled):
    """A function that trains on `stride` batches by PyTorch's usual means; returns their losses."""
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)

    def loss_of(inputs, targets):
        return functional.binary_cross_entropy_with_logits(network(inputs), targets)

    if compiled:
        loss_of = torch.compile(loss_of, options=COMPILER_OPTIONS)

    def train():
        losses = []
        with torch.no_grad():
            inputs, targets = trials.draw(stride * batch)
        for one in zip(inputs.split(batch, dim=1), targets.split(batch, dim=1)):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(*one)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return losses

    return train


def all_in_one(network, trials, batch, stride):
    """A function that trains on `stride` batches, each one call of a single compiled function."""
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
        for _ in range(stride):
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

    def __init__(self, options):
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        torch.manual_seed(options.seed)
        self.stride = protocol.stride(options, 10)
        trials = Trials(options.tasks, options.dimensions)
        network = Network(options)
        if options.variant == "whole":
            self.train_stride = all_in_one(network, trials, options.batch, self.stride)
        else:
            compiled = options.variant == "compiled"
            self.train_stride = batch_by_batch(
                network, trials, options.batch, self.stride, compiled
            )

    def train(self, batches):
        if batches % self.stride:
            raise SystemExit(f"{batches} batches: PyTorch trains by strides of {self.stride}")
        losses = []
        for _ in range(batches // self.stride):
            losses += self.train_stride()
        return float(torch.stack(losses).mean())


if __name__ == "__main__":
    options = protocol.arguments("PyTorch doing our training work.", VARIANTS)
    protocol.run(TorchPeer(options), options)
