#!/usr/bin/env bash
# Puts source packages of Debian into a folder, each in one of its name, with Debian's fixes of
# security. apt verifies them by the archive's signature. What is there is left as it is.
set -euo pipefail

folder=${1:?usage: debian_sources.sh <folder> <package>[=<version>]...}
shift
missing=()
for package in "$@"; do
  [[ -d $folder/${package%%=*} ]] || missing+=("$package")
done
[[ ${#missing[@]} -ne 0 ]] || exit 0

mkdir -p "$folder"
folder=$(realpath "$folder")
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
  "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; echo "$0: could not $what" >&2; exit 1; }
}
run "read the lists of source packages" apt_source update
for package in "${missing[@]}"; do
  mkdir "$work/source"
  cd "$work/source"
  run "fetch the source package $package" apt_source source "$package"
  cd - >/dev/null
  # Whole or not at all.
  mv "$work"/source/*/ "$folder/${package%%=*}"
  rm -rf "$work/source"
done
