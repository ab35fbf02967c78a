#!/usr/bin/env python3
"""Makes the reference results that the tests compare ours with.

Everything here is computed by somebody else's code (PyTorch, NumPy) or, for Philox, by a second
implementation that is checked against published answers. Run it again only to change a fixture:

    python make_fixtures.py [--into FOLDER] [--only NAME ...]

needs torch, numpy and safetensors (`versions.json` says which versions made the committed files).
All draws are seeded, so the same versions on the same processor write the same bytes.

Shapes: T steps, B trials, I inputs, H units, N boundaries. Sequences are [T, B, .], weights are
PyTorch's [out, in], numbers are float32 unless stated. A scalar has shape [1].

| file                         | tensors                                                           |
| ---------------------------- | ----------------------------------------------------------------- |
| leaky-rnn.safetensors        | alpha, inputs, targets, parameters, states [T, B, H],             |
| leaky-rnn-leak.safetensors   | logits [T, B, N], loss, and grad.NAME for each parameter NAME     |
| leaky-rnn-tanh.safetensors   |                                                                   |
| leaky-rnn-default.safetensors| the same at the paper's size, with states.last [B, H] only        |
| non-leaky.safetensors        | the leaky RNN's tensors where the whole old rate stays            |
| lstm.safetensors,            | inputs, targets, parameters, states, logits, loss, grad.NAME      |
| gru.safetensors,             |                                                                   |
| feed-forward.safetensors     |                                                                   |
| lstm-default.safetensors,    | the same at the paper's size with 8 trials, with                  |
| gru-default.safetensors      | states.last [B, H] only                                           |
| encoder.safetensors,         | encoder.0 / .2 / .4 weight and bias, inputs [48, 2], outputs;     |
| encoder-quadratic.safetensors| squares in place of ReLU in the second                            |
| adam.safetensors             | gradients [100, 200], parameters.STEP for STEP 0, 1, 10, 100,     |
|                              | first.moment and second.moment after step 100                     |
| decoder-ridge.safetensors    | float64: states X [60, 7], latents Y [60, 2], lambdas [4],        |
|                              | weights W [4, 7, 2], intercepts [4, 2]                            |
| random123.json               | Philox4x32-10: counter, key and output words, in hexadecimal      |
| versions.json                | what made these, and how far float32 is from float64 in each      |

Parameters carry the names of the reference implementation: inp_to_rec, rec_to_rec, rec_to_out;
lstm.weight_ih_l0 and gru.weight_ih_l0 and so on; layers.0 and so on.
"""

import argparse
import json
import platform
from pathlib import Path

import numpy
import safetensors
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional


class LeakyRNN(nn.Module):
    """r <- keep r + alpha phi(W_in u + b_in + W_rec r + b_rec) from r = 0; Linear after."""

    def __init__(self, inputs, units, outputs, alpha, activation, keep=None):
        super().__init__()
        self.alpha = alpha
        self.keep = 1 - alpha if keep is None else keep
        self.activation = activation
        self.inp_to_rec = nn.Linear(inputs, units)
        self.rec_to_rec = nn.Linear(units, units)
        self.rec_to_out = nn.Linear(units, outputs)

    def forward(self, inputs):
        rates = inputs.new_zeros(inputs.shape[1], self.rec_to_rec.in_features)
        states = []
        for observation in inputs:
            drive = self.inp_to_rec(observation) + self.rec_to_rec(rates)
            rates = self.keep * rates + self.alpha * self.activation(drive)
            states.append(rates)
        states = torch.stack(states)
        return states, self.rec_to_out(states)


class GatedNetwork(nn.Module):
    """PyTorch's own LSTM or GRU of one layer from a state of zeros; Linear after."""

    def __init__(self, kind, inputs, units, outputs):
        super().__init__()
        self.kind = kind
        layer = {"lstm": nn.LSTM, "gru": nn.GRU}[kind]
        self.add_module(kind, layer(inputs, units))
        self.rec_to_out = nn.Linear(units, outputs)

    def forward(self, inputs):
        states, _ = self.get_submodule(self.kind)(inputs)
        return states, self.rec_to_out(states)


