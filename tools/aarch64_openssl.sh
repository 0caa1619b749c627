#!/usr/bin/env bash
# Puts Debian's libcrypto for 64-bit ARM, which the cross build links, into a folder. It lies beside
# the system's packages, not among them, so that apt need not learn of another architecture.
set -euo pipefail

folder=${1:?usage: aarch64_openssl.sh <folder>}
[[ -f $folder/lib/libcrypto.a ]] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/lists/partial "$work"/cache/archives/partial
apt_arm64() {
  apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Acquire::Languages=none \
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User= "$@"
}
apt_arm64 update
(cd "$work" && apt_arm64 download libssl-dev >/dev/null)
dpkg-deb --extract "$work"/libssl-dev_*_arm64.deb "$work/root"

rm -rf "$folder"
mkdir -p "$folder/lib" "$folder/include"
cp -r "$work/root/usr/include/openssl" "$work/root/usr/include/aarch64-linux-gnu/openssl" "$folder/include"
cp "$work/root/usr/lib/aarch64-linux-gnu/libcrypto.a" "$folder/lib"
