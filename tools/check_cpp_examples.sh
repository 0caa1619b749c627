#!/usr/bin/env bash
# Builds examples/cpp against what a build installs, and runs them:
# check_cpp_examples.sh BUILD_OF_RUVECTOR BUILD_OF_THE_EXAMPLES
set -euo pipefail

build=$2
rm -rf "$build"
mkdir -p "$build"
cmake --install "$1" --prefix "$build/prefix" >/dev/null
cmake -S "$(dirname "$0")/../examples/cpp" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$(realpath "$build/prefix")" >"$build/configure.log" \
  || { cat "$build/configure.log"; exit 1; }
cmake --build "$build"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/warm_restart" "$work/restart" | tee "$work/first"
"$build/warm_restart" "$work/restart" | tee "$work/second"
grep -q '^cold start: .* 1 pulls$' "$work/first"
grep -q '^warm start: .* 0 pulls$' "$work/second"
diff <(grep -v ' start: ' "$work/first") <(grep -v ' start: ' "$work/second")
"$build/embed_search" "how do I read a date?" | tee "$work/found"
head -n 1 "$work/found" | grep -q strptime
timeout 60 "$build/sidecar_daemon" --demo "$work/sidecar"

# As a daemon it runs until it is told to stop.
"$build/sidecar_daemon" "$work/sidecar/vectors" "$work/sidecar/published" docs >"$work/served" &
daemon=$!
for _ in $(seq 100); do grep -q '^serving' "$work/served" && break || sleep 0.1; done
kill -TERM "$daemon"
wait "$daemon"
grep -q '^serving' "$work/served"