class FeedForward(nn.Module):
    """Linear layers with ReLU, each step on its own; Linear after."""

    def __init__(self, inputs, units, outputs, count):
        super().__init__()
        widths = [inputs] + [units] * count
        self.layers = nn.ModuleList(map(nn.Linear, widths[:-1], widths[1:]))
        self.rec_to_out = nn.Linear(units, outputs)

    def forward(self, inputs):
        states = inputs
        for layer in self.layers:
            states = torch.relu(layer(states))
        return states, self.rec_to_out(states)


def seeded_layers(seed, build):
    """Builds layers with PyTorch's default initialisation from a seed of their own."""
    torch.manual_seed(seed)
    return build()


def half_then_answer(random, steps, trials, outputs):
    """Targets: 0.5 on every step before the last, 0 or 1 on the last."""
    targets = numpy.full((steps, trials, outputs), 0.5, numpy.float32)
    targets[-1] = random.integers(0, 2, (trials, outputs))
    return targets


def forward_and_backward(network, inputs, targets, dtype):
    """States, logits, loss and all gradients in the given precision."""
    network = network.to(dtype)
    network.zero_grad()
    states, logits = network(torch.from_numpy(inputs).to(dtype))
    loss = functional.binary_cross_entropy_with_logits(
        logits, torch.from_numpy(targets).to(dtype)
    )
    loss.backward()
    results = {"states": states, "logits": logits, "loss": loss.reshape(1)}
    results |= {f"grad.{name}": value.grad for name, value in network.named_parameters()}
    return {name: value.detach().numpy().copy() for name, value in results.items()}


def relative_error(single, double):
    """The largest difference between the two precisions, over the largest value of each tensor."""
    return max(
        float(numpy.abs(single[name] - double[name]).max() / numpy.abs(double[name]).max())
        for name in double
    )


def trained_network(network, inputs, targets):
    """The tensors of a network's fixture, and the error of float32 in them."""
    parameters = {
        name: value.detach().numpy().copy() for name, value in network.named_parameters()
    }
    single = forward_and_backward(network, inputs, targets, torch.float32)
    double = forward_and_backward(network, inputs, targets, torch.float64)
    given = {"inputs": inputs, "targets": targets}
    if hasattr(network, "alpha"):
        given = {"alpha": numpy.array([network.alpha], numpy.float32)} | given
    return given | parameters | single, relative_error(single, double)


def small_network(seed, build):
    """20 units: not a multiple of any vector width, so the kernels' ragged edges are crossed.

    `build` makes a network of so many inputs, units and outputs.
    """
    random = numpy.random.default_rng(seed)
    network = seeded_layers(seed, lambda: build(9, 20, 6))
    inputs = random.standard_normal((7, 5, 9), numpy.float32)
    return trained_network(network, inputs, half_then_answer(random, 7, 5, 6))


def small_leaky_rnn(seed, alpha, activation, keep=None):
    return small_network(seed, lambda *sizes: LeakyRNN(*sizes, alpha, activation, keep))


def paper_sized_network(seed, build, trials=16):
    """22 steps, 16 trials, 41 inputs (the cue comes first), 64 units, 24 boundaries."""
    random = numpy.random.default_rng(seed)
    network = seeded_layers(seed, lambda: build(41, 64, 24))
    inputs = numpy.float32(0.3) * random.standard_normal((22, trials, 41), numpy.float32)
    inputs[:-1, :, 0] = 1
    inputs[-1, :, 0] = 0
    tensors, error = trained_network(network, inputs, half_then_answer(random, 22, trials, 24))
    tensors["states.last"] = tensors.pop("states")[-1].copy()
    del tensors["logits"]
    return tensors, error


class Square(nn.Module):
    """The activation of the paper's other encoder."""

    def forward(self, values):
        return values**2


def encoder(seed, activation=nn.ReLU):
    """The paper's frozen random features of a two-dimensional observation."""

    def build():
        return nn.Sequential(
            nn.Linear(2, 100), activation(), nn.Linear(100, 100), activation(), nn.Linear(100, 40)
        )

    layers = seeded_layers(seed, build)
    weights = layers.state_dict().items()
    tensors = {f"encoder.{name}": value.numpy().copy() for name, value in weights}
    # Wider than any trial, so that both signs of every unit's argument occur.
    inputs = numpy.random.default_rng(seed).uniform(-1, 1, (48, 2)).astype(numpy.float32)
    inputs[0] = 0  # the blank observation of fixation and decision
    with torch.no_grad():
        single = layers(torch.from_numpy(inputs)).numpy()
        double = layers.double()(torch.from_numpy(inputs).double()).numpy()
    error = relative_error({"outputs": single}, {"outputs": double})
    return tensors | {"inputs": inputs, "outputs": single}, error


