#!/usr/bin/env bash
# Makes sure that the system packages of the named groups are present (groups: build test lint docs bench wheel roots full).
# Installs what is missing with apt where that is permitted; otherwise prints it and fails.
# Quick when nothing is missing, so that every make target may call it.
set -euo pipefail

if [[ $# -eq 0 ]]; then
  echo "usage: $0 build|test|lint|docs|bench|wheel|roots|full ..." >&2
  exit 2
fi

missing=()

has_command() { command -v "$1" >/dev/null 2>&1; }
has_header() { has_command g++ && echo "#include <$1>" | g++ -std=c++20 -E -x c++ - >/dev/null 2>&1; }
has_python() { python3 -c "$1" >/dev/null 2>&1; }
need() {  # need <Debian package> <check> [<argument>]
  local package=$1
  shift
  "$@" || missing+=("$package")
}

find_missing() {
  missing=()
  local group
  for group in "$@"; do
    case $group in
      build)
        need g++ has_command g++
        need cmake has_command cmake
        need ninja-build has_command ninja
        need ccache has_command ccache
        need libssl-dev has_header openssl/evp.h
        need libcurl4-openssl-dev has_header curl/curl.h
        need libutf8proc-dev has_header utf8proc.h
        need libxxhash-dev has_header xxhash.h
        need nlohmann-json3-dev has_header nlohmann/json.hpp
        need python3 has_command python3
        need python3-venv has_python 'import ensurepip, venv'
        need python3-dev has_python 'import os, sysconfig
assert os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h"))'
        need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
        ;;
      test)
        need libgtest-dev has_header gtest/gtest.h
        need libgmock-dev has_header gmock/gmock.h
        ;;
      lint)
        need clang-19 has_command clang++-19
        need clang-tidy-19 has_command clang-tidy-19
        need clang-format-19 has_command clang-format-19
        need libclang-rt-19-dev test -n "$(compgen -G '/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.asan*')"
        ;;
      docs)
        need doxygen has_command doxygen
        ;;
      bench)
        need wordnet-base test -f /usr/share/wordnet/data.noun
        ;;
      wheel)
        need dpkg-dev has_command dpkg-source
        need openssl has_command openssl
        need zlib1g-dev has_header zlib.h
        ;;
      roots)
        need debootstrap has_command debootstrap
        ;;
      full)
        need g++-aarch64-linux-gnu has_command aarch64-linux-gnu-g++
        need qemu-user has_command qemu-aarch64
        need wine64 test -x /usr/lib/wine/wine64
        need libwine test -n "$(compgen -G '/usr/lib/*/wine/x86_64-windows/ntdll.dll')"
        need valgrind has_command valgrind
        need googletest test -d /usr/src/googletest
        need libbenchmark-dev has_header benchmark/benchmark.h
        ;;
      *)
        echo "$0: unknown group '$group': expected build, test, lint, docs, bench, wheel, roots or full" >&2
        exit 2
        ;;
    esac
  done
}

find_missing "$@"
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if has_command sudo && sudo -n true 2>/dev/null; then
    as_root=(sudo)
  else
    as_root=(false)
  fi
fi
if ! has_command apt-get || [[ ${as_root[*]:-} == false ]]; then
  echo "Missing system packages (Debian names): ${missing[*]}" >&2
  echo "Install them, for example: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi

echo "Installing system packages: ${missing[*]}"
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >"$log" 2>&1
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! install; then  # a fresh machine has no package lists, or old ones
  "${as_root[@]}" apt-get update -qq >/dev/null || true
  if ! install; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install: ${missing[*]}" >&2
    exit 1
  fi
fi

# A package that is there is not always one that serves, such as headers of another Python.
find_missing "$@"
if [[ ${#missing[@]} -ne 0 ]]; then
  echo "Still missing after installation: ${missing[*]} (is python3 not the system's own?)" >&2
  exit 1
fi
