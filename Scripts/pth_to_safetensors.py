#!/usr/bin/env python3
"""Makes safetensors of a PyTorch checkpoint, so that `disentangle import` can read it.

    python pth_to_safetensors.py NETWORK.pth [NETWORK.safetensors]
        [--strip PREFIX] [--rename OLD=NEW]... [--spec SPEC.json]

needs torch 2.6 or later, numpy and safetensors. A .pth file is a pickle, which can run code when it
is opened: it is loaded with weights_only=True, which refuses everything but tensors and plain
containers. Arrays of numbers from NumPy, such as a history of the loss, are let through and ignored.

The file may hold a state_dict, or a dictionary with one under "state_dict", "model_state_dict" or
"model". Names are kept, but for two options. --strip PREFIX ("module." of DataParallel, say) takes
a common prefix off every name. --rename OLD=NEW gives names that are OLD, or begin with OLD and a
dot, that beginning instead: --rename rnn=lstm makes lstm.weight_ih_l0 of rnn.weight_ih_l0; it may
be given several times.

Floating numbers become float32; tensors without floating numbers (masks, counters) are left out,
and named. --spec puts a spec into the file's metadata.
"""

import argparse
import json
import pickle
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file


def numpy_arrays():
    """What PyTorch must be told is harmless for an array of numbers, by NumPy's names old and new."""
    build = numpy.zeros(0).__reduce__()[0]
    module = build.__module__.replace("numpy._core", "numpy.core")
    kinds = {type(numpy.dtype(name)) for name in ("f2", "f4", "f8", "i4", "i8", "u1", "?")}
    return [build, (build, f"{module}.{build.__name__}"), numpy.ndarray, numpy.dtype, *kinds]


def state_dict(loaded, path):
    """The named tensors in what was loaded, however they are wrapped."""
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(loaded, dict) and isinstance(loaded.get(key), dict):
            loaded = loaded[key]
            break
    tensors = {}
    if isinstance(loaded, dict):
        tensors = {key: value for key, value in loaded.items() if torch.is_tensor(value)}
    if not tensors:
        sys.exit(f"{path}: no named tensors in it; save the network's state_dict()")
    return tensors


def strip(names, prefix):
    """Names without their common prefix."""
    others = [name for name in names if not name.startswith(prefix)]
    if others:
        sys.exit(f"--strip {prefix}: not every name starts with it, for instance {others[0]}")
    return [name[len(prefix) :] for name in names]


def rename(names, pairs):
    """Names with another beginning, of whole words between dots."""
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not (old and equals and new):
            sys.exit(f"--rename {pair}: write OLD=NEW, such as rnn=lstm")
        hits = [name == old or name.startswith(old + ".") for name in names]
        if not any(hits):
            sys.exit(f"--rename {pair}: no name begins with {old}; there are {', '.join(names)}")
        names = [new + name[len(old) :] if hit else name for name, hit in zip(names, hits)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        sys.exit(f"--rename: two tensors would be called {twice}")
    return names


def main():
    summary, details = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser(
        description=summary, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, metavar="NETWORK.pth")
    parser.add_argument("target", type=Path, nargs="?", metavar="NETWORK.safetensors")
    parser.add_argument("--strip", default="", metavar="PREFIX")
    parser.add_argument("--rename", action="append", default=[], metavar="OLD=NEW")
    parser.add_argument("--spec", type=Path, metavar="SPEC.json")
    arguments = parser.parse_args()
    target = arguments.target or arguments.source.with_suffix(".safetensors")
    if target.exists():
        sys.exit(f"{target} is there already; name another file or move it away")

    try:
        with torch.serialization.safe_globals(numpy_arrays()):
            loaded = torch.load(arguments.source, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        print(error, file=sys.stderr)
        sys.exit(
            f"{arguments.source}: refused, for it holds more than tensors; if you trust whoever made "
            "it, load it in Python yourself and save network.state_dict()"
        )
    tensors = state_dict(loaded, arguments.source)
    weights = {}
    names = rename(strip(tensors, arguments.strip), arguments.rename)
    for name, tensor in zip(names, tensors.values()):
        if tensor.is_floating_point():
            # A copy: the format has no two names for one memory.
            weights[name] = tensor.detach().to(torch.float32).contiguous().clone()
        else:
            print(f"left out: {name}, {tensor.dtype} {list(tensor.shape)}", file=sys.stderr)
    metadata = None
    if arguments.spec:
        metadata = {"spec": json.dumps(json.loads(arguments.spec.read_text()))}
    save_file(weights, target, metadata=metadata)
    for name, tensor in weights.items():
        print(f"{name} {list(tensor.shape)}")


if __name__ == "__main__":
    main()
