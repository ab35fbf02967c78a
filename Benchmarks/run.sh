#!/bin/sh
# Our training step beside PyTorch's and JAX's: the same work, alternated on one core, one thread.
#
#   Benchmarks/run.sh [options of compare.py]
#
# The peers live in virtual environments beside this file, made at the first run. A peer that can't be
# installed is left out, and said so. Run it on an idle machine.
set -eu
cd "$(dirname "$0")"

bench=../.build/release/disentangle-bench
if [ ! -x "$bench" ]; then
  echo "run.sh: $bench is missing: run 'make build' first" >&2
  exit 1
fi

# The interpreter of a peer's environment, if it can be had.
environment() {
  peer=$1
  if [ ! -e ".venv-$peer/ready" ]; then
    echo "installing $peer for the comparison" >&2
    if python3 -m venv ".venv-$peer" >&2 &&
      ".venv-$peer/bin/python" -m pip install --quiet --disable-pip-version-check \
        -r "peers/requirements-$peer.txt" >&2; then
      touch ".venv-$peer/ready"
    else
      echo "$peer can't be installed here; it is left out" >&2
      return 0
    fi
  fi
  echo "--$peer-python $PWD/.venv-$peer/bin/python"
}

# shellcheck disable=SC2046
exec python3 compare.py "$bench" $(environment torch) $(environment jax) "$@"
