#!/usr/bin/env python3
"""Times our training against PyTorch's and JAX's on the same work, side by side in one run.

    python compare.py PATH/disentangle-bench --torch-python PY --jax-python PY [--json FILE]

Every program is started once per batch size with `--serve`, pinned to the same core, with one
thread. When all have warmed up, they are measured in turn, A B C A B C …, so that a change of the
machine's speed meets all of them. A ratio is taken within a round; the table shows the median of
the rounds' ratios and their quartiles. Only the program being measured runs: the others wait for
their next line.

Needs nothing but Python's standard library; the peers need what their requirements files name.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
WARM_UP_SECONDS = 0.2
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


class NoAnswer(Exception):
    """A program ended, or said something that is no measurement."""


class Contestant:
    """A program in serve mode: one line asks, one JSON line answers."""

    def __init__(self, name, command, core):
        self.name = name
        pinned = ["taskset", "-c", str(core)] if core is not None else []
        self.process = subprocess.Popen(
            pinned + command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | ONE_THREAD,
        )

    def measure(self, seconds):
        try:
            self.process.stdin.write(f"measure {seconds}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: the empty answer below says so
        answer = self.process.stdout.readline()
        if not answer:
            code = self.process.wait()
            raise NoAnswer(f"{self.name} ended (exit code {code}) without an answer")
        try:
            record = json.loads(answer)
            record["millisecondsPerBatch"] = float(record["millisecondsPerBatch"])
            return record
        except (ValueError, KeyError, TypeError):
            answer = answer.strip()
            raise NoAnswer(f"{self.name} answered {answer!r}, not a time in JSON") from None

    def stop(self):
        try:
            self.process.communicate("exit\n", timeout=10)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.process.kill()
            self.process.wait()


def parse_arguments():
    parser = argparse.ArgumentParser(description="Times our training against PyTorch's and JAX's.")
    parser.add_argument("bench", type=Path, help="our program, disentangle-bench")
    parser.add_argument("--torch-python", metavar="PYTHON", help="interpreter that has PyTorch")
    parser.add_argument("--jax-python", metavar="PYTHON", help="interpreter that has JAX")
    parser.add_argument(
        "--torch-variants",
        nargs="+",
        default=["whole"],
        metavar="VARIANT",
        help="ways to write it in PyTorch: whole (fastest; the default), compiled, loop, native",
    )
    parser.add_argument("--tasks", type=int, default=24)
    parser.add_argument("--batches", type=int, nargs="+", default=[16, 64, 256], metavar="TRIALS")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3, help="length of one measurement (3)")
    parser.add_argument("--core", type=int, help="core to run on (the last that we may use)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all measurements here")
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("--rounds must be at least 2: one round has no quartiles")
    return options


def say(text):
    print(text, file=sys.stderr, flush=True)


def chosen_core(options):
    """The core that everything is pinned to, or nothing where this system can't pin."""
    if shutil.which("taskset") is None:
        say("taskset is not on this machine: the programs are not pinned to a core")
        return None
    return max(os.sched_getaffinity(0)) if options.core is None else options.core


def programs(options):
    """Name and command of our program and of each peer that is here; says which are not."""
    found = {"disentangle": [str(options.bench.resolve())]}
    peers = (
        ("torch", options.torch_python, options.torch_variants),
        ("jax", options.jax_python, ["scan"]),
    )
    for name, python, variants in peers:
        if python is None:
            say(f"{name} is skipped: give its interpreter by --{name}-python")
        elif shutil.which(python) is None:
            say(f"{name} is skipped: {python} is not an executable")
        else:
            for variant in variants:
                program = str(PEERS / f"{name}_peer.py")
                found[f"{name} {variant}"] = [python, program, "--variant", variant]
    if shutil.which(found["disentangle"][0]) is None:
        sys.exit(f"{options.bench} is not an executable; build it in release mode first")
    return found


def measure_in_turn(commands, options, batch, core):
    """All programs' records for one batch size, one list of rounds for each program."""
    work = ["--serve", "--tasks", str(options.tasks), "--batch", str(batch)]
    contestants = []
    try:
        for name, command in commands.items():
            contestant = Contestant(name, command + work, core)
            contestants.append(contestant)
            try:
                # Waits for this one's compilation, so that it disturbs nobody else's.
                contestant.measure(WARM_UP_SECONDS)
            except NoAnswer as failure:
                if name == "disentangle":
                    raise
                say(f"{failure}; it is skipped at batch {batch}")
                contestants.remove(contestant)
                contestant.stop()
        records = {contestant.name: [] for contestant in contestants}
        for turn in range(options.rounds):
            say(f"batch {batch}: round {turn + 1} of {options.rounds}")
            for contestant in contestants:
                records[contestant.name].append(contestant.measure(options.seconds))
        return records
    finally:
        for contestant in contestants:
            contestant.stop()


def quartiles(values):
    """Lower quartile, median and upper quartile, interpolated linearly."""
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return {"lower": lower, "median": median, "upper": upper, "count": len(values)}


def times(records, key="millisecondsPerBatch"):
    return [record[key] for record in records if key in record]


def summarize(records, batch):
    """One row for each program: its time, its CPU's time, and its ratio to ours round by round."""
    ours = times(records["disentangle"])
    rows = []
    for name, rounds in records.items():
        row = {"batch": batch, "program": name, "millisecondsPerBatch": quartiles(times(rounds))}
        for key in ("cpuMillisecondsPerBatch", "gigaflops"):
            if len(times(rounds, key)) == len(rounds):
                row[key] = quartiles(times(rounds, key))
        if name != "disentangle":
            ratios = [theirs / own for theirs, own in zip(times(rounds), ours)]
            row["ratio"] = quartiles(ratios)
        rows.append(row)
    return rows


def spread(values, digits):
    """A median with its quartiles, or a dash for what was not measured."""
    if values is None:
        return "–"
    lower, median, upper = (f"{values[key]:.{digits}f}" for key in ("lower", "median", "upper"))
    return f"{median} [{lower}, {upper}]"


def table(rows):
    heads = ["batch", "program", "ms a batch", "CPU ms a batch", "times ours", "GFLOP/s"]
    lines = [heads]
    for row in rows:
        lines.append(
            [
                str(row["batch"]),
                row["program"],
                spread(row["millisecondsPerBatch"], 3),
                spread(row.get("cpuMillisecondsPerBatch"), 3),
                spread(row.get("ratio"), 2),
                spread(row.get("gigaflops"), 1),
            ]
        )
    lines.insert(1, ["---"] * len(heads))
    widths = [max(map(len, column)) for column in zip(*lines)]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths)] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in padded)


def processor():
    """The processor's name where the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def main():
    options = parse_arguments()
    core = chosen_core(options)
    commands = programs(options)
    rows, measurements = [], []
    for batch in options.batches:
        records = measure_in_turn(commands, options, batch, core)
        rows += summarize(records, batch)
        measurements += [
            {"round": turn, "batch": batch} | record
            for rounds in records.values()
            for turn, record in enumerate(rounds)
        ]
    print(f"{processor()}; {options.tasks} tasks; {options.rounds} rounds of {options.seconds} s")
    print("Medians with quartiles in brackets.\n")
    print(table(rows))
    if options.json is not None:
        result = {
            "processor": processor(),
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
    except NoAnswer as failure:
        sys.exit(str(failure))
