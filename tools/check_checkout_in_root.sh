#!/usr/bin/env bash
# The README's two commands on a bare Debian 12 with git, make and python3, from a clone of what is
# committed here: check_checkout_in_root.sh
# The compiler cache of this machine is lent to it, where there is one: it makes the same objects.
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
root=build/roots/bookworm-checkout
mkdir -p build/roots
"$here/debian_root.sh" bookworm "$root" git make python3
rm -rf "$root/srv/ruvector"
git clone --quiet --no-hardlinks . "$root/srv/ruvector"
cache=$(ccache --get-config cache_dir 2>/dev/null || true)
if [[ -d $cache ]]; then
  mkdir -p "$root/srv/ccache"
  mount --bind "$cache" "$root/srv/ccache"
  trap 'umount "$root/srv/ccache"' EXIT
fi
"$here/in_debian_root.sh" "$root" sh -c 'export CCACHE_DIR=/srv/ccache; cd /srv/ruvector && make demo && make test'
echo "bookworm: make demo and make test passed"
