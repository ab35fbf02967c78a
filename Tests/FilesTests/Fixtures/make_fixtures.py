"""Writes python.safetensors, which FilesTests reads.

Run in this folder: python make_fixtures.py
Made with Python 3.11, numpy 2.4.6 and safetensors 0.8.0, by the reference implementation.
"""

import numpy
from safetensors.numpy import save_file

save_file(
    {
        # k / 8 - 1 for k = 0 ... 11: exact in single precision.
        "encoder.0.weight": (numpy.arange(12, dtype=numpy.float32) / 8 - 1).reshape(3, 4),
        "extremes": numpy.array([numpy.inf, -0.0, 1e-45, 3.4028235e38], dtype=numpy.float32),
        "thirds": numpy.array([1 / 3, -2 / 3], dtype=numpy.float64),
        "step": numpy.array(100_000, dtype=numpy.int64),
        "limits": numpy.array([-(2**63), 2**63 - 1], dtype=numpy.int64),
        "bytes": numpy.array([0, 127, 255], dtype=numpy.uint8),
        "nothing": numpy.zeros((0, 5), dtype=numpy.float32),
    },
    "python.safetensors",
    metadata={"greeting": "grüß \"Gott\"\n", "writer": "safetensors"},
)