def adam_path(start, gradients, dtype):
    """Parameters after the steps that are kept, and both moments after the last."""
    parameters = torch.tensor(start, dtype=dtype, requires_grad=True)  # a copy: steps are in place
    optimizer = torch.optim.Adam(
        [parameters], lr=1e-3, betas=(0.9, 0.999), eps=1e-8, foreach=False, fused=False
    )
    kept = {}
    for step, gradient in enumerate(torch.from_numpy(gradients).to(dtype), start=1):
        parameters.grad = gradient
        optimizer.step()
        if step in (1, 10, 100):
            kept[f"parameters.{step}"] = parameters.detach().numpy().copy()
    state = optimizer.state[parameters]
    kept["first.moment"] = state["exp_avg"].numpy()
    kept["second.moment"] = state["exp_avg_sq"].numpy()
    return kept


def adam(seed):
    """A hundred steps; each parameter has its own scale of gradients, from 1e-6 to 1."""
    random = numpy.random.default_rng(seed)
    gradients = random.standard_normal((100, 200)) * 10.0 ** random.uniform(-6, 0, 200)
    gradients[random.random((100, 200)) < 0.1] = 0  # now and then silent
    gradients[:, :10] = 0  # never moved: a dead unit's weights
    gradients[50:, 10:20] = 0  # silent from the middle on
    gradients = gradients.astype(numpy.float32)
    start = random.uniform(-0.125, 0.125, 200).astype(numpy.float32)
    single = adam_path(start, gradients, torch.float32)
    double = adam_path(start, gradients, torch.float64)
    given = {"gradients": gradients, "parameters.0": start}
    return given | single, relative_error(single, double)


def ridge(states, latents, strength):
    """Minimises |Yc - Xc W|^2 / n + strength tr(Cov) |W|^2 with a free intercept.

    The penalty becomes D further rows of a least-squares problem, which never squares the
    condition number; the normal equations then confirm the answer.
    """
    count, width = states.shape
    mean_state, mean_latent = states.mean(0), latents.mean(0)
    centred, wanted = states - mean_state, latents - mean_latent
    covariance = centred.T @ centred / count
    penalty = strength * numpy.trace(covariance)
    weights, *_ = numpy.linalg.lstsq(
        numpy.vstack([centred / numpy.sqrt(count), numpy.sqrt(penalty) * numpy.eye(width)]),
        numpy.vstack([wanted / numpy.sqrt(count), numpy.zeros((width, wanted.shape[1]))]),
        rcond=None,
    )
    again = numpy.linalg.solve(
        covariance + penalty * numpy.eye(width), centred.T @ wanted / count
    )
    numpy.testing.assert_allclose(weights, again, rtol=1e-9, atol=1e-12)
    return weights, mean_latent - mean_state @ weights


def decoder_ridge(seed):
    """States that carry the latents, unequal in scale, correlated, and away from the origin."""
    random = numpy.random.default_rng(seed)
    latents = random.uniform(-0.5, 0.5, (60, 2))
    states = latents @ random.standard_normal((2, 7)) + 0.2 * random.standard_normal((60, 7))
    states = states * numpy.geomspace(0.1, 3, 7) + random.uniform(-1, 2, 7)
    lambdas = numpy.array([0, 1e-4, 1e-2, 1])
    solutions = [ridge(states, latents, strength) for strength in lambdas]
    return {
        "states": states,
        "latents": latents,
        "lambdas": lambdas,
        "weights": numpy.stack([weights for weights, _ in solutions]),
        "intercepts": numpy.stack([intercept for _, intercept in solutions]),
    }


