"""Writes the .mat and .h5 files that FilesTests reads, and what they hold: arrays.json.

    python make_arrays.py

Python 3.11 with numpy, scipy, h5py and hdf5storage; arrays.json records their versions. Values are
ramps that every type holds exactly; arrays.json has them row by row, whatever the order in the file.
"""

import json
import pathlib
import platform
import struct

import h5py
import hdf5storage
import numpy
import scipy
import scipy.io
import scipy.sparse

here = pathlib.Path(__file__).parent


def ramp(shape, kind):
    """k / 8 - 1 for floats, k otherwise; row by row."""
    values = numpy.arange(int(numpy.prod(shape))).reshape(shape)
    return (values / 8 - 1 if numpy.dtype(kind).kind == "f" else values % 100).astype(kind)


def described(array):
    array = numpy.asarray(array)
    # JSON has no word for what is undefined.
    values = [None if numpy.isnan(x) else float(x) for x in array.ravel(order="C")]
    return {"shape": list(array.shape), "values": values}


# MATLAB: every class that is read, and every one that is not.
kinds = ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]
read = {f"{numpy.dtype(kind).name}": ramp((3, 4), kind) for kind in kinds}
read |= {
    "states": ramp((5, 2, 3), "f8"),
    "row": ramp((1, 6), "f8"),
    "column": ramp((6, 1), "f8"),
    "truth": numpy.array([[True, False, True], [False, False, True]]),
    "number": numpy.array([[2.5]]),
    "empty": numpy.zeros((0, 3)),
    "undefined": numpy.array([[1, numpy.nan], [-2, 0.125]]),
}
refused = {
    "words": "left",
    "cells": numpy.array([[1, "a"]], dtype=object),
    "trial": {"rate": numpy.eye(2), "side": "left"},
    "waves": numpy.array([[1 + 2j, 3]]),
    "sparse": scipy.sparse.csc_matrix(numpy.eye(3)),
}
variables = read | refused
scipy.io.savemat(here / "packed.mat", variables, do_compression=True)
scipy.io.savemat(here / "plain.mat", variables, do_compression=False)
scipy.io.savemat(here / "one.mat", {"rates": ramp((4, 3), "f8"), "rate": 1000.0, "note": "Hz"})
scipy.io.savemat(here / "version4.mat", {"rates": ramp((4, 3), "f8")}, format="4")

# The same in big-endian, as MATLAB wrote it on other processors: by hand, since SciPy does not.
def element(kind, content):
    return struct.pack(">II", kind, len(content)) + content + b"\0" * (-len(content) % 8)


numbers = ramp((2, 3), "f8")
matrix = element(6, struct.pack(">II", 6, 0)) + element(5, struct.pack(">ii", 2, 3))
matrix += element(1, b"rates") + element(3, numpy.arange(-2, 4, dtype=">i2").tobytes())
header = b"MATLAB 5.0 MAT-file, big-endian".ljust(124) + struct.pack(">H", 0x0100) + b"MI"
(here / "big.mat").write_bytes(header + struct.pack(">II", 14, len(matrix)) + matrix)
# Column by column, in two bytes for a double.
big = numpy.arange(-2, 4).reshape((2, 3), order="F")

# Version 7.3 is HDF5; hdf5storage writes it as MATLAB does.
(here / "version73.mat").unlink(missing_ok=True)
hdf5storage.savemat(
    str(here / "version73.mat"),
    # hdf5storage has no sparse arrays; the classes that are left out differ in their type alone.
    {key: value for key, value in variables.items() if key not in {"sparse", "int16", "uint32"}},
    format="7.3",
    oned_as="row",
)

# HDF5.
with h5py.File(here / "arrays.h5", "w", libver="v110") as file:
    types = ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "|i1", "<i2", ">i4", "<i8", ">i8"]
    types += ["|u1", "<u2", ">u4", "<u8"]
    arrays = {f"types/{kind.strip('<>|')}{'big' * (kind[0] == '>')}": ramp((2, 3), kind) for kind in types}
    for name, array in arrays.items():
        file[name] = array
    packed = ramp((60, 7), "f4")
    for name, options in {
        "gzip": {"compression": "gzip", "shuffle": True},
        "checked": {"compression": "gzip", "fletcher32": True},
        "chunked": {},
    }.items():
        file.create_dataset(f"packed/{name}", data=packed, chunks=(16, 3), **options)
        arrays[f"packed/{name}"] = packed
    file["truth"] = arrays["truth"] = numpy.array([[True, False], [False, True]])
    file["number"] = arrays["number"] = numpy.float64(2.5)
    file["nothing"] = arrays["nothing"] = numpy.zeros((0, 4))
    file["deep/er/rates"] = arrays["deep/er/rates"] = ramp((4, 3), "f8")
    file["link"] = h5py.SoftLink("/deep/er/rates")
    file.create_dataset("unwritten", (3, 2), "f4", fillvalue=-1)
    arrays["unwritten"] = numpy.full((3, 2), -1)
    file["undefined"] = arrays["undefined"] = numpy.array([1, numpy.nan])
    # What is refused.
    file["words"] = numpy.array(["left", "right"], dtype=h5py.string_dtype())
    file["fixed"] = numpy.array([b"left", b"right"])
    file["waves"] = numpy.array([1 + 2j])
    file["records"] = numpy.zeros(2, [("a", "f4"), ("b", "i4")])
    file["colours"] = numpy.array([0, 1], dtype=h5py.enum_dtype({"RED": 0, "BLUE": 1}, "i1"))
    file.create_dataset("ragged", (2,), dtype=h5py.vlen_dtype("f8"))
    file["reference"] = numpy.array([file["truth"].ref], dtype=h5py.ref_dtype)
    file.create_dataset("huge", (1 << 20, 1 << 20), "f8", chunks=(1024, 1024))
    file["outside"] = h5py.ExternalLink("one.h5", "/rates")
    file["dangling"] = h5py.SoftLink("/nothing/here")
    layout = h5py.VirtualLayout((4, 3), "f8")
    layout[:] = h5py.VirtualSource(str("one.h5"), "rates", (4, 3))
    file.create_dataset("raw", (4,), "f8", external=[("raw.bin", 0, 32)])
with h5py.File(here / "virtual.h5", "w", libver="v110") as file:
    file.create_virtual_dataset("rates", layout)
with h5py.File(here / "one.h5", "w") as file:
    file["rates"] = ramp((4, 3), "f8")
    file["rate"] = 1000.0
    file["note"] = "Hz"

versions = {module.__name__: module.__version__ for module in [numpy, scipy, h5py, hdf5storage]}
versions |= {"python": platform.python_version(), "hdf5": h5py.version.hdf5_version}
matlab = {name: described(array) for name, array in read.items()}
# A row of numbers is taken as a list.
for array in matlab.values():
    if len(array["shape"]) == 2 and array["shape"][0] == 1:
        array["shape"] = array["shape"][1:]
with open(here / "arrays.json", "w", encoding="utf-8") as file:
    json.dump(
        {
            "versions": versions,
            "mat": matlab,
            "big": described(big),
            "hdf5": {name: described(array) for name, array in arrays.items()},
        },
        file,
        separators=(",", ":"),
    )
    file.write("\n")
