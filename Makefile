# swemu: what to do with it. Each word does all it needs itself, on a fresh Debian with Swift.
#
#   make run      build and show the demo disk in a window, or in this terminal; Esc leads to the one of 64 bits
#   make test     unit tests and guest programs: everything that proves it right
#   make test-long C programs by the hundred, with both engines: an hour rather than minutes
#   make build    build/swemu
#   make dist     build/dist/*.tar.gz: the program for every Debian and Ubuntu, without Swift; make deb: a package of Debian
#   make install  the program, manual pages, completions and a desktop entry under PREFIX (/usr/local), in DESTDIR
#   make check    format, images in step with their sources, links, spelling
#   make bench    speed beside QEMU and Bochs
#   make bench-systems  processor time of real guests to their proofs, beside QEMU
#   make silicon  all vectors in the directory VECTORS against silicon's results, with both engines and a table per group
#   make fuzz     COUNT (10^8) instructions of random programs from SEED on, on two machines that must agree, and a hundredth as many cases of flags,
#                 a thousandth on the host's processor
#   make fuzz-files parsers, protocols and ports by libFuzzer, SECONDS (600) for each of TARGETS
#   make docs     pages of the library's modules in build/docs
#   make firmware the BIOS from its source, and into the program

SWIFT   ?= swift
VECTORS ?= testroms/vectors
# The unit tests have their sample, whatever make silicon is given.
unexport VECTORS
COUNT   ?= 100000000
PREFIX  ?= /usr/local
SWEMU   := .build/release/swemu
# The window is built where SDL is; libsdl2-dev brings it. The page of swemu serve needs SwiftNIO, which SwiftPM fetches.
TRAITS  = --traits $(shell pkg-config --exists sdl2 2>/dev/null && echo SDL,)Web
# The tests look into modules, which costs speed; so they have a build of their own, and the guests run in it, too.
TEST    = -c release $(TRAITS) --scratch-path build/tests -Xswiftc -enable-testing
TESTED  := build/tests/release/swemu

# The commit, for swemu --version.
REVISION = $(shell git describe --always --dirty --abbrev=12 2>/dev/null)
VERSION  = $(shell sed -n 's/.*let swemuVersion = "\(.*\)"/\1/p' Sources/Session/Verdict/Version.swift)
build package dist deb: export SWEMU_REVISION = $(REVISION)
build package dist deb: export SWEMU_VERSION = $(VERSION)

.PHONY: build package dist deb dist-test install uninstall run test test-long tests-built unit-test guest-test check format bench bench-systems silicon fuzz fuzz-files docs firmware deps deps-build deps-sdl deps-window deps-terminal deps-guests deps-clients deps-bench deps-csmith clean
.DEFAULT_GOAL := build

build: deps-build deps-sdl
	$(SWIFT) build -c release $(TRAITS) --product swemu
	@mkdir -p build && ln -sf ../$(SWEMU) build/swemu

# Swift's library is in the program; those of Debian are where it runs, as a package says.
PACKAGED := build/package/release/swemu
PACKAGE  = $(SWIFT) build -c release --static-swift-stdlib $(TRAITS) --scratch-path build/package --product swemu
# For a tarball they are in it, too: pkg-config and the linker find these archives first. SDL is opened where it is.
ARCHIVES := build/package/archives

dist: deps-package
	@mkdir -p $(ARCHIVES) && for name in png16 z yaml stdc++; do ln -sf "$$(gcc -print-file-name=lib$$name.a)" $(ARCHIVES)/; done
	@for name in libpng yaml-0.1; do \
	  sed 's|^libdir=.*|libdir=$(CURDIR)/$(ARCHIVES)|' "$$(pkg-config --variable=pcfiledir $$name)/$$name.pc" > $(ARCHIVES)/$$name.pc; done
	PKG_CONFIG_PATH=$(CURDIR)/$(ARCHIVES) $(PACKAGE) -Xlinker -L$(CURDIR)/$(ARCHIVES)
	docs/install/tarball.sh $(PACKAGED)

deb: deps-package
	$(PACKAGE)
	docs/install/deb.sh $(PACKAGED)

