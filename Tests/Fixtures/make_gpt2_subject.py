#!/usr/bin/env python3
"""Saves a GPT-2 as a .pth file and converts it, as a user would: what `import` is tested with.

    python make_gpt2_subject.py [--into FOLDER]

needs torch, transformers, numpy and safetensors. The module is put together like the one of the
paper's code: GPT2Model as `transformer`, a linear layer before and behind it, and all of
GPT2Model's tensors in the state_dict, of which two are of no use: `wte`, the embeddings of words,
and `wpe`, positions that are zero and frozen. Nothing is trained: the weights are drawn with a
larger deviation than Hugging Face's, so that attention attends.

| file                        | what                                                            |
| --------------------------- | --------------------------------------------------------------- |
| gpt2-subject.safetensors    | what Scripts/pth_to_safetensors.py makes of the .pth file, with |
|                             | the spec in its metadata                                        |
| gpt2-subject-trials.safetensors | observations [T, B, 1 + D], states [T, B, H]                |
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
from safetensors.numpy import save_file
from torch import nn
from transformers import GPT2Config, GPT2Model

WIDTH, HEADS, LAYERS, TASKS, TRIALS, STEPS = 12, 3, 2, 6, 8, 14
SPEC = {
    "tasks": {"count": TASKS},
    "timing": {"fixation": 1, "stimulus": 12, "decision": 1},
    "encoder": {"kind": "none"},
    "network": {"architecture": "gpt2", "units": WIDTH, "layers": LAYERS, "heads": HEADS},
}


class Network(nn.Module):
    """Linear, GPT2Model, Linear; no encoder, so that the file is small."""

    def __init__(self):
        super().__init__()
        self.input_projection = nn.Linear(3, WIDTH)
        self.transformer = GPT2Model(
            GPT2Config(
                vocab_size=5,
                bos_token_id=None,
                eos_token_id=None,
                n_positions=32,
                n_embd=WIDTH,
                n_layer=LAYERS,
                n_head=HEADS,
                initializer_range=0.3,
            )
        )
        self.rec_to_out = nn.Linear(WIDTH, TASKS)
        with torch.no_grad():
            self.transformer.wpe.weight.zero_()

    def states(self, observations):
        """[T, B, H] for observations [T, B, 1 + D], the cue first."""
        embedded = self.input_projection(observations.transpose(0, 1))
        return self.transformer(inputs_embeds=embedded).last_hidden_state.transpose(0, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    here = Path(__file__).resolve().parent
    parser.add_argument("--into", type=Path, default=here)
    folder = parser.parse_args().into
    torch.manual_seed(7)
    network = Network().eval()
    with tempfile.TemporaryDirectory() as temporary:
        checkpoint, spec = Path(temporary) / "network.pth", Path(temporary) / "spec.json"
        torch.save({"state_dict": network.state_dict(), "loss_hist": numpy.zeros(3)}, checkpoint)
        spec.write_text(json.dumps(SPEC))
        target = folder / "gpt2-subject.safetensors"
        target.unlink(missing_ok=True)
        converter = here.parent.parent / "Scripts/pth_to_safetensors.py"
        subprocess.run([sys.executable, converter, checkpoint, target, "--spec", spec], check=True)

    random = numpy.random.default_rng(7)
    shown = numpy.zeros((STEPS, TRIALS, 3), numpy.float32)
    shown[:-1, :, 0] = 1
    latents = random.uniform(-0.5, 0.5, (TRIALS, 2))
    shown[1:-1, :, 1:] = latents + 0.2 * random.standard_normal((STEPS - 2, TRIALS, 2))
    with torch.no_grad():
        states = network.states(torch.from_numpy(shown)).contiguous().numpy()
    save_file(
        {"observations": shown, "states": states}, folder / "gpt2-subject-trials.safetensors"
    )


if __name__ == "__main__":
    main()
