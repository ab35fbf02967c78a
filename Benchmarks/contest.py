"""Runs our program and its peers in turn, and says what they took: for compare.py and scaling.py.

Every program is started once per setting with `--serve`, pinned to the same core, with one thread.
When all have warmed up, they are measured in turn, A B C A B C ..., so that a change of the
machine's speed meets all of them. Only the program being measured runs: the others wait for their
next line.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
OURS = "disentangle"
ARCHITECTURES = ["rnn", "lstm", "gru", "gpt2"]
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


def say(text):
    print(text, file=sys.stderr, flush=True)


def add_arguments(parser):
    """The arguments that every comparison has."""
    parser.add_argument("bench", type=Path, help="our program, disentangle-bench")
    parser.add_argument("--torch-python", metavar="PYTHON", help="interpreter that has PyTorch")
    parser.add_argument("--jax-python", metavar="PYTHON", help="interpreter that has JAX")
    for peer in ("torch", "jax"):
        parser.add_argument(
            f"--{peer}-variants",
            nargs="+",
            default=["best"],
            metavar="VARIANT",
            help="ways to write the work (best; peers/README.md names them)",
        )
    parser.add_argument("--no-peers", action="store_true", help="measure our program alone")
    parser.add_argument(
        "--architectures",
        type=lambda text: text.split(","),
        default=ARCHITECTURES,
        metavar="NAMES",
        help="of rnn,lstm,gru,gpt2; the default is all",
    )
    parser.add_argument("--core", type=int, help="core to run on (the last that we may use)")


def check_arguments(parser, options):
    unknown = set(options.architectures) - set(ARCHITECTURES)
    if unknown:
        parser.error(f"--architectures knows {','.join(ARCHITECTURES)}, not {','.join(unknown)}")
    if options.rounds < 2:
        parser.error("--rounds must be at least 2: one round has no quartiles")


def chosen_core(options):
    """The core that everything is pinned to, or nothing where this system can't pin."""
    if shutil.which("taskset") is None:
        say("taskset is not on this machine: the programs are not pinned to a core")
        return None
    return max(os.sched_getaffinity(0)) if options.core is None else options.core


def programs(options):
    """Name and command of our program and of each peer that is here; says which are not."""
    found = {OURS: [str(options.bench.resolve())]}
    if shutil.which(found[OURS][0]) is None:
        sys.exit(f"{options.bench} is not an executable; build it in release mode first")
    peers = (
        ("torch", options.torch_python, options.torch_variants),
        ("jax", options.jax_python, options.jax_variants),
    )
    for name, python, variants in peers:
        if options.no_peers:
            continue
        if python is None:
            say(f"{name} is skipped: give its interpreter by --{name}-python")
        elif shutil.which(python) is None:
            say(f"{name} is skipped: {python} is not an executable")
        else:
            for variant in variants:
                program = str(PEERS / f"{name}_peer.py")
                found[f"{name} {variant}"] = [python, program, "--variant", variant]
    return found


def measure_in_turn(commands, setting, core, rounds, seconds):
    """All programs' records for one setting, one list of rounds for each program.

    A setting maps the names of options to their values. A peer that can't is left out; if our own
    program can't, there is nothing to compare, and the result is empty.
    """
    title = ", ".join(f"{name} {value}" for name, value in setting.items())
    work = ["--serve"]
    for name, value in setting.items():
        work += [f"--{name}", str(value)]
    contestants = []
    try:
        for name, command in commands.items():
            contestant = Contestant(name, command + work, core)
            contestants.append(contestant)
            try:
                # Waits for this one's compilation, so that it disturbs nobody else's.
                contestant.measure(WARM_UP_SECONDS)
            except NoAnswer as failure:
                say(f"{title}: {failure}; it is skipped")
                contestants.remove(contestant)
                contestant.stop()
                if name == OURS:
                    return {}
        records = {contestant.name: [] for contestant in contestants}
        for turn in range(rounds):
            say(f"{title}: round {turn + 1} of {rounds}")
            for contestant in contestants:
                records[contestant.name].append(contestant.measure(seconds))
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


def summarize(records, setting):
    """One row for each program: its time, and round by round its ratio to ours and to the bound.

    The bound is the time of the same work at the peak of our own products, which our program
    measures after each of its windows; a share of it is a share of that peak.
    """
    ours = records.get(OURS, [])
    rows = []
    for name, rounds in records.items():
        row = {"program": name, "millisecondsPerBatch": quartiles(times(rounds))}
        row |= setting
        row["variant"] = rounds[0].get("variant", rounds[0].get("version"))
        if len(times(rounds, "cpuMillisecondsPerBatch")) == len(rounds):
            row["cpuMillisecondsPerBatch"] = quartiles(times(rounds, "cpuMillisecondsPerBatch"))
        row["share"] = quartiles(
            [own["boundMilliseconds"] / time for own, time in zip(ours, times(rounds))]
        )
        row["boundMilliseconds"] = quartiles(times(ours, "boundMilliseconds"))
        row["megaflops"] = ours[0]["megaflops"]
        if name != OURS:
            ratios = [theirs / own for theirs, own in zip(times(rounds), times(ours))]
            row["ratio"] = quartiles(ratios)
        rows.append(row)
    return rows


def spread(values, digits):
    """A median with its quartiles, or a dash for what was not measured."""
    if values is None:
        return "–"
    lower, median, upper = (f"{values[key]:.{digits}f}" for key in ("lower", "median", "upper"))
    return f"{median} [{lower}, {upper}]"


def markdown(heads, rows):
    """A table whose columns line up in plain text too."""
    lines = [heads, ["---"] * len(heads)] + rows
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
