#!/usr/bin/env python3
"""Times our training against PyTorch's and JAX's on the same work, side by side in one run.

    python compare.py PATH/disentangle-bench --torch-python PY --jax-python PY [--json FILE]
    python compare.py PATH/disentangle-bench ... --scaling [--csv FILE]

The first form takes every architecture at each batch size; the second lets one size at a time grow
(scaling.py). How programs are alternated is told in contest.py. A ratio is taken within a round; the
table shows the median of the rounds' ratios and their quartiles.

Needs nothing but Python's standard library; the peers need what their requirements files name.
"""

import argparse
import json
import sys
from pathlib import Path

import contest
import scaling


def parse_arguments():
    parser = argparse.ArgumentParser(description="Times our training against PyTorch's and JAX's.")
    contest.add_arguments(parser)
    parser.add_argument("--tasks", type=int, default=24)
    parser.add_argument("--batches", type=int, nargs="+", default=[16], metavar="TRIALS")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3, help="length of one measurement (3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all measurements here")
    scaling.add_arguments(parser)
    options = parser.parse_args()
    contest.check_arguments(parser, options)
    return options


def table(rows):
    heads = ["network", "batch", "program", "ms a batch", "CPU ms a batch", "times ours"]
    heads += ["share of product peak", "bound, ms"]
    return contest.markdown(
        heads,
        [
            [
                row["architecture"],
                str(row["batch"]),
                row["program"].replace("best", row["variant"]),
                contest.spread(row["millisecondsPerBatch"], 3),
                contest.spread(row.get("cpuMillisecondsPerBatch"), 3),
                contest.spread(row.get("ratio"), 2),
                contest.spread(row["share"], 2),
                f"{row['boundMilliseconds']['median']:.3f}",
            ]
            for row in rows
        ],
    )


def main():
    options = parse_arguments()
    core = contest.chosen_core(options)
    commands = contest.programs(options)
    if options.scaling:
        return scaling.run(options, commands, core)
    rows, measurements = [], []
    for architecture in options.architectures:
        for batch in options.batches:
            setting = {"architecture": architecture, "tasks": options.tasks, "batch": batch}
            records = contest.measure_in_turn(
                commands, setting, core, options.rounds, options.seconds
            )
            rows += contest.summarize(records, setting)
            measurements += [
                {"round": turn} | setting | record
                for rounds in records.values()
                for turn, record in enumerate(rounds)
            ]
    print(
        f"{contest.processor()}; {options.tasks} tasks; "
        f"{options.rounds} rounds of {options.seconds} s"
    )
    print("Medians with quartiles in brackets.\n")
    if rows:
        print(table(rows))
    if options.json is not None:
        result = {
            "processor": contest.processor(),
            "core": core,
            "tasks": options.tasks,
            "rounds": options.rounds,
            "seconds": options.seconds,
            "summary": rows,
            "measurements": measurements,
        }
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except contest.NoAnswer as failure:
        sys.exit(str(failure))