# In roots that have nothing but a base system: about a minute for each, and they are fetched.
dist-test: dist deb
	@.ci/dependencies debootstrap gpgv ca-certificates nasm python3
	testroms/ci/dist.py

SHARE   := $(DESTDIR)$(PREFIX)/share

install: build
	install -D -m 755 $(SWEMU) $(DESTDIR)$(PREFIX)/bin/swemu
	rm -rf build/man && docs/install/manual.py --swemu $(SWEMU) build/man
	install -d $(SHARE)/man/man1 && install -m 644 build/man/*.1 $(SHARE)/man/man1
	install -d $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	$(SWEMU) --generate-completion-script bash > $(SHARE)/bash-completion/completions/swemu
	$(SWEMU) --generate-completion-script zsh > $(SHARE)/zsh/site-functions/_swemu
	$(SWEMU) --generate-completion-script fish > $(SHARE)/fish/vendor_completions.d/swemu.fish
	install -D -m 644 docs/install/swemu.desktop $(SHARE)/applications/swemu.desktop
	install -D -m 644 docs/install/swemu.svg $(SHARE)/icons/hicolor/scalable/apps/swemu.svg
	install -D -m 644 LICENSE $(SHARE)/doc/swemu/copyright
	install -d $(SHARE)/doc/swemu/examples && install -m 644 testroms/demo/demo.img testroms/demo64/demo64.img $(SHARE)/doc/swemu/examples

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/swemu $(SHARE)/man/man1/swemu.1 $(SHARE)/man/man1/swemu-*.1
	rm -f $(SHARE)/bash-completion/completions/swemu $(SHARE)/zsh/site-functions/_swemu $(SHARE)/fish/vendor_completions.d/swemu.fish
	rm -f $(SHARE)/applications/swemu.desktop $(SHARE)/icons/hicolor/scalable/apps/swemu.svg
	rm -rf $(SHARE)/doc/swemu

run: build
	$(SWEMU) run testroms/demo/demo.img --snapshot
	$(SWEMU) run testroms/demo64/demo64.img --snapshot

test: unit-test guest-test

test-long: unit-test deps-csmith dist-test
	HOSTILE_ACCESSES=1000000 $(SWIFT) test --skip-build $(TEST) --filter HostileAccessTests
	FUZZ_IA32E=1 FUZZ_ENGINE=recompiled FUZZ_SEED=1 FUZZ_COUNT=100000000 $(SWIFT) test --skip-build $(TEST) --filter FuzzTests/asManyAsWanted
	testroms/system/same.py --swemu $(TESTED) --runs 100
	testroms/csmith/run.py --swemu $(TESTED) --all
	testroms/guests/make.py linux-amd64
	testroms/guests/check.py --swemu $(TESTED) --only linux-amd64
	testroms/system/engines.py --swemu $(TESTED) --all

# Once for all that are asked for together: SwiftPM builds everything anew after it has run tests.
tests-built: deps
	$(SWIFT) build --build-tests $(TEST)

unit-test: tests-built
	$(SWIFT) test --skip-build $(TEST)

guest-test: unit-test deps-guests deps-clients
	testroms/run --swemu $(TESTED)

check: deps
	$(SWIFT) format lint --strict --parallel --recursive Sources Tests
	@! grep -nE 'TODO|FIXME|XXX|fatalError\(|try!' -r Sources || { echo 'check: finish or reword the lines above'; exit 1; }
	firmware/check.sh
	firmware/embed.sh firmware/bios.bin | cmp - Sources/Board/FirmwareImage.swift || \
	    { echo 'check: the program holds another firmware than firmware/bios.bin; run make firmware'; exit 1; }
	testroms/build.sh --check
	docs/check.py
	@[ -n "$(VERSION)" ] || { echo 'check: make finds no version in Sources/Session/Verdict/Version.swift, and a release has no name'; exit 1; }
	@.ci/dependencies codespell
	git ls-files | xargs codespell

format:
	$(SWIFT) format --in-place --parallel --recursive Sources Tests

bench: deps-bench build
	testroms/bench/run.py --swemu $(SWEMU)
	testroms/bench/observers.py --swemu $(SWEMU)

bench-systems: deps-bench build
	testroms/guests/make.py
	testroms/guests/make.py installer ipxe mach xen
	testroms/bench/systems.py --swemu $(SWEMU) --all

silicon: tests-built
	for engine in blocks recompiledOneByOne; do \
	  VECTOR_ENGINE=$$engine VECTORS=$(abspath $(VECTORS)) $(SWIFT) test --skip-build $(TEST) --filter SiliconTests/directory || exit 1; \
	done

fuzz: tests-built
	FUZZ_COUNT=$(COUNT) $(if $(SEED),FUZZ_SEED=$(SEED)) $(SWIFT) test --skip-build $(TEST) --filter '(Fuzz|FlagMatrix)Tests/asManyAsWanted|NativeTests|OperandEdgeTests'

# Swift brings libFuzzer. The compiler alone is told of it: a test has the main function. What goes wrong lies in build/fuzz, TARGET-crash-...
SECONDS ?= 600
TARGETS ?= $(notdir $(wildcard testroms/fuzz/*))
FUZZER  = $(wildcard $(dir $(realpath $(shell command -v $(SWIFT))))../lib/clang/*/lib/linux/libclang_rt.fuzzer_no_main-$(shell uname -m).a)
LINK    = -Xlinker
GUIDED  = -c release $(TRAITS) --scratch-path build/guided -Xswiftc -enable-testing -Xswiftc -Xfrontend -Xswiftc -sanitize=fuzzer \
          $(foreach word,--whole-archive $(FUZZER) --no-whole-archive --export-dynamic -lstdc++,$(LINK) $(word))
