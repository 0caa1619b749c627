#!/usr/bin/env bash
# Puts what programs for macOS are linked with instead of OpenSSL, libcurl and utf8proc into a folder:
# text stubs with the names that Debian's libraries of the same versions have. So the linker finds
# each name that there is, and no other. Such programs cannot run.
set -euo pipefail

folder=${1:?usage: macos_libraries.sh <folder>}
script=$(realpath "${BASH_SOURCE[0]}")
[[ -f $folder/.complete && $folder/.complete -nt $script ]] && exit 0
targets='[ x86_64-macos, arm64-macos ]'

mkdir -p "$folder/lib" "$folder/include"
headers=$(g++ -print-multiarch)
for name in crypto ssl curl utf8proc; do
  library=$(g++ -print-file-name="lib$name.so")
  {
    printf -- '--- !tapi-tbd\ntbd-version: 4\ntargets: %s\n' "$targets"
    printf "install-name: '/usr/local/lib/lib%s.dylib'\nexports:\n  - targets: %s\n    symbols: [ " "$name" "$targets"
    nm -D --defined-only "$library" | awk '$2 ~ /[TRDBVWi]/ {sub(/@.*/, "", $3); print "_" $3}' \
      | sort -u | paste -s -d ,
    printf '    ]\n...\n'
  } >"$folder/lib/lib$name.tbd"
  grep -q '_[a-z]' "$folder/lib/lib$name.tbd" || { echo "$0: $library has no names" >&2; exit 1; }
done
for header in openssl curl utf8proc.h; do
  for place in "/usr/include/$header" "/usr/include/$headers/$header"; do
    [[ ! -e $place ]] || cp -r --dereference "$place" "$folder/include"
  done
done
touch "$folder/.complete"
