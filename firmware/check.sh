#!/bin/sh
# Rebuilds the firmware and compares it with the bios.bin that is kept in the repository.
set -eu
cd "$(dirname "$0")"
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
./build.sh "$fresh"
cmp "$fresh" bios.bin || { echo "check.sh: bios.bin is not what its source builds; run firmware/build.sh" >&2; exit 1; }
echo "firmware: bios.bin matches its source"
