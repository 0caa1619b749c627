#!/usr/bin/env bash
# Compiles the sources of the Python extension with another compiler, against the headers of this
# Python: check_bindings_compile.sh <c++> <python> <folder for objects>. Nothing is linked.
set -euo pipefail

compiler=${1:?usage: check_bindings_compile.sh <c++> <python> <folder>}
python=${2:?usage: check_bindings_compile.sh <c++> <python> <folder>}
export folder=${3:?usage: check_bindings_compile.sh <c++> <python> <folder>}

mkdir -p "$folder"
compiler=$(realpath "$compiler")
headers=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
nanobind=$("$python" -m nanobind --include_dir)
export compile="$compiler -std=c++20 -O1 -DNDEBUG -Wall -Wextra -Wconversion -Werror \
  -DNB_BACKEND_MODULE=nanobind_backend -DNB_BACKEND_PYPI=nanobind-backend -DNB_DOMAIN=ruvector \
  -DPy_LIMITED_API=0x30b0000 -Iinclude -Ipython/bindings -isystem $headers -isystem $nanobind"
# shellcheck disable=SC2016
printf '%s\n' python/bindings/*.cc | xargs -P "${JOBS:-2}" -I{} \
  bash -c '$compile -c "{}" -o "$folder/$(basename "{}").o"'
echo "$(ls python/bindings/*.cc | wc -l) sources of the extension compiled"
