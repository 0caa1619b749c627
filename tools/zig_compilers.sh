#!/usr/bin/env bash
# Puts the compilers cc and c++ for another system into a folder, with ar and ranlib: zig carries
# clang, libc++ and the headers of many systems, and the names of what their libraries have.
set -euo pipefail

zig=${1:?usage: zig_compilers.sh <zig> <folder> <target>}
folder=${2:?usage: zig_compilers.sh <zig> <folder> <target>}
target=${3:?usage: zig_compilers.sh <zig> <folder> <target>}

mkdir -p "$folder" "$folder/cache"
zig=$(realpath "$zig")
folder=$(realpath "$folder")
script() {  # script <name> <line>
  printf '#!/usr/bin/env bash\nexport ZIG_GLOBAL_CACHE_DIR=%q ZIG_LOCAL_CACHE_DIR=%q\n%s\n' \
    "$folder/cache" "$folder/cache" "$2" >"$folder/$1.new"
  chmod +x "$folder/$1.new"
  # A compiler that is newer than what it made would make CMake begin anew.
  if cmp -s "$folder/$1.new" "$folder/$1"; then rm "$folder/$1.new"; else mv "$folder/$1.new" "$folder/$1"; fi
}
# zig's names of processors are clang's with underscores; without optimisation it would check for
# undefined behaviour, by functions that the linker does not get then.
script cc "exec '$zig' cc -target $target -fno-sanitize=undefined \"\${@/#-march=x86-64-v4/-march=x86_64_v4}\""
# Its math.h for macOS includes the part of float.h that strict C++ leaves out, and the rest never comes:
# all of it comes first.
script c++ "exec '$zig' c++ -target $target -fno-sanitize=undefined -U__STRICT_ANSI__ -include float.h \"\${@/#-march=x86-64-v4/-march=x86_64_v4}\""
for name in ar ranlib; do
  script "$name" "exec '$zig' $name \"\$@\""
done
