#!/bin/sh
# Trains every kind of network and world behind the paper's encoder and behind linearFree,
# and prints the table of Documentation/Variants.md.
#
#   Scripts/variants.sh [--out DIR] [--jobs N] [key=value ...]
#
# Networks are trained on 30,000 batches, GPT-2 on the paper's 20,000. What is done already is not done
# again, so the table can be printed at any time. Arguments go to every run: seed=0..2 repeats it.
set -eu
cd "$(dirname "$0")/.."

tool=${DISENTANGLE:-.build/release/disentangle}
if [ ! -x "$tool" ]; then
  echo "variants.sh: $tool is missing: run 'make build' first" >&2
  exit 1
fi

# One row a variant; two where the encoder isn't what varies.
row() {
  name=$1
  shift
  case " $* " in
    *" encoder.kind="*) encoders= ;;
    *) encoders=encoder.kind=relu,linearFree ;;
  esac
  settings=$*
  case " $* $arguments " in
    *" training.batches="*) batches= ;;
    *) batches=training.batches=30000 ;;
  esac
  # shellcheck disable=SC2086
  if ! table=$("$tool" run --quiet $encoders "$@" $batches $arguments </dev/null 2>&1); then
    echo "| $name | \`$settings\` | did not end: $(echo "$table" | grep -m 1 error) |"
    return
  fi
  echo "$table" | awk -v name="$name" -v settings="$settings" '
    $1 == "relu" || $1 == "linearFree" || $1 == "quadratic" || $1 == "none" {
      gsub(/[()]/, "")
      printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name,
        settings == "" ? "" : "`" settings "`", $1, $2, $3, $4, $5, $6, $7, $8,
        $9 " (" $10 ")", $11 " (" $12 ")"
    }'
}

arguments=$*
echo "| variant | settings | encoder | N | held out | ceiling | encoder alone | untrained | gain | in distribution | loss (floor) | accuracy (ceiling) |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"

row "leaky RNN, the paper's"
row "tanh" network.activation=tanh
row "dt/τ = 0.2" network.timeConstant=500
row "network noise" network.noise=0.1
row "sparse start" network.initialization=sparse
row "orthogonal start" network.initialization=orthogonal
row "non-leaky RNN" network.architecture=rnn network.timeConstant=500
row "LSTM" network.architecture=lstm
row "GRU" network.architecture=gru
row "GPT-2" network.architecture=gpt2 training.batches=20000
row "GPT-2, positions" network.architecture=gpt2 network.positions=learned training.batches=20000
row "GPT-2, two layers" network.architecture=gpt2 network.layers=2 training.batches=20000
row "feed-forward, free time" network.architecture=feedForward network.layers=2 timing.free=5
row "quadratic encoder" encoder.kind=quadratic
row "no encoder" encoder.kind=none
row "anisotropic noise" noise.kind=anisotropic
row "AR(1) noise" noise.kind=autoregressive
row "Gumbel noise" noise.kind=gumbel
row "noise behind the encoder" noise.place=after
row "correlated latents" latent.correlation=0.7
row "four latents" latent.dimensions=4 tasks.boundaries=hyperplanes
row "ten latents" latent.dimensions=10 tasks.boundaries=hyperplanes evaluation.holdOut=halfSpace
row "lines with offsets" tasks.boundaries=hyperplanes tasks.offset=0.3
row "axes" tasks.boundaries=axes
row "hyperbolas" tasks.boundaries=hyperbolas
row "circles" tasks.boundaries=circles
row "quadrics" tasks.boundaries=quadrics
row "mixed" tasks.boundaries=mixed
row "normals in a cone" tasks.boundaries=hyperplanes tasks.cone=20
row "copies" tasks.copies=12
row "delay" timing.delay=5
row "delay, 100,000 batches" timing.delay=5 training.batches=100000
row "delay, dt/τ = 0.2" network.timeConstant=500 timing.delay=5
row "delay, LSTM" network.architecture=lstm timing.delay=5
row "free reaction time" timing.free=5
row "three in a row" timing.trialsInARow=3
row "last step" training.supervision=lastStep
row "random step" training.supervision=randomStep
row "balanced" training.supervision=balanced
row "squared error" training.loss=squaredError
row "evidence, integers" training.target=evidence training.evidence=integers
row "evidence, as meant" training.target=evidence training.evidence=asMeant
row "evidence, normalised" training.target=evidence
row "regression of x" training.target=values tasks.boundaries=axes
row "regression of distances" training.target=values tasks.boundaries=circles
row "one label a trial" tasks.labelled=0.04
row "label noise" tasks.labelNoise=0.1
row "interleaved by trial" tasks.interleaved=trial tasks.count=2
row "interleaved by batch" tasks.interleaved=batch tasks.count=2
row "trials withheld" training.holdOut=trials
row "labels withheld" training.holdOut=labels