def philox4x32(counter, key, rounds=10):
    """Philox of Salmon et al., SC 2011: two products and a step of the key in each round."""
    word = 0xFFFFFFFF
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(rounds):
        even, odd = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (odd >> 32) ^ c1 ^ k0, odd & word, (even >> 32) ^ c3 ^ k1, even & word
        k0, k1 = (k0 + 0x9E3779B9) & word, (k1 + 0xBB67AE85) & word
    return [c0, c1, c2, c3]


# Counter, key and output of the three known answers that come with Random123.
PUBLISHED_PHILOX4X32 = {
    "zeros": (
        "00000000 00000000 00000000 00000000",
        "00000000 00000000",
        "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ),
    "ones": (
        "ffffffff ffffffff ffffffff ffffffff",
        "ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    "digits of pi": (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
}


def random123():
    """The published answers, each confirmed by the implementation above."""
    answers = []
    for name, columns in PUBLISHED_PHILOX4X32.items():
        counter, key, output = ([int(word, 16) for word in column.split()] for column in columns)
        computed = philox4x32(counter, key)
        if computed != output:
            raise ValueError(f"Philox of {name} is {computed}, published is {output}")
        words = {"counter": counter, "key": key, "output": computed}
        hexadecimal = {part: [f"{word:08x}" for word in value] for part, value in words.items()}
        answers.append({"name": name} | hexadecimal)
    return {"generator": "philox4x32-10", "answers": answers}


def write_tensors(path, tensors):
    save_file(tensors, path)
    path.chmod(0o644)  # the library leaves its files to their owner alone


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def gated(kind):
    return lambda *sizes: GatedNetwork(kind, *sizes)


# What makes each file, and how far float32 is from float64 in it.
FIXTURES = {
    "leaky-rnn": lambda: small_leaky_rnn(1, 1.0, torch.relu),
    "leaky-rnn-leak": lambda: small_leaky_rnn(2, 0.3, torch.relu),
    "leaky-rnn-tanh": lambda: small_leaky_rnn(3, 0.5, torch.tanh),
    "leaky-rnn-default": lambda: paper_sized_network(
        4, lambda *sizes: LeakyRNN(*sizes, 1.0, torch.relu)
    ),
    "non-leaky": lambda: small_leaky_rnn(8, 0.2, torch.relu, keep=1.0),
    "lstm": lambda: small_network(9, gated("lstm")),
    "lstm-default": lambda: paper_sized_network(10, gated("lstm"), trials=8),
    "gru": lambda: small_network(11, gated("gru")),
    "gru-default": lambda: paper_sized_network(12, gated("gru"), trials=8),
    "feed-forward": lambda: small_network(13, lambda *sizes: FeedForward(*sizes, 3)),
    "encoder": lambda: encoder(5),
    "encoder-quadratic": lambda: encoder(14, Square),
    "adam": lambda: adam(6),
}
# The same without a comparison of precisions.
PLAIN_FIXTURES = {
    "decoder-ridge": lambda folder: write_tensors(
        folder / "decoder-ridge.safetensors", decoder_ridge(7)
    ),
    "random123": lambda folder: write_json(folder / "random123.json", random123()),
}


def main():
    arguments = argparse.ArgumentParser(description="Makes the tests' reference results.")
    arguments.add_argument("--into", type=Path, default=Path(__file__).parent, metavar="FOLDER")
    arguments.add_argument(
        "--only", nargs="+", choices=[*FIXTURES, *PLAIN_FIXTURES], metavar="NAME"
    )
    options = arguments.parse_args()
    folder = options.into
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)

    def chosen(fixtures):
        return {name: make for name, make in fixtures.items() if name in (options.only or fixtures)}

    record = folder / "versions.json"
    errors = {}
    if options.only and record.exists():
        errors = json.loads(record.read_text())["float32AgainstFloat64"]
    for name, make in chosen(FIXTURES).items():
        tensors, error = make()
        write_tensors(folder / f"{name}.safetensors", tensors)
        errors[name] = float(f"{error:.2e}")
    for make in chosen(PLAIN_FIXTURES).values():
        make(folder)
    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "safetensors": safetensors.__version__,
        # For the reason of a tolerance: what rounding alone does to each fixture.
        "float32AgainstFloat64": {name: errors[name] for name in FIXTURES if name in errors},
    }
    write_json(record, versions)


if __name__ == "__main__":
    main()
