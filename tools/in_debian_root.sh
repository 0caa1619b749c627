#!/usr/bin/env bash
# Runs a command in a folder made by debian_root.sh, with an environment of its own and /proc:
# in_debian_root.sh <folder> <command>...
set -euo pipefail

folder=${1:?usage: in_debian_root.sh <folder> <command>...}
shift
mount -t proc proc "$folder/proc"
mount -t tmpfs tmpfs "$folder/dev/shm" 2>/dev/null || mkdir -p "$folder/dev/shm"
trap 'umount -q "$folder/dev/shm" || true; umount -l "$folder/proc"' EXIT
certificates=/etc/ssl/certs/ca-certificates.crt
chroot "$folder" env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" no_proxy="${no_proxy:-}" \
  PIP_CERT=$certificates SSL_CERT_FILE=$certificates REQUESTS_CA_BUNDLE=$certificates "$@"
