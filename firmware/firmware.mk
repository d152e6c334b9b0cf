# Targets for the firmware; included by the Makefile at the top.
.PHONY: firmware firmware-check firmware-test

firmware:                       ## builds firmware/bios.bin (needs nasm)
	firmware/build.sh

firmware-check:                 ## compares firmware/bios.bin with what its source builds
	firmware/check.sh

firmware-test: firmware-check   ## runs the firmware's tests in QEMU (needs qemu-system-i386 and nasm)
	firmware/tests/run.py
