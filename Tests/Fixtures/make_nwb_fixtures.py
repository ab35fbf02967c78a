"""Writes the recordings in NWB, HDF5 and MATLAB that `analyze` is tested with.

    python make_nwb_fixtures.py

pynwb, h5py and scipy write them; the counts in nwb.json are NumPy's, from the spike times and not from
the Swift code. nwb.json records the versions.

session.nwb   24 trials in order, six units (one silent, one observed for a part of the session), a
              column of each kind, firing rates as a time series, an array of trials × units.
ugly.nwb      Poisson counts of 12 units on 150 trials out of order, whose windows overlap; cues that
              are missing, sessions of unequal size, silent units, a unit with a single spike.
recording.mat, recording.h5   the counts of session.nwb, as states and factors of those formats.
"""

import datetime
import json
import pathlib
import platform

import h5py
import numpy as np
import pynwb
import scipy
import scipy.io

here = pathlib.Path(__file__).parent
random = np.random.default_rng(5)
start = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


def new_file(name):
    return pynwb.NWBFile(
        session_description=name,
        identifier=name,
        session_start_time=start,
        timestamps_reference_time=start,
        file_create_date=start,
    )


def counts(trains, at, window, bins):
    """Spikes in [at + edge k, at + edge k+1), `[trials, bins, units]`."""
    low, high = window
    edges = low + (high - low) * np.arange(bins + 1) / bins
    out = np.full((len(at), bins, len(trains)), np.nan)
    for unit, spikes in enumerate(trains):
        for trial, zero in enumerate(at):
            if np.isfinite(zero):
                out[trial, :, unit] = np.diff(np.searchsorted(spikes, zero + edges, side="left"))
    return out


def listed(array):
    return {
        "shape": list(np.shape(array)),
        "values": [None if np.isnan(x) else float(x) for x in np.ravel(array)],
    }


def save(nwb, name):
    with h5py.File(here / name, "w", libver="v110") as file, pynwb.NWBHDF5IO(file=file, mode="w") as io:
        # Without a copy of NWB's schema, which is ten times what is tested.
        io.write(nwb, cache_spec=False)


# --- session.nwb
trials = 24
starts = 1.0 + 1.5 * np.arange(trials)
contrast = np.round(random.uniform(-1, 1, trials), 3)
side = np.where(np.arange(trials) % 2 == 0, "left", "right")
correct = random.uniform(size=trials) < 0.7
cue = starts + 0.25
cue[[4, 17]] = np.nan
rates = 10 + 8 * np.outer(contrast, [1, -1, 0.3, 0, 0.5]) + 6 * np.outer(side == "left", [0, 1, -0.5, 1, 0.2])
trains = []
for unit in range(5):
    spikes = [
        zero + random.uniform(0, 1, random.poisson(rate))
        for zero, rate in zip(starts, np.maximum(rates[:, unit], 1))
    ]
    # Ticks of 1/1024 s, so that every time is exact and some spikes stand on the edges of bins.
    trains.append(np.sort(np.round(np.concatenate(spikes) * 1024) / 1024))
trains[0] = np.sort(np.append(trains[0], [starts[3], starts[3] + 0.5, starts[3] + 0.25]))
trains.append(np.array([]))

nwb = new_file("session")
for name, description in [
    ("contrast", "of the grating"), ("side", "of the grating"), ("correct", "whether rewarded"),
    ("cue_time", "when the cue came, s"),
]:
    nwb.add_trial_column(name, description)
nwb.add_trial_column("licks", "times of licks, s", index=True)
for trial in range(trials):
    nwb.add_trial(
        start_time=starts[trial],
        stop_time=starts[trial] + 1,
        contrast=contrast[trial],
        side=str(side[trial]),
        correct=bool(correct[trial]),
        cue_time=cue[trial],
        licks=list(starts[trial] + 0.1 * np.arange(trial % 3)),
    )
for spikes in trains:
    nwb.add_unit(spike_times=spikes)
