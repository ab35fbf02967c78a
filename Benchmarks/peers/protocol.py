"""What the peers have in common: their arguments, the clock, and the conversation with a driver.

A peer is an object with

    name, version     what it is, for the record
    train(batches)    trains on exactly so many fresh batches; returns their mean loss
    stride            the number of batches that it likes to be asked for at a time

In serve mode it compiles and warms up, then answers every line `measure SECONDS` on standard input
with one JSON line on standard output, until `exit` or the end of the input.
"""

import argparse
import json
import os
import sys
import time

# The libraries read these once, when they are loaded, so a peer imports this module first.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"


def arguments(description, variants):
    """Parses the command line that all peers share.

    `variants` names, for each architecture, the ways in which a peer can do the work, the fastest
    first: that is what `best` stands for.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--architecture", choices=list(variants), default="rnn")
    parser.add_argument("--tasks", type=int, default=24, help="boundaries to learn, N (24)")
    parser.add_argument("--batch", type=int, default=16, help="trials in a batch, B (16)")
    parser.add_argument("--dimensions", type=int, default=2, help="of the latent, D (2)")
    parser.add_argument("--units", type=int, default=64, help="state variables, H (64)")
    parser.add_argument("--layers", type=int, default=1, help="blocks of gpt2 (1)")
    parser.add_argument("--heads", type=int, default=8, help="attention heads of gpt2 (8)")
    parser.add_argument("--seed", type=int, default=0)
    every = sorted({variant for names in variants.values() for variant in names})
    parser.add_argument("--variant", choices=["best", *every], default="best")
    parser.add_argument("--seconds", type=float, default=3, help="length of a window (3)")
    parser.add_argument("--windows", type=int, default=3, help="windows to measure (3)")
    parser.add_argument("--serve", action="store_true", help="measure when asked on standard input")
    parser.add_argument(
        "--train", type=int, metavar="BATCHES", help="don't measure: train, and print the loss"
    )
    options = parser.parse_args()
    known = variants[options.architecture]
    if options.variant == "best":
        options.variant = known[0]
    if options.variant not in known:
        parser.error(f"{options.architecture} has the variants {', '.join(known)}")
    if options.architecture == "gpt2" and options.units % options.heads:
        parser.error(f"{options.heads} heads do not divide {options.units} units")
    if options.architecture != "gpt2" and options.layers != 1:
        parser.error("only gpt2 has more than one layer")
    return options


def stride(options, usual):
    """How many batches a call trains: the `usual` number, or fewer where a batch takes long."""
    work = options.batch * options.units * (options.units * options.layers + options.tasks)
    return usual if work < 1e6 else max(1, usual // 10) if work < 1e7 else 1


def measure(peer, options, seconds):
    """Trains for at least so many seconds and returns the record of this window."""
    batches = 0
    wall, cpu = time.perf_counter(), time.process_time()
    while (elapsed := time.perf_counter() - wall) < seconds:
        loss = peer.train(peer.stride)
        batches += peer.stride
    busy = time.process_time() - cpu
    return {
        "peer": peer.name,
        "version": peer.version,
        "variant": options.variant,
        "architecture": options.architecture,
        "tasks": options.tasks,
        "batch": options.batch,
        "dimensions": options.dimensions,
        "units": options.units,
        "layers": options.layers,
        "batches": batches,
        "millisecondsPerBatch": round(1e3 * elapsed / batches, 5),
        "cpuMillisecondsPerBatch": round(1e3 * busy / batches, 5),
        "loss": round(loss, 5),
    }


def answer(record):
    print(json.dumps(record), flush=True)


def serve(peer, options):
    for line in sys.stdin:
        match line.split():
            case ["measure", seconds]:
                answer(measure(peer, options, float(seconds)))
            case ["exit"]:
                return
            case _:
                sys.exit(f"expected `measure SECONDS` or `exit`, got {line!r}")


def show_training(peer, batches, reports=10):
    """Prints the mean loss of each tenth of the training, so that one can see it fall."""
    for part in range(reports):
        loss = peer.train(batches // reports)
        answer({"peer": peer.name, "batches": (part + 1) * (batches // reports), "loss": loss})


def run(peer, options):
    if options.train:
        return show_training(peer, options.train)
    # Twice: the first call compiles, and compiled code may be improved after its first call.
    for _ in range(2):
        peer.train(peer.stride)
    if options.serve:
        return serve(peer, options)
    for _ in range(options.windows):
        answer(measure(peer, options, options.seconds))
