#!/bin/sh
# Formats every Swift file and lints it strictly; with --check it changes nothing.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" != --check ]; then
  swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks
fi
swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks
