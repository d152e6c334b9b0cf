#!/bin/sh
# build/dist/swemu_VERSION_ARCHITECTURE.deb, which lintian accepts.
#
#   SWEMU_VERSION=0.1.0 deb.sh build/package/release/swemu
set -eu
: "${SWEMU_VERSION:?has to be the version; make dist deb says it}"
cd "$(dirname "$0")/../.."
architecture=$(dpkg --print-architecture)
maintainer=${MAINTAINER:-$(git log -1 --format='%an <%ae>')}
moment=$(git log -1 --format=%ct)
root=build/package/deb
rm -rf "$root"
mkdir -p "$root/DEBIAN" build/dist
umask 022
strip --remove-section=.comment --remove-section=.note -o build/package/stripped "$1"
make -s -o build install SWEMU=build/package/stripped DESTDIR="$PWD/$root" PREFIX=/usr >/dev/null
share=$root/usr/share
mv "$share/zsh/site-functions" "$share/zsh/vendor-completions"
gzip -9n "$share"/man/man1/*.1
# Completions are read, not executed.
sed -i '1{/^#!/d}' "$share/bash-completion/completions/swemu"
cat >"$share/doc/swemu/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: swemu

Files: *
Copyright: $(git log --format=%cd --date=format:%Y | sort -u | sed -n '1p;$p' | uniq | paste -sd-) the contributors of swemu
License: Apache-2.0
 On Debian systems the full text of the Apache License, Version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
END
{
    printf 'swemu (%s) unstable; urgency=medium\n\n  * Built from %s.\n\n' "$SWEMU_VERSION" "${SWEMU_REVISION:-a copy of the sources}"
    printf ' -- %s  %s\n' "$maintainer" "$(date -u -R -d "@$moment")"
} | gzip -9n >"$share/doc/swemu/changelog.gz"
# What the program needs is what dpkg-shlibdeps finds; it wants a source package around it.
mkdir -p build/package/shlibs/debian
printf 'Source: swemu\n\nPackage: swemu\nArchitecture: any\n' >build/package/shlibs/debian/control
depends=$(cd build/package/shlibs && dpkg-shlibdeps -O "../deb/usr/bin/swemu" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
cat >"$root/DEBIAN/control" <<END
Package: swemu
Version: $SWEMU_VERSION
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: $depends
Recommends: libsdl2-2.0-0
Suggests: gdb, ovmf
Section: otherosfs
Priority: optional
Description: x86 PC emulator for people who write operating systems
 A PC in software, from the 486 to x86-64, with its own BIOS: the same bits on
 every run, a verdict for continuous integration, an explanation when a kernel
 dies, a debugger that goes back in time, and scripts that wait, type and look.
END
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
SOURCE_DATE_EPOCH=$moment dpkg-deb --root-owner-group --build "$root" "build/dist/swemu_${SWEMU_VERSION}_$architecture.deb" >/dev/null
rm -rf "$root" build/package/stripped build/package/shlibs
lintian --fail-on error "build/dist/swemu_${SWEMU_VERSION}_$architecture.deb"
ls -l "build/dist/swemu_${SWEMU_VERSION}_$architecture.deb"
