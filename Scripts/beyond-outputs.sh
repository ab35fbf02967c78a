#!/bin/sh
# What a state carries beyond its outputs: trains RNN, LSTM and GPT-2 to the end at N = 2, 6 and 24, and
# draws Documentation/Images/beyond-outputs.svg from their results, the ideal observer's beside them. On
# two cores it takes about half an hour; what is done already is not done again.
#
#   Scripts/beyond-outputs.sh [OUT]
#
# Needs jq and gnuplot. OUT (default: runs/beyond-outputs) receives the runs, trained.csv and the picture.
set -eu
cd "$(dirname "$0")/.."

tool=${DISENTANGLE:-.build/release/disentangle}
out=${1:-runs/beyond-outputs}
for needed in jq gnuplot "$tool"; do
  command -v "$needed" >/dev/null || {
    echo "beyond-outputs.sh: $needed is missing" >&2
    exit 1
  }
done
mkdir -p "$out"

worlds="tasks.count=2,6,24 encoder.kind=relu,linearFree seed=0..2"

# One JSON line a run.
results() {
  # shellcheck disable=SC2086
  "$tool" run --json --out "$out" $worlds
  # shellcheck disable=SC2086
  "$tool" run --json --out "$out" $worlds network.architecture=lstm
  # shellcheck disable=SC2086
  "$tool" run --json --out "$out" $worlds network.architecture=gpt2 training.batches=20000
  "$tool" run --json --out "$out" network.architecture=ideal tasks.count=2,6,24 seed=0..2
}

# One row for the networks of one kind that were trained to the end: medians and quartiles over seeds,
# quadrants and fits, with what they are held against.
results | jq -r -s '
  def quantile($p): sort | ((length - 1) * $p) as $at | ($at | floor) as $below
    | .[$below] + ($at - $below) * ((.[$below + 1] // .[$below]) - .[$below]);
  def spread($key): [.[].measurements[$key] | .values // [] | flatten[]]
    | if . == [] then (null, null, null) else quantile(0.25, 0.5, 0.75) end;
  ["architecture", "tasks", "encoder"]
  + [("state", "logits", "labelFree", "encoderAlone", "untrained") | . + ("Lower", "", "Upper")]
  + ["ceiling"],
  (group_by([.spec.network.architecture, .spec.tasks.count, .spec.encoder.kind])[]
  | [(.[0].spec | .network.architecture, .tasks.count, .encoder.kind),
    spread("r2.ood", "r2.logits.ood", "r2.labelFree", "floor.encoder.r2.ood", "floor.untrained.r2.ood"),
    .[0].ceilings["r2.any"]]) | @csv' >"$out/trained.csv"

gnuplot -e "folder='$out'" Scripts/beyond-outputs.gp
