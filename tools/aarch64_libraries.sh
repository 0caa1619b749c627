#!/usr/bin/env bash
# Puts Debian's libcrypto and libutf8proc for 64-bit ARM, which the cross build links, into a folder.
# They lie beside the system's packages, not among them, so that apt need not learn of another
# architecture.
set -euo pipefail

folder=${1:?usage: aarch64_libraries.sh <folder>}
[[ -f $folder/lib/libcrypto.a && -f $folder/lib/libutf8proc.a ]] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/lists/partial "$work"/cache/archives/partial
apt_arm64() {
  apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Acquire::Languages=none \
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User= "$@"
}
apt_arm64 update
(cd "$work" && apt_arm64 download libssl-dev libutf8proc-dev >/dev/null)
for package in "$work"/*_arm64.deb; do
  dpkg-deb --extract "$package" "$work/sysroot"
done

rm -rf "$folder"
mkdir -p "$folder/lib" "$folder/include"
cp -r "$work/sysroot/usr/include/openssl" "$work/sysroot/usr/include/aarch64-linux-gnu/openssl" "$folder/include"
cp "$work/sysroot/usr/include/utf8proc.h" "$folder/include"
cp "$work"/sysroot/usr/lib/aarch64-linux-gnu/lib{crypto,utf8proc}.a "$folder/lib"
