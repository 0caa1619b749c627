#!/usr/bin/env bash
# Builds what a wheel links statically, where no package of the system has it, into a folder for
# CMAKE_PREFIX_PATH: OpenSSL, zlib, utf8proc, libcurl, and the headers of xxhash and JSON; and puts
# their licenses beside. Runs in manylinux's containers and on macOS. The folder of sources is that
# of tools/debian_sources.sh for openssl, zlib, utf8proc, xxhash, nlohmann-json3 and curl.
set -euo pipefail

sources=$(realpath "${1:?usage: wheel_libraries.sh <folder of sources> <folder>}")
folder=${2:?usage: wheel_libraries.sh <folder of sources> <folder>}
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[[ ! -f $folder/.complete ]] || exit 0

rm -rf "$folder"
mkdir -p "$folder/licenses"
folder=$(realpath "$folder")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() {  # run <what> <command>...: quiet unless it fails
  local what=$1
  shift
  "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; echo "$0: could not $what" >&2; exit 1; }
}
jobs=$(getconf _NPROCESSORS_ONLN)
# Objects of a module, without names of this machine's folders.
flags="-O2 -fPIC -ffile-prefix-map=$work=. -ffile-prefix-map=$sources=."

build_openssl() {
  echo "Building OpenSSL for the wheel"
  # In its own folder, so that it names its files without one; and it writes down its flags.
  cp -R "$sources/openssl" "$work/openssl"
  cd "$work/openssl"
  # These folders lie in no wheel's machine: nothing is read from them.
  # shellcheck disable=SC2086
  run "configure openssl" ./Configure ${OPENSSL_TARGET:-} --prefix=/usr/local \
    --openssldir=/usr/local/ssl --libdir=lib \
    no-shared no-tests no-module no-engine no-legacy no-comp no-ssl3 no-autoload-config \
    CC="${CC:-cc}" CFLAGS="-O2 -fPIC"
  run "build openssl" make -j "$jobs" build_libs
  run "install openssl" make DESTDIR="$work/stage" install_dev
  cp -R "$work"/stage/usr/local/{include,lib} "$folder"
  cd - >/dev/null
}
build_by_cmake() {  # build_by_cmake <package> <option>...
  local package=$1
  shift
  echo "Building $package for the wheel"
  run "configure $package" cmake -S "$sources/$package" -B "$work/$package" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$folder" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_C_FLAGS="$flags" "$@"
  run "build $package" cmake --build "$work/$package" --parallel "$jobs"
  run "install $package" cmake --install "$work/$package"
}

build_zlib() {
  echo "Building zlib for the wheel"
  cp -R "$sources/zlib" "$work/zlib"  # it builds in its own folder
  cd "$work/zlib"
  CFLAGS="$flags" run "configure zlib" ./configure --static --prefix="$folder"
  run "build zlib" make -j "$jobs" libz.a
  run "install zlib" make install-libs
  cp zlib.h zconf.h "$folder/include"
  cd - >/dev/null
}

build_openssl
build_zlib
build_by_cmake utf8proc -DBUILD_SHARED_LIBS=OFF -DUTF8PROC_INSTALL=ON -DUTF8PROC_ENABLE_TESTING=OFF
CMAKE_PREFIX_PATH=$folder "$tools/wheel_curl.sh" "$work/curl-prefix" "$sources"
cp -R "$work"/curl-prefix/{include,lib} "$folder"

cp "$sources/xxhash/xxhash.h" "$folder/include"
cp -R "$sources/nlohmann-json3/include/nlohmann" "$folder/include"
# By the names that tools/wheel_licenses.sh gives them on Debian.
cp "$work/curl-prefix/COPYING" "$folder/licenses/curl.txt"
license() { cp "$sources/$1/debian/copyright" "$folder/licenses/$2.txt"; }
license openssl libssl-dev
license utf8proc libutf8proc-dev
license xxhash libxxhash-dev
license nlohmann-json3 nlohmann-json3-dev
license zlib zlib1g-dev
cp "$sources/openssl/LICENSE.txt" "$folder/licenses/Apache-2.0"
touch "$folder/.complete"
