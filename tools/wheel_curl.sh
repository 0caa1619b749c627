#!/usr/bin/env bash
# Puts a small static libcurl for the wheel into a folder: HTTP/1.1, TLS by OpenSSL, proxies, gzip.
# Debian's own would bring 27 libraries along, most of them for protocols that we never speak.
# Its sources are those of Debian's package, with Debian's fixes of security; apt verifies them.
set -euo pipefail

folder=${1:?usage: wheel_curl.sh <folder>}
script=$(realpath "${BASH_SOURCE[0]}")
[[ -f $folder/lib/libcurl.a && $folder/lib/libcurl.a -nt $script ]] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/etc/sources.list.d "$work"/lists/partial "$work"/cache/archives/partial

# The system's own sources of packages, asked for source packages, in folders that are not apt's.
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [[ -f $list ]] || continue
  sed -nE 's/^deb([[:space:]])/deb-src\1/p' "$list" >"$work/etc/sources.list.d/$(basename "$list" .list).list"
done
for list in /etc/apt/sources.list.d/*.sources; do
  [[ -f $list ]] || continue
  sed -E 's/^Types:.*/Types: deb-src/' "$list" >"$work/etc/sources.list.d/$(basename "$list")"
done
apt_source() {
  apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/etc/sources.list.d" \
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o Acquire::Languages=none \
    -o APT::Sandbox::User= "$@"
}
run() {  # run <what> <command>...: quiet unless it fails
  local what=$1
  shift
  "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; echo "wheel_curl.sh: could not $what" >&2; exit 1; }
}
echo "Building libcurl for the wheel"
run "read the lists of source packages" apt_source update
cd "$work"
run "fetch the source package curl" apt_source source curl
cd - >/dev/null

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
run "configure curl" cmake -S "$work"/curl-*/ -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_INSTALL_PREFIX="$work/prefix" -DCMAKE_INSTALL_LIBDIR=lib \
  -DCMAKE_C_FLAGS="-ffile-prefix-map=$work=." `# or the folder's name would be in the wheel` \
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_C_COMPILER_LAUNCHER=ccache "${options[@]/#/-D}"
run "build curl" cmake --build "$work/build"
run "install curl" cmake --install "$work/build"
cp "$work"/curl-*/COPYING "$work/prefix"

rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
mv "$work/prefix" "$folder"
touch "$folder/lib/libcurl.a"
