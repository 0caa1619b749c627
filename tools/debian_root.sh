#!/usr/bin/env bash
# Makes a bare Debian in a folder, if it is not there, with the named packages and the certificates
# of this machine: debian_root.sh <suite> <folder> <package>... Wants root and debootstrap.
set -euo pipefail

suite=${1:?usage: debian_root.sh <suite> <folder> <package>...}
folder=${2:?usage: debian_root.sh <suite> <folder> <package>...}
shift 2
[[ -f $folder/.complete ]] && exit 0

[[ $(id -u) -eq 0 ]] || { echo "debian_root.sh: wants to be root" >&2; exit 1; }
# Debian is asked for where this machine asks.
mirror=$(sed -snE 's/^(URIs:|deb) +(http[^ ]+).*/\2/p' \
  /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null | head -n 1 || true)
[[ -n $mirror ]] || { echo "debian_root.sh: no source of packages on this machine" >&2; exit 1; }

umount -q "$folder/proc" 2>/dev/null || true
rm -rf "$folder"
mkdir -p "$folder"
log=$folder.log
run() { "$@" >>"$log" 2>&1 || { tail -n 30 "$log" >&2; echo "debian_root.sh: failed: $*" >&2; exit 1; }; }
: >"$log"
echo "Making a bare Debian: $suite"
run debootstrap --variant=minbase "$suite" "$folder" "$mirror"
run chroot "$folder" apt-get update -qq
run chroot "$folder" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends ca-certificates "$@"
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
  cp /usr/local/share/ca-certificates/*.crt "$folder/usr/local/share/ca-certificates/"
  run chroot "$folder" update-ca-certificates
fi
run chroot "$folder" apt-get clean
touch "$folder/.complete"
