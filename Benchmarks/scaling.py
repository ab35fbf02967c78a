"""How time and memory grow with each size of the work: `compare.py --scaling`.

One size at a time leaves the default (width 64, batch 16, 24 tasks, 2 dimensions, 1 layer). The
table shows our time per floating-point operation relative to the smallest value of the sweep (1
where cost grows as the work does), the peers' times by ours, and our peak memory by what is
necessary: parameters, gradient, Adam's moments and the activations of one batch. The CSV has a row
for each program and setting; `gnuplot scaling.gp` draws it.
"""

import csv
from pathlib import Path

import contest

DEFAULTS = {"units": 64, "batch": 16, "tasks": 24, "dimensions": 2, "layers": 1}
SWEEPS = {
    "units": [64, 128, 256, 512, 1024],
    "batch": [16, 64, 256, 1024],
    "tasks": [24, 100, 300, 1000],
    "dimensions": [2, 10, 30, 100],
    "layers": [1, 2, 3, 4],
}
COLUMNS = ["architecture", "sweep", "value", *DEFAULTS, "program", "variant", "megaflops"]
COLUMNS += ["ms_lower", "ms_median", "ms_upper", "time_per_flop", "share_of_product_peak"]
COLUMNS += ["ratio_lower", "ratio_median", "ratio_upper", "parameter_bytes", "activation_bytes"]
COLUMNS += ["peak_resident_bytes", "bytes_at_start", "memory_by_necessary"]


def add_arguments(parser):
    parser.add_argument("--scaling", action="store_true", help="let one size at a time grow")
    parser.add_argument(
        "--sweeps",
        type=lambda text: text.split(","),
        default=list(SWEEPS),
        metavar="NAMES",
        help="of units,batch,tasks,dimensions,layers (gpt2); the default is all",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the rows of --scaling here")


def settings(architecture, sweep):
    """The settings of one sweep, with the value that grows."""
    if sweep == "layers" and architecture != "gpt2":
        return
    for value in SWEEPS[sweep]:
        setting = {"architecture": architecture} | DEFAULTS | {sweep: value}
        if architecture != "gpt2":
            del setting["layers"]
        yield value, setting


def line_of(row, sweep, value, smallest, record):
    """A row of the CSV; `smallest` is the program's time per operation at the sweep's start."""
    time = row["millisecondsPerBatch"]
    line = {"sweep": sweep, "value": value} | DEFAULTS
    for name in ("architecture", "program", "variant", *DEFAULTS):
        if name in row:
            line[name] = row[name]
    line |= {f"ms_{name}": f"{time[name]:.5g}" for name in ("lower", "median", "upper")}
    line["megaflops"] = f"{row['megaflops']:.6g}"
    line["time_per_flop"] = f"{time['median'] / row['megaflops'] / smallest:.4f}"
    line["share_of_product_peak"] = f"{row['share']['median']:.4f}"
    if "ratio" in row:
        ratio = row["ratio"]
        line |= {f"ratio_{name}": f"{ratio[name]:.4f}" for name in ("lower", "median", "upper")}
    else:
        line["parameter_bytes"] = record["parameterBytes"]
        line["activation_bytes"] = record["activationBytes"]
        line["peak_resident_bytes"] = record["peakResidentBytes"]
        line["bytes_at_start"] = record["bytesAtStart"]
        line["memory_by_necessary"] = f"{record['shareOfNecessaryBytes']:.3f}"
    return line


def table(lines):
    """A row for each setting: our own columns, and the ratio of each peer that was measured."""
    peers = sorted({line["program"] for line in lines} - {contest.OURS})
    heads = ["network", "size", "MFLOP", "ms a batch", "time per FLOP", "share of peak"]
    heads += [f"{peer} by ours" for peer in peers] + ["peak MB", "by necessary"]
    groups = {}
    for line in lines:
        key = line["architecture"], line["sweep"], line["value"]
        groups.setdefault(key, {})[line["program"]] = line
    rows = []
    for (architecture, sweep, value), programs in groups.items():
        ours = programs[contest.OURS]
        rows.append(
            [
                architecture,
                f"{sweep} {value}",
                f"{float(ours['megaflops']):.0f}",
                f"{float(ours['ms_median']):.3f}",
                f"{float(ours['time_per_flop']):.2f}",
                f"{float(ours['share_of_product_peak']):.2f}",
                *(
                    f"{float(programs[peer]['ratio_median']):.2f}" if peer in programs else "–"
                    for peer in peers
                ),
                f"{ours['peak_resident_bytes'] / 1e6:.0f}",
                f"{float(ours['memory_by_necessary']):.2f}",
            ]
        )
    return contest.markdown(heads, rows)


def run(options, commands, core):
    unknown = set(options.sweeps) - set(SWEEPS)
    if unknown:
        raise SystemExit(f"--sweeps knows {','.join(SWEEPS)}, not {','.join(unknown)}")
    lines = []
    for architecture in options.architectures:
        for sweep in options.sweeps:
            smallest = {}
            for value, setting in settings(architecture, sweep):
                records = contest.measure_in_turn(
                    commands, setting, core, options.rounds, options.seconds
                )
                for row in contest.summarize(records, setting):
                    name = row["program"]
                    per_flop = row["millisecondsPerBatch"]["median"] / row["megaflops"]
                    smallest.setdefault(name, per_flop)
                    last = records[name][-1]
                    lines.append(line_of(row, sweep, value, smallest[name], last))
                # After each setting, since all of them take hours.
                if options.csv is not None:
                    write(lines, options.csv)
    print(f"{contest.processor()}; {options.rounds} rounds of {options.seconds} s; medians.\n")
    if lines:
        print(table(lines))


def write(lines, path):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(lines)
