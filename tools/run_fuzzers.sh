#!/usr/bin/env bash
# Runs every fuzz_* program in a folder for some seconds, from its committed seeds in fuzz/corpus/.
# New inputs are kept in the build folder; a crash leaves its input there and fails.
set -euo pipefail

programs=${1:?usage: run_fuzzers.sh <folder> <seconds>}
seconds=${2:?usage: run_fuzzers.sh <folder> <seconds>}
count=0
for program in "$programs"/fuzz_*; do
  [[ -x $program && -f $program ]] || continue
  name=$(basename "$program")
  found=$programs/found/${name#fuzz_}
  mkdir -p "$found"
  "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$found/crash-" "$found" "fuzz/corpus/${name#fuzz_}"
  count=$((count + 1))
done
echo "$count fuzz targets ran $seconds s each"
[[ $count -gt 0 ]]