fuzz-files: deps
	$(SWIFT) build --build-tests $(GUIDED)
	for target in $(TARGETS); do \
	  mkdir -p build/fuzz/$$target && SWIFT_BACKTRACE=enable=no FUZZ_TARGET=$$target FUZZ_SECONDS=$(SECONDS) \
	    $(SWIFT) test --skip-build $(GUIDED) --filter FileFuzzTests/guided || exit 1; \
	done

# The modules of the product SwemuMachine.
ROOMS = X86 Wiring SoftFloat Processor Recompiler Executables Chips Disks Board Inspection Explanations Checks Trace Debugging GDB Screen
docs: deps
	SWEMU_DOCS=1 $(SWIFT) package --scratch-path build/documented --allow-writing-to-directory build/docs generate-documentation \
	  $(foreach room,$(ROOMS),--target $(room)) --enable-experimental-combined-documentation --warnings-as-errors --output-path build/docs

firmware: deps
	firmware/build.sh
	firmware/embed.sh firmware/bios.bin > Sources/Board/FirmwareImage.swift

deps-build:
	@.ci/dependencies pkg-config zlib1g-dev libpng-dev libyaml-dev

# The window is left out where it cannot be had.
deps-sdl:
	@.ci/dependencies libsdl2-dev || echo "make: the program is built without a window; --display terminal is there"

deps-package: deps-build
	@.ci/dependencies libsdl2-dev gcc g++ binutils dpkg-dev python3 lintian

deps:
	@.ci/dependencies nasm gcc python3 pkg-config zlib1g-dev libpng-dev libyaml-dev libsdl2-dev libcapstone-dev qemu-utils

deps-window:
	@.ci/dependencies xvfb xdotool imagemagick xclip

deps-terminal:
	@.ci/dependencies python3 tmux

deps-guests: deps-window deps-terminal deps-csmith
	@.ci/dependencies zsh fish desktop-file-utils chromium gdb strace seabios bochsbios vgabios u-boot-qemu ovmf acpica-tools dmidecode pciutils

deps-clients:
	@.ci/clients

# gcc makes 32-bit programs only on x86; elsewhere their test says that it is skipped.
deps-csmith:
	@[ "$$(uname -m)" != x86_64 ] || .ci/dependencies csmith libcsmith-dev gcc gcc-multilib

deps-bench:
	@.ci/dependencies nasm binutils python3 qemu-system-x86 bochs bochs-term bochsbios vgabios

clean:
	rm -rf .build build
