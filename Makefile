# swemu: what to do with it. Each word does all it needs itself, on a fresh Debian with Swift.
#
#   make run      build and show the demo disk in this terminal
#   make test     unit tests and guest programs: everything that proves it right
#   make build    build/swemu
#   make check    format, arrows, images in step with their sources
#   make bench    our interpreter beside QEMU and Bochs
#   make fuzz     random programs and images against the checks, for SECONDS (60)
#   make firmware the BIOS from its source, and into the program

SWIFT   ?= swift
SECONDS ?= 60
BUILD   := $(SWIFT) build -c release
SWEMU   := .build/release/swemu
SOURCES := $(shell find Sources Tests -name '*.swift')

.PHONY: build run test unit-test guest-test check format bench fuzz firmware deps deps-bench clean
.DEFAULT_GOAL := build

build:
	$(BUILD) --product swemu
	@mkdir -p build && ln -sf ../$(SWEMU) build/swemu

run: build
	$(SWEMU) run testroms/demo/demo.img --snapshot

test: unit-test guest-test

# One build of everything, optimised: guest programs and the processor's vectors take minutes without optimisation.
unit-test: deps
	$(SWIFT) build -c release --build-tests
	$(SWIFT) test -c release --skip-build

guest-test: unit-test
	testroms/guests/run.sh $(SWEMU)
	testroms/system/run.py --swemu $(SWEMU)

check: deps
	$(SWIFT) format lint --strict --parallel $(SOURCES)
	@! grep -nE 'TODO|FIXME|XXX|fatalError\(|try!' -r Sources || { echo 'check: finish or reword the lines above'; exit 1; }
	firmware/check.sh
	firmware/embed.sh firmware/bios.bin | cmp - Sources/Board/FirmwareImage.swift || \
	    { echo 'check: the program holds another firmware than firmware/bios.bin; run make firmware'; exit 1; }
	testroms/build.sh --check

format:
	$(SWIFT) format --in-place --parallel $(SOURCES)

bench: deps-bench build
	testroms/bench/run.py

fuzz: deps
	SWEMU_FUZZ_SECONDS=$(SECONDS) $(SWIFT) test -c release --filter Fuzz

firmware: deps
	firmware/build.sh
	firmware/embed.sh firmware/bios.bin > Sources/Board/FirmwareImage.swift

deps:
	@.ci/dependencies nasm python3

deps-bench:
	@.ci/dependencies nasm python3 qemu-system-x86 bochs bochs-term vgabios

clean:
	rm -rf .build build
