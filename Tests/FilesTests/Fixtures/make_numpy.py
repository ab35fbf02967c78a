"""Writes the .npy and .npz files that FilesTests reads, and one of PyTorch's that it refuses.

Run in this folder: python make_numpy.py
Made with Python 3.11, numpy 2.4.6 and torch 2.13. Each array is a ramp whose values every type holds exactly;
numpy.json gives type, shape and the values row by row, whatever the order in the file.
"""

import io
import json

import numpy
import torch
from numpy.lib import format as npy


def ramp(shape, kind):
    """k / 8 - 1 for floats, k otherwise; row by row."""
    values = numpy.arange(int(numpy.prod(shape))).reshape(shape)
    return (values / 8 - 1 if numpy.dtype(kind).kind == "f" else values % 2).astype(kind)


def saved(array, version=None):
    buffer = io.BytesIO()
    npy.write_array(buffer, array, version=version, allow_pickle=False)
    return buffer.getvalue()


kinds = ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "|i1", "<i2", ">i4", "<i8", ">i8"]
kinds += ["|u1", "<u2", ">u4", "<u8", "|b1"]
arrays = {f"type {kind}": (ramp((2, 3), kind), None) for kind in kinds}
arrays |= {
    "column by column": (numpy.asfortranarray(ramp((2, 3, 4), "<f4")), None),
    "one axis": (ramp((5,), "<f8"), None),
    "no axis": (numpy.array(2.5, "<f4"), None),
    "nothing": (numpy.zeros((0, 7), "<f4"), None),
    "version 2": (ramp((3, 2), "<f4"), (2, 0)),
    "version 3": (ramp((3, 2), "<f4"), (3, 0)),
}
# Halves at the edges of their range: smallest, largest below normal, smallest normal, largest.
halves = numpy.array([0x0001, 0x03FF, 0x0400, 0x7BFF, 0x8001, 0x8000, 0x3555], numpy.uint16)
arrays["halves"] = (halves.view(numpy.float16), None)

described = []
for name, (array, version) in arrays.items():
    content = saved(array, version)
    described.append(
        {
            "name": name,
            "bytes": content.hex(),
            "shape": list(array.shape),
            "values": [float(value) for value in array.ravel(order="C")],
        }
    )
objects = io.BytesIO()
npy.write_array(objects, numpy.array([None, "x"], object))
refused = {
    "objects": objects.getvalue().hex(),
    "complex": saved(numpy.zeros(2, complex)).hex(),
    "text": saved(numpy.array(["a", "b"])).hex(),
    "dates": saved(numpy.array(["2020-01-01"], "datetime64[D]")).hex(),
    "structured": saved(numpy.zeros(2, [("a", "<f4"), ("b", "<i8")])).hex(),
}
with open("numpy.json", "w", encoding="utf-8") as file:
    json.dump({"arrays": described, "refused": refused}, file, indent=1)
    file.write("\n")

members = {
    "encoder.0.weight": ramp((3, 4), "<f4"),
    "transposed": numpy.asfortranarray(ramp((4, 3), "<f8")),
    # Long enough to be worth packing.
    "steps": numpy.arange(500),
}
numpy.savez("stored.npz", **members)
numpy.savez_compressed("deflated.npz", **members)
torch.save({"weight": torch.zeros(2)}, "network.pth")
