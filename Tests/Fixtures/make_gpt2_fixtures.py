#!/usr/bin/env python3
"""Makes the reference results that our GPT-2 is compared with, by Hugging Face's own GPT2Model.

    python make_gpt2_fixtures.py [--into FOLDER]

needs torch, transformers, numpy and safetensors (`gpt2-versions.json` says which versions made the
committed files). All draws are seeded, so the same versions on the same processor write the same
bytes. Dropout is off: its draws are PyTorch's own and can't be ours.

The network is the one of the paper's code: a linear layer on continuous inputs, GPT2Model on its
output as `inputs_embeds`, and a linear readout with logistic loss behind the final layer norm.
Without positions the positional embedding is zero and does not learn.

Shapes: T steps, B trials, I inputs, H features, N boundaries. Sequences are [T, B, .], numbers are
float32; a scalar has shape [1]. Weights of a block are Hugging Face's [in, out].

| file                        | width, layers, heads, positions; T, B, I, N                        |
| --------------------------- | ------------------------------------------------------------------ |
| gpt2.safetensors            | 20, 1, 4, none;     7, 5, 9, 6                                     |
| gpt2-layers.safetensors     | 18, 2, 3, none;     6, 4, 5, 3                                     |
| gpt2-positions.safetensors  | 12, 2, 2, learned;  5, 3, 4, 3                                     |
| gpt2-default.safetensors,   | 64, 1, 8, none;     22, 4, 41, 24: the paper's size, fewer trials  |
| gpt2-default-gradients      |                                                                    |

Each holds inputs, targets, every parameter by its name, states [T, B, H], logits [T, B, N], loss,
and grad.NAME for each parameter; the largest has states.last [B, H] only, and its gradients in a
file of their own.
"""

import argparse
import json
import platform
from pathlib import Path

import numpy
import safetensors
import torch
import transformers
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional
from transformers import GPT2Config, GPT2Model


class ContinuousGPT2(nn.Module):
    """Linear, GPT2Model, Linear."""

    def __init__(self, inputs, width, layers, heads, learned, steps, outputs):
        super().__init__()
        config = GPT2Config(
            vocab_size=1,
            bos_token_id=None,
            eos_token_id=None,
            n_positions=steps,
            n_embd=width,
            n_layer=layers,
            n_head=heads,
            activation_function="gelu_new",
            embd_pdrop=0,
            attn_pdrop=0,
            resid_pdrop=0,
            attn_implementation="eager",
        )
        self.input_projection = nn.Linear(inputs, width)
        self.transformer = GPT2Model(config)
        self.rec_to_out = nn.Linear(width, outputs)
        self.learned = learned
        if not learned:
            nn.init.zeros_(self.transformer.wpe.weight)
            self.transformer.wpe.weight.requires_grad_(False)
        self.transformer.wte.weight.requires_grad_(False)  # no words are read

    def forward(self, inputs):
        embedded = self.input_projection(inputs).transpose(0, 1)
        states = self.transformer(inputs_embeds=embedded, use_cache=False).last_hidden_state
        states = states.transpose(0, 1).contiguous()
        return states, self.rec_to_out(states)

    def trained(self):
        return {name: value for name, value in self.named_parameters() if value.requires_grad}


def build(seed, **sizes):
    """A network whose every parameter is away from its first value, so that all of them matter.

    Weights at their first size of 0.02 leave attention almost even and biases at zero hide an error
    in them; these are of the size that training reaches.
    """
    torch.manual_seed(seed)
    network = ContinuousGPT2(**sizes)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.trained().items():
            noise = torch.randn(value.shape, generator=generator)
            is_gain = ".ln_" in name and name.endswith("weight")
            if is_gain:
                value.copy_(1 + 0.2 * noise)
            elif value.dim() == 1:
                value.copy_(0.2 * noise)
            else:
                fan_in = value.shape[1] if name.startswith(("input", "rec")) else value.shape[0]
                value.copy_(noise * (0.5 if "wpe" in name else 1 / fan_in**0.5))
    return network.eval()


def forward_and_backward(network, inputs, targets, dtype):
    """States, logits, loss and all gradients in the given precision."""
    network = network.to(dtype)
    network.zero_grad()
    states, logits = network(torch.from_numpy(inputs).to(dtype))
    loss = functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(targets).to(dtype))
    loss.backward()
    results = {"states": states, "logits": logits, "loss": loss.reshape(1)}
    results |= {f"grad.{name}": value.grad for name, value in network.trained().items()}
    return {name: value.detach().numpy().copy() for name, value in results.items()}


def distance(single, double):
    """|single - double| / |double| over a whole tensor."""
    return float(numpy.linalg.norm(single - double) / numpy.linalg.norm(double))


def fixture(seed, trials, **sizes):
    random = numpy.random.default_rng(seed)
    network = build(seed, **sizes)
    steps, outputs = sizes["steps"], sizes["outputs"]
    inputs = random.standard_normal((steps, trials, sizes["inputs"]), numpy.float32)
    targets = numpy.full((steps, trials, outputs), 0.5, numpy.float32)
    targets[-1] = random.integers(0, 2, (trials, outputs))
    parameters = {name: value.detach().numpy().copy() for name, value in network.trained().items()}
    single = forward_and_backward(network, inputs, targets, torch.float32)
    double = forward_and_backward(network, inputs, targets, torch.float64)
    errors = {name: distance(single[name], double[name]) for name in double}
    heads = numpy.array([network.transformer.config.n_head], numpy.float32)
    tensors = {"heads": heads, "inputs": inputs, "targets": targets} | parameters | single
    return tensors, errors


def write(path, tensors):
    save_file(tensors, path)
    path.chmod(0o644)  # the library leaves its files to their owner alone


def main():
    arguments = argparse.ArgumentParser(description="Makes GPT-2's reference results.")
    arguments.add_argument("--into", type=Path, default=Path(__file__).parent, metavar="FOLDER")
    folder = arguments.parse_args().into
    torch.set_num_threads(1)
    sizes = {
        "gpt2": dict(seed=1, trials=5, inputs=9, width=20, layers=1, heads=4, learned=False,
                     steps=7, outputs=6),
        "gpt2-layers": dict(seed=2, trials=4, inputs=5, width=18, layers=2, heads=3, learned=False,
                            steps=6, outputs=3),
        "gpt2-positions": dict(seed=3, trials=3, inputs=4, width=12, layers=2, heads=2,
                               learned=True, steps=5, outputs=3),
        "gpt2-default": dict(seed=4, trials=4, inputs=41, width=64, layers=1, heads=8,
                             learned=False, steps=22, outputs=24),
    }
    worst = {}
    for name, values in sizes.items():
        tensors, errors = fixture(**values)
        if name == "gpt2-default":
            tensors["states.last"] = tensors.pop("states")[-1].copy()
            del tensors["logits"]
            gradients = [key for key in tensors if key.startswith("grad.")]
            write(folder / f"{name}-gradients.safetensors", {k: tensors.pop(k) for k in gradients})
        write(folder / f"{name}.safetensors", tensors)
        tensor = max(errors, key=errors.get)
        worst[name] = {tensor: float(f"{errors[tensor]:.2e}")}
    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "numpy": numpy.__version__,
        "safetensors": safetensors.__version__,
        # For the reason of a tolerance: what rounding alone does to the tensor it hurts most.
        "float32AgainstFloat64": worst,
    }
    (folder / "gpt2-versions.json").write_text(json.dumps(versions, indent=2) + "\n")


if __name__ == "__main__":
    main()
