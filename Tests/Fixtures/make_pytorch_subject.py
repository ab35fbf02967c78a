#!/usr/bin/env python3
"""Trains a small network in PyTorch, from outside as a user would: what `import` is tested with.

    python make_pytorch_subject.py [--into FOLDER]

needs torch, numpy, scikit-learn and safetensors. Nothing here is shared with the Swift code: world,
network, training and decoder are written anew from the paper and from Documentation.

| file                             | what                                                       |
| -------------------------------- | ---------------------------------------------------------- |
| pytorch-subject.safetensors      | the state_dict, and in its metadata the spec, as           |
|                                  | Documentation/Weights.md asks for                          |
| pytorch-subject.npz              | the same through numpy.savez, without any spec             |
| pytorch-subject-trials.safetensors | what the network was shown and answered:                 |
|   observations, states           | 16 trials, [T, B, 1 + D] and [T, B, H]                     |
|   fit.looks, fit.latents         | 4 quadrants x 150 trials to fit on, [stimulus, n, D], [n, D] |
|   test.looks, test.latents       | 4 quadrants x 100 trials to test on                        |
|   r2.ood, penalties              | float64, [4]: scikit-learn's ridge on PyTorch's states, by |
|                                  | held-out quadrant, and the penalty that was chosen         |
|   answers                        | float64, [4]: loss and accuracy of 20,000 trials, and both |
|                                  | standard errors                                            |

Quadrants are in the order (+,+), (+,-), (-,+), (-,-).
"""

import argparse
import json
from itertools import product
from pathlib import Path

import numpy
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file
from sklearn.linear_model import Ridge
from torch import nn
from torch.nn import functional

TASKS, UNITS, DEVIATION = 6, 32, 0.2
STEP, TIME_CONSTANT = 100.0, 200.0
FIXATION, STIMULUS, DELAY, DECISION = 2, 12, 1, 1
STEPS = FIXATION + STIMULUS + DELAY + DECISION
SPEC = {
    "seed": 5,
    "tasks": {"count": TASKS},
    "noise": {"deviation": DEVIATION},
    "timing": {
        "step": STEP,
        "fixation": FIXATION,
        "stimulus": STIMULUS,
        "delay": DELAY,
        "decision": DECISION,
    },
    "encoder": {"kind": "relu"},
    "network": {
        "architecture": "leakyRNN",
        "units": UNITS,
        "activation": "relu",
        "timeConstant": TIME_CONSTANT,
    },
    "evaluation": {"fits": 2, "trials": 1000},
}