module = nwb.create_processing_module("ecephys", "rates")
clock = np.round(np.arange(0, 40, 0.25), 3)
firing = np.outer(clock, [1, 2, -1]) + [0, 1, 2]
module.add(
    pynwb.TimeSeries(name="rates", data=firing.astype("f4"), unit="Hz", timestamps=clock, conversion=2.0)
)
module.add(
    pynwb.TimeSeries(name="even", data=firing.astype("f4"), unit="Hz", rate=4.0, starting_time=0.0)
)
module.add(pynwb.TimeSeries(name="components", data=rates, unit="Hz", timestamps=starts))
save(nwb, "session.nwb")
session = {
    "starts": list(starts),
    "contrast": list(contrast),
    "side": list(side),
    "correct": [float(x) for x in correct],
    "counts": listed(counts(trains, starts, (0, 0.5), 1)[:, 0]),
    "bins": listed(counts(trains, starts, (-0.25, 0.5), 6)),
    "cue": listed(counts(trains, cue, (0, 0.5), 1)[:, 0]),
    "components": listed(rates),
    # Means of what lies in [start, start + 1) in two bins, in the series' unit.
    "rates": listed(
        np.stack(
            [
                [2 * firing.astype("f4")[(clock >= zero + a) & (clock < zero + a + 0.5)].mean(0) for a in (0, 0.5)]
                for zero in starts
            ]
        )
    ),
}

scipy.io.savemat(
    here / "recording.mat",
    {
        "states": counts(trains, starts, (0, 0.5), 1)[:, 0],
        "contrast": contrast,
        "side": np.array(side, dtype=object),
    },
    do_compression=True,
)
with h5py.File(here / "recording.h5", "w", libver="v110") as file:
    file["trials/counts"] = counts(trains, starts, (0, 0.5), 1)[:, 0].astype("i2")
    file["trials/contrast"] = contrast
    file["trials/side"] = [str(word) for word in side]

# --- ugly.nwb
trials, units = 150, 12
starts = np.round(np.cumsum(random.exponential(0.35, trials)) * 256) / 256
order = random.permutation(trials)
starts = starts[order]
angle = np.round(random.uniform(0, 2 * np.pi, trials), 3)
speed = np.round(random.exponential(1, trials), 3)
speed[[3, 50, 51]] = np.nan
context = random.choice(["dark", "light", "odour"], trials, p=[0.7, 0.25, 0.05])
context[9] = ""
animal = np.repeat([1, 2, 3], [100, 40, 10])
cue = starts + 0.125
cue[random.choice(trials, 7, replace=False)] = np.nan
preferred = np.linspace(0, 2 * np.pi, units)
trains = []
for unit in range(units):
    gain = 0 if unit in (2, 7, 11) else 2
    mean = gain * np.exp(np.cos(angle - preferred[unit]) - 0.5) * (1 + 0.5 * (context == "dark"))
    times = [zero + random.uniform(0, 0.4, random.poisson(m)) for zero, m in zip(starts, mean)]
    trains.append(np.sort(np.round(np.concatenate(times) * 256) / 256))
trains[7] = np.array([10.0])
nwb = new_file("ugly")
for name in ["cue_time", "angle", "speed", "context", "animal"]:
    nwb.add_trial_column(name, name)
for trial in range(trials):
    nwb.add_trial(
        start_time=starts[trial],
        stop_time=starts[trial] + 0.4,
        cue_time=cue[trial],
        angle=angle[trial],
        speed=speed[trial],
        context=str(context[trial]),
        animal=int(animal[trial]),
    )
for unit, spikes in enumerate(trains):
    # The first units were not watched in the first seconds.
    watched = [[5.0, 100.0]] if unit < 2 else [[0.0, 100.0]]
    nwb.add_unit(spike_times=spikes, obs_intervals=watched)
save(nwb, "ugly.nwb")
expected = counts(trains, cue, (0, 0.25), 1)[:, 0]
for unit in range(2):
    expected[cue < 5, unit] = np.nan
ugly = {"counts": listed(expected), "leftOut": int(np.isnan(expected).any(1).sum())}

with open(here / "nwb.json", "w", encoding="utf-8") as file:
    modules = [np, scipy, h5py, pynwb]
    json.dump(
        {
            "versions": {module.__name__: module.__version__ for module in modules}
            | {"python": platform.python_version()},
            "session": session,
            "ugly": ugly,
        },
        file,
        separators=(",", ":"),
    )
    file.write("\n")
