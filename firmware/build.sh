#!/bin/sh
# Builds the firmware. Usage: build.sh [IMAGE], default bios.bin beside this script. Needs nasm 2.14 or later.
# The same source gives the same bytes: nothing of date, host or path goes into the image.
set -eu
cd "$(dirname "$0")"
image=${1:-bios.bin}
nasm -f bin -O2 -w+error -o "$image" bios.asm
size=$(wc -c < "$image")
[ "$size" -eq 65536 ] || { echo "build.sh: $image has $size bytes, expected 65536" >&2; exit 1; }
