#!/bin/sh
# build/dist/swemu-VERSION-linux-MACHINE.tar.gz with what `make install` installs; unpack it with: tar -C /usr/local --strip-components=1 -xf FILE
#
#   SWEMU_VERSION=0.1.0 tarball.sh build/package/release/swemu
set -eu
: "${SWEMU_VERSION:?has to be the version; make dist deb says it}"
cd "$(dirname "$0")/../.."
name=swemu-$SWEMU_VERSION-linux-$(uname -m)
work=build/package/$name
rm -rf "$work"
mkdir -p "$work" build/dist
strip -o build/package/stripped "$1"
make -s -o build install SWEMU=build/package/stripped DESTDIR="$PWD/$work" PREFIX= >/dev/null
# What is in the program beside ours wants its terms to come along.
mkdir -p "$work/share/doc/swemu/libraries"
for library in zlib1g-dev libpng-dev libyaml-dev; do cp -L "/usr/share/doc/$library/copyright" "$work/share/doc/swemu/libraries/$library"; done
# The same bytes for the same commit.
moment=$(git log -1 --format=%ct 2>/dev/null || echo 0)
tar -C build/package --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$moment" -cf - "$name" | gzip -9n >"build/dist/$name.tar.gz"
rm -rf "$work" build/package/stripped
ls -l "build/dist/$name.tar.gz"
