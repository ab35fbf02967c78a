# make demo   installs what is missing, builds, runs the main job
# make test   the same set-up, then every test
# make bench  our training step beside its peers

.PHONY: demo test bench build setup lint

setup:
	@Scripts/setup

build: setup
	swift build -c release

demo: build
	DISENTANGLE_COMMIT=$$(git rev-parse --short HEAD 2>/dev/null) .build/release/disentangle demo

# One configuration serves tests, demo and benchmarks: the kernels are C, which a debug build
# leaves unoptimised.
test: setup
	swift test -c release

bench: build
	Benchmarks/run.sh

lint:
	Scripts/format.sh --check
