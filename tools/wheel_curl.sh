#!/usr/bin/env bash
# Puts a small static libcurl for the wheel into a folder: HTTP/1.1, TLS by OpenSSL, proxies, gzip.
# Debian's own would bring 27 libraries along, most of them for protocols that we never speak.
# Its sources are those of Debian's package (tools/debian_sources.sh), unless a folder has them. What
# follows are more variables of CMake, of a cross build for instance.
set -euo pipefail

folder=${1:?usage: wheel_curl.sh <folder> [<folder of sources> [<variable>=<value>...]]}
sources=${2:-}
script=$(realpath "${BASH_SOURCE[0]}")
[[ -f $folder/lib/libcurl.a && $folder/lib/libcurl.a -nt $script ]] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() {  # run <what> <command>...: quiet unless it fails
  local what=$1
  shift
  "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; echo "wheel_curl.sh: could not $what" >&2; exit 1; }
}
echo "Building libcurl for the wheel"
if [[ -z $sources ]]; then
  sources=$work/sources
  "$(dirname "$script")/debian_sources.sh" "$sources" curl
fi

options=(
  BUILD_CURL_EXE=OFF BUILD_SHARED_LIBS=OFF BUILD_TESTING=OFF ENABLE_MANUAL=OFF
  HTTP_ONLY=ON ENABLE_THREADED_RESOLVER=ON ENABLE_IPV6=ON ENABLE_UNIX_SOCKETS=OFF
  CURL_USE_OPENSSL=ON OPENSSL_USE_STATIC_LIBS=ON CURL_ZLIB=ON ZLIB_USE_STATIC_LIBS=ON
  CURL_BROTLI=OFF CURL_ZSTD=OFF USE_NGHTTP2=OFF USE_LIBIDN2=OFF CURL_USE_LIBPSL=OFF
  CURL_USE_LIBSSH2=OFF
  # Nothing of the machine that builds: not its authorities, not its openssl.cnf.
  CURL_CA_BUNDLE=none CURL_CA_PATH=none CURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG=ON
  CURL_DISABLE_ALTSVC=ON CURL_DISABLE_COOKIES=ON CURL_DISABLE_CRYPTO_AUTH=ON CURL_DISABLE_HSTS=ON
  CURL_DISABLE_MIME=ON CURL_DISABLE_NETRC=ON
)
if [[ $# -gt 2 ]]; then options+=("${@:3}"); fi
flags=(
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$work/prefix" -DCMAKE_INSTALL_LIBDIR=lib
  # Or names of folders would be in the wheel.
  -DCMAKE_C_FLAGS="-ffile-prefix-map=$work=. -ffile-prefix-map=$sources=."
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON
)
if command -v ninja >/dev/null; then flags+=(-G Ninja); fi
if command -v ccache >/dev/null; then flags+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache); fi
run "configure curl" cmake -S "$sources/curl" -B "$work/build" "${flags[@]}" "${options[@]/#/-D}"
run "build curl" cmake --build "$work/build"
run "install curl" cmake --install "$work/build"
cp "$sources/curl/COPYING" "$work/prefix"

rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
mv "$work/prefix" "$folder"
touch "$folder/lib/libcurl.a"
