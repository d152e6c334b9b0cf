#!/bin/sh
# The example of docs/library.md, which is built beside the program, boots the demo disk.
set -eu
cd "$(dirname "$0")/../.."
"$(dirname "${SWEMU:-build/tests/release/swemu}")/BootAMachine" testroms/demo/demo.img | grep -q 'all checks passed'
echo 'ok    another program boots a machine'
