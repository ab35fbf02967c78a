#!/bin/sh
# How near to optimal must an agent be? Trains RNNs for 100, 300, … 100,000 batches (the same seed trains the
# same network, so these are checkpoints of one training), LSTM and GPT-2 to the end, and draws
# Documentation/Images/optimality.svg: held-out r² against the loss above the ideal observer's. On two cores
# it takes about an hour; what is done already is not done again.
#
#   Scripts/optimality.sh [OUT]
#
# Needs jq and gnuplot. OUT (default: runs/optimality) receives the runs, optimality.csv and the picture.
set -eu
cd "$(dirname "$0")/.."

tool=${DISENTANGLE:-.build/release/disentangle}
out=${1:-runs/optimality}
for needed in jq gnuplot "$tool"; do
  command -v "$needed" >/dev/null || {
    echo "optimality.sh: $needed is missing" >&2
    exit 1
  }
done
mkdir -p "$out"

worlds="tasks.count=2,6,24 encoder.kind=relu,linearFree seed=0..2"

# One JSON line a run.
results() {
  # shellcheck disable=SC2086
  "$tool" run --json --out "$out" $worlds training.batches=100,300,1000,3000,10000,30000,100000
  # shellcheck disable=SC2086
  "$tool" run --json --out "$out" $worlds network.architecture=lstm
  # shellcheck disable=SC2086
  "$tool" run --json --out "$out" $worlds network.architecture=gpt2 training.batches=20000
  "$tool" run --json --out "$out" network.architecture=ideal tasks.count=2,6,24 seed=0..2
}

# One row a run. Every network of a seed answers the same trials, so the ideal observer's own loss on them is
# what is subtracted: luck with the trials cancels.
results | jq -r -s '
  def world: [.spec.tasks.count, .spec.seed] | tostring;
  (map(select(.spec.network.architecture == "ideal")) | INDEX(world)) as $ideal
  | ["architecture", "tasks", "encoder", "seed", "batches", "excess", "state", "inDistribution",
    "labelFree"],
  (.[] | select(.spec.network.architecture != "ideal") | [
    (.spec | .network.architecture, .tasks.count, .encoder.kind, .seed, .training.batches),
    .training.loss - $ideal[world].training.loss,
    (.measurements | ."r2.ood".median, ."r2.id".median, ."r2.labelFree".median)
  ]) | @csv' >"$out/optimality.csv"

gnuplot -e "folder='$out'" Scripts/optimality.gp