class Network(nn.Module):
    """A frozen random encoder, a leaky recurrent layer, a linear readout."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(2, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 40)
        ).requires_grad_(False)
        self.inp_to_rec = nn.Linear(41, UNITS)
        self.rec_to_rec = nn.Linear(UNITS, UNITS)
        self.rec_to_out = nn.Linear(UNITS, TASKS)

    def states(self, observations):
        """States [T, B, H] for observations [T, B, 1 + D], the cue first."""
        leak = STEP / TIME_CONSTANT
        cue, seen = observations[..., :1], observations[..., 1:]
        inputs = self.inp_to_rec(torch.cat([cue, self.encoder(seen)], -1))
        rates = inputs.new_zeros(inputs.shape[1], UNITS)
        states = []
        for current in inputs:
            rates = (1 - leak) * rates + leak * torch.relu(current + self.rec_to_rec(rates))
            states.append(rates)
        return torch.stack(states)

    def forward(self, observations):
        return self.rec_to_out(self.states(observations))


def normals():
    """Lines at i pi / N + pi / 2N; above means x2 > tan(phi) x1."""
    angles = numpy.pi * (numpy.arange(TASKS) + 0.5) / TASKS
    upwards = numpy.sign(numpy.cos(angles))
    return numpy.stack([-numpy.sin(angles) * upwards, numpy.cos(angles) * upwards], 1)


def looks(random, latents):
    """Noisy looks at the latents, [stimulus, n, D]."""
    noise = random.standard_normal((STIMULUS, *latents.shape))
    return (latents + DEVIATION * noise).astype(numpy.float32)


def observations(seen):
    """Whole trials, [T, n, 1 + D]: the cue is on until the decision."""
    shown = numpy.zeros((STEPS, seen.shape[1], 3), numpy.float32)
    shown[: STEPS - DECISION, :, 0] = 1
    shown[FIXATION : FIXATION + STIMULUS, :, 1:] = seen
    return torch.from_numpy(shown)


def targets(latents):
    """One half before the decision, then the answers, [T, n, N]."""
    wanted = numpy.full((STEPS, len(latents), TASKS), 0.5, numpy.float32)
    wanted[STEPS - DECISION :] = latents @ normals().T > 0
    return torch.from_numpy(wanted)


def train(random, batches, trials):
    network = Network()
    learned = [value for value in network.parameters() if value.requires_grad]
    optimizer = torch.optim.Adam(learned, lr=1e-3)
    for batch in range(batches):
        latents = random.uniform(-0.5, 0.5, (trials, 2))
        logits = network(observations(looks(random, latents)))
        loss = functional.binary_cross_entropy_with_logits(logits, targets(latents))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if batch % 1000 == 999:
            print(f"batch {batch + 1}: loss {loss.item():.4f}")
    return network


def quadrants(random, trials):
    """Latents of the four quadrants, one after the other."""
    signs = numpy.repeat(numpy.array(list(product([1, -1], repeat=2))), trials, 0)
    return signs * random.uniform(0, 0.5, (4 * trials, 2))


def ridge(states, latents, penalty):
    """Mean squared error + penalty tr(Cov) |W|^2, a free intercept."""
    total_variance = ((states - states.mean(0)) ** 2).mean(0).sum()
    # scikit-learn minimises the *sum* of squared errors and alpha |W|^2.
    alpha = len(states) * penalty * total_variance
    return Ridge(alpha=alpha, solver="svd").fit(states, latents)


def mean_squared_error(decoder, states, latents):
    return ((decoder.predict(states) - latents) ** 2).mean()


def held_out(fit, test, quadrant):
    """r2 in one quadrant of a decoder that was fitted on the others, and its penalty."""
    seen = [part for index, part in enumerate(fit) if index != quadrant]
    penalties = 10.0 ** numpy.arange(-8, 0.5, 0.5)

    def joined(parts):
        return (numpy.concatenate(pieces) for pieces in zip(*parts))

    errors = [
        sum(
            mean_squared_error(
                ridge(*joined(seen[:left] + seen[left + 1 :]), penalty), *seen[left]
            )
            for left in range(len(seen))
        )
        for penalty in penalties
    ]
    print(f"quadrant {quadrant}: errors by penalty {numpy.round(errors, 6)}")
    chosen = penalties[int(numpy.argmin(errors))]
    decoder = ridge(*joined(seen), chosen)
    return 1 - 12 * mean_squared_error(decoder, *test[quadrant]), chosen


def answers(network, random, trials=20_000, parts=200):
    """Loss and accuracy at the decision, and their standard errors over parts."""
    losses, accuracies = [], []
    for _ in range(parts):
        latents = random.uniform(-0.5, 0.5, (trials // parts, 2))
        logits, wanted = network(observations(looks(random, latents))), targets(latents)
        losses.append(functional.binary_cross_entropy_with_logits(logits, wanted).item())
        right = (logits > 0) == (wanted > 0.5)
        accuracies.append(right[STEPS - DECISION :].float().mean().item())
    means = [numpy.mean(losses), numpy.mean(accuracies)]
    errors = [numpy.std(values, ddof=1) / numpy.sqrt(parts) for values in (losses, accuracies)]
    return numpy.array(means + errors)


def main():
    arguments = argparse.ArgumentParser(description="Trains the network that import is tested with.")
    arguments.add_argument("--into", type=Path, default=Path(__file__).parent, metavar="FOLDER")
    folder = arguments.parse_args().into
    torch.set_num_threads(1)
    torch.manual_seed(11)
    random = numpy.random.default_rng(12)
    network = train(random, batches=6000, trials=32).eval()

    def states(shown):
        with torch.no_grad():
            return network.states(shown).numpy()

    few = observations(looks(random, random.uniform(-0.5, 0.5, (16, 2))))
    tensors = {"observations": few.numpy(), "states": states(few)}
    sets = {}
    for name, trials in [("fit", 150), ("test", 100)]:
        latents = quadrants(random, trials)
        seen = looks(random, latents)
        tensors |= {f"{name}.looks": seen, f"{name}.latents": latents.astype(numpy.float32)}
        last = states(observations(seen))[-1].astype(numpy.float64)
        latents = tensors[f"{name}.latents"].astype(numpy.float64)
        sets[name] = list(zip(numpy.split(last, 4), numpy.split(latents, 4)))
    results = [held_out(sets["fit"], sets["test"], quadrant) for quadrant in range(4)]
    tensors["r2.ood"] = numpy.array([value for value, _ in results])
    tensors["penalties"] = numpy.array([penalty for _, penalty in results])
    with torch.no_grad():
        tensors["answers"] = answers(network, random)
    for name in ["r2.ood", "penalties", "answers"]:
        print(name, tensors[name])

    weights = {name: value.contiguous() for name, value in network.state_dict().items()}
    made = folder / "pytorch-subject.safetensors"
    save_file(weights, made, metadata={"spec": json.dumps(SPEC)})
    trials = folder / "pytorch-subject-trials.safetensors"
    save_arrays(tensors, trials)
    numpy.savez(
        folder / "pytorch-subject.npz", **{name: value.numpy() for name, value in weights.items()}
    )
    for path in [made, trials]:
        path.chmod(0o644)  # the library leaves its files to their owner alone


if __name__ == "__main__":
    main()
