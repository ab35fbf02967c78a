"""What the peers have in common: their arguments, the clock, and the conversation with a driver.

A peer is an object with

    name, version, variant    what it is, for the record
    train(batches)            trains on exactly so many fresh batches; returns their mean loss
    stride                    the number of batches that it likes to be asked for at a time

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
    """Parses the command line that all peers share; the first variant is the default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--tasks", type=int, default=24, help="boundaries to learn (24)")
    parser.add_argument("--batch", type=int, default=16, help="trials in a batch (16)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--variant", choices=variants, default=variants[0])
    parser.add_argument("--seconds", type=float, default=3, help="length of a window (3)")
    parser.add_argument("--windows", type=int, default=3, help="windows to measure (3)")
    parser.add_argument("--serve", action="store_true", help="measure when asked on standard input")
    parser.add_argument(
        "--train", type=int, metavar="BATCHES", help="don't measure: train, and print the loss"
    )
    return parser.parse_args()


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
        "variant": peer.variant,
        "tasks": options.tasks,
        "batch": options.batch,
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
