#!/usr/bin/env bash
# Builds what programs for Windows are linked with into a folder: OpenSSL's libcrypto and utf8proc,
# static, from the sources of tools/debian_sources.sh by the compilers of tools/zig_compilers.sh.
set -euo pipefail

sources=$(realpath "${1:?usage: windows_libraries.sh <folder of sources> <folder of compilers> <folder>}")
compilers=$(realpath "${2:?usage: windows_libraries.sh <folder of sources> <folder of compilers> <folder>}")
folder=${3:?usage: windows_libraries.sh <folder of sources> <folder of compilers> <folder>}
[[ ! -f $folder/.complete ]] || exit 0

rm -rf "$folder"
mkdir -p "$folder/lib" "$folder/include"
folder=$(realpath "$folder")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() {  # run <what> <command>...: quiet unless it fails
  local what=$1
  shift
  "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; echo "$0: could not $what" >&2; exit 1; }
}

build_openssl() {
  echo "Building OpenSSL for Windows"
  cp -R "$sources/openssl" "$work/openssl"  # it builds in its own folder
  cd "$work/openssl"
  # What is tested here is not how fast it is: assembly would want another assembler.
  run "configure openssl" ./Configure mingw64 no-asm no-shared no-tests no-module no-engine no-legacy \
    no-comp no-ssl3 no-autoload-config CC="$compilers/cc" AR="$compilers/ar" RANLIB="$compilers/ranlib" \
    CFLAGS="-O2 -g0"
  run "build openssl" make -j "$(nproc)" build_generated libcrypto.a
  cp libcrypto.a "$folder/lib"
  cp -R include/openssl "$folder/include"
  cd - >/dev/null
}

build_utf8proc() {
  echo "Building utf8proc for Windows"
  "$compilers/cc" -O2 -DUTF8PROC_STATIC -c "$sources/utf8proc/utf8proc.c" -o "$work/utf8proc.o"
  "$compilers/ar" rcs "$folder/lib/libutf8proc.a" "$work/utf8proc.o"
  cp "$sources/utf8proc/utf8proc.h" "$folder/include"
}

build_openssl
build_utf8proc
touch "$folder/.complete"
