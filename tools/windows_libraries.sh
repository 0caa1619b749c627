#!/usr/bin/env bash
# Builds what programs for Windows are linked with into a folder: OpenSSL, zlib, utf8proc and a small
# libcurl, static, from the sources of tools/debian_sources.sh by the compilers of
# tools/zig_compilers.sh.
set -euo pipefail

sources=$(realpath "${1:?usage: windows_libraries.sh <folder of sources> <folder of compilers> <folder>}")
compilers=$(realpath "${2:?usage: windows_libraries.sh <folder of sources> <folder of compilers> <folder>}")
folder=${3:?usage: windows_libraries.sh <folder of sources> <folder of compilers> <folder>}
[[ ! -f $folder/.complete ]] || exit 0

rm -rf "$folder"
mkdir -p "$folder/lib" "$folder/include"
folder=$(realpath "$folder")
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
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
  run "build openssl" make -j "$(nproc)" build_generated libcrypto.a libssl.a
  cp libcrypto.a libssl.a "$folder/lib"
  cp -R include/openssl "$folder/include"
  cd - >/dev/null
}

build_utf8proc() {
  echo "Building utf8proc for Windows"
  "$compilers/cc" -O2 -DUTF8PROC_STATIC -c "$sources/utf8proc/utf8proc.c" -o "$work/utf8proc.o"
  "$compilers/ar" rcs "$folder/lib/libutf8proc.a" "$work/utf8proc.o"
  cp "$sources/utf8proc/utf8proc.h" "$folder/include"
}

# Debian leaves the makefile for Windows out of its sources.
build_zlib() {
  echo "Building zlib for Windows"
  mkdir "$work/zlib"
  for source in "$sources"/zlib/*.c; do
    run "build zlib" "$compilers/cc" -O2 -c "$source" -o "$work/zlib/$(basename "$source" .c).o"
  done
  "$compilers/ar" rcs "$folder/lib/libz.a" "$work"/zlib/*.o
  cp "$sources/zlib/zlib.h" "$sources/zlib/zconf.h" "$folder/include"
}

build_curl() {
  local flags=(
    CMAKE_SYSTEM_NAME=Windows CMAKE_SYSTEM_PROCESSOR=x86_64
    CMAKE_C_COMPILER="$compilers/cc" CMAKE_AR="$compilers/ar" CMAKE_RANLIB="$compilers/ranlib"
    CMAKE_RC_COMPILER=/bin/false  # resources are for shared libraries
    CMAKE_FIND_ROOT_PATH="$folder" CMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY
    CMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY CMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY
    # Its test hands over a pointer of another type, which newer compilers refuse.
    HAVE_IOCTLSOCKET_FIONBIO=1
  )
  "$tools/wheel_curl.sh" "$work/curl-prefix" "$sources" "${flags[@]}"
  cp -R "$work"/curl-prefix/{include,lib} "$folder"
}

build_openssl
build_utf8proc
build_zlib
build_curl
touch "$folder/.complete"
