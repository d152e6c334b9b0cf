#!/bin/sh
# Writes the built firmware into the emulator's source as text:  embed.sh firmware/bios.bin > Sources/Board/FirmwareImage.swift
# A line is 96 bytes in base64; "*N" repeats the line before it N more times.
set -eu
printf '// Made by firmware/embed.sh from firmware/bios.bin; `make firmware` renews it and `make check` compares.\n\n'
printf 'extension Firmware {\n    static let encodedImage: StaticString = """\n'
base64 -w 128 "$1" | awk '
    function flush() { if (n > 0) print "        *" n; n = 0 }
    $0 == last { n++; next }
    { flush(); print "        " $0; last = $0 }
    END { flush() }'
printf '        """\n}\n'
