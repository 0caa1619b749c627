#!/usr/bin/env bash
# Checks the objects of per-level sources (avx2*.cc, avx512*.cc, neon*.cc) in a build directory.
#
# Such an object is compiled for instructions that not every processor has. If it defined a symbol
# that another object defines as well (an inline function of a header), the linker could keep this
# copy, and a processor without the level would die in code that has nothing to do with kernels.
# So an object may define kAvx2Table, kAvx512Table or kNeonTable, and names in the namespace
# ruvector::kernels::<level> of its own level where a level is spread over files; nothing weak.
# It may use the same names, those of ruvector::kernels::scalar, which is compiled for every
# processor, and the C library's memory and mathematics functions, nothing of C++.
set -euo pipefail

build=${1:?usage: check_isa_objects.sh <build directory>}
failures=0
checked=0

declare -A table=([avx2]=kAvx2Table [avx512]=kAvx512Table [neon]=kNeonTable)

while IFS= read -r object; do
  level=$(basename "$object")
  level=${level%%.*}
  level=${level%%_*}
  own="^(ruvector::kernels::${table[$level]}|ruvector::kernels::${level}::.*)$"
  c_library='^(mem(cpy|set|move|cmp)|fmaf?|sqrtf?|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail)$'
  scalar='^ruvector::kernels::scalar::'
  checked=$((checked + 1))
  while read -r type name; do
    case $type in
      T | D | R | B) [[ $name =~ $own ]] && continue ;;  # defined
      U) [[ $name =~ $own || $name =~ $c_library || $name =~ $scalar ]] && continue ;;  # used
    esac
    echo "$object: symbol of type $type is not permitted: $name"
    failures=$((failures + 1))
  done < <(nm --extern-only --demangle "$object" | sed -E 's/^[0-9a-f]* +//')
done < <(find "$build/src" -name 'avx2*.o' -o -name 'avx512*.o' -o -name 'neon*.o' | grep -v _test | sort)

if [[ $checked -eq 0 ]]; then
  echo "no per-level object found below $build/src"
  exit 1
fi
echo "$checked per-level objects, $failures symbols that are not permitted"
[[ $failures -eq 0 ]]
