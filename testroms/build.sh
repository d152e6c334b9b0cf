#!/bin/sh
# Builds the guest programs of this folder from source. Same sources, same NASM: the same bytes.
#
#   testroms/build.sh            build all images
#   testroms/build.sh --check    build into a temporary folder and compare with the committed images
set -eu
cd "$(dirname "$0")"

command -v nasm >/dev/null 2>&1 || { echo "build.sh: nasm is missing; on Debian: apt-get install nasm" >&2; exit 1; }

assemble() {            # assemble SOURCE IMAGE
    nasm -f bin -w+all -w+error -I "$(dirname "$1")/" -o "$2" "$1"
}

images="demo/demo demo64/demo64 bench/bench screen/modes screen/mode13 screen/vbe screen/echo"
system="system/*.asm"           # their images are made by system/run.py, and not kept
kernels="kernels/*.asm"         # by kernels/run.py
mistakes="mistakes/*.asm"       # by mistakes/run.py
discs="cdrom/*.asm"             # by cdrom/run.py
diskettes="floppy/*.asm"        # by floppy/run.py

case "${1:-}" in
"")
    for image in $images; do
        [ -f "$image.asm" ] || continue
        assemble "$image.asm" "$image.img"
        echo "$image.img: $(stat -c %s "$image.img") bytes"
    done
    ;;
--check)
    fresh=$(mktemp)
    trap 'rm -f "$fresh"' EXIT
    for image in $images; do
        assemble "$image.asm" "$fresh"
        cmp "$fresh" "$image.img" || { echo "build.sh: $image.img is not what its source builds; run testroms/build.sh" >&2; exit 1; }
        echo "$image.img is what its source builds"
    done
    for source in $kernels; do
        nasm -f elf32 -w+all -w+error -I kernels/ -o "$fresh" "$source" 2>/dev/null || assemble "$source" "$fresh"
        echo "$source assembles"
    done
    for source in $discs; do
        nasm -f bin -w+all -w+error -I mistakes/ -I ../firmware/tests/ -o "$fresh" "$source"
        echo "$source assembles"
    done
    for source in $diskettes; do
        nasm -f bin -w+all -w+error -I mistakes/ -I ../firmware/tests/ -DCYLINDERS=80 -DHEADS=2 -DSECTORS=18 -DTYPE=4 -o "$fresh" "$source"
        echo "$source assembles"
    done
    for source in $mistakes $system; do
        assemble "$source" "$fresh"
        echo "$source assembles"
    done
    ;;
*)
    echo "usage: $0 [--check]" >&2
    exit 2
    ;;
esac
