#!/usr/bin/env bash
# Installs the wheel on a bare Debian that has nothing but python3-pip, and runs the README's lines
# there: check_wheel_in_root.sh <suite> <wheelhouse> <model wheel>
set -euo pipefail

suite=${1:?usage: check_wheel_in_root.sh <suite> <wheelhouse> <model wheel>}
wheelhouse=${2:?}
model=${3:?}
here=$(dirname "${BASH_SOURCE[0]}")
root=build/roots/$suite-pip
mkdir -p build/roots
"$here/debian_root.sh" "$suite" "$root" python3-pip

rm -rf "$root/srv/ruvector"
mkdir "$root/srv/ruvector"
cp "$wheelhouse"/ruvector-*.whl "$root/srv/ruvector/"
cp README.md tests/wheel/smoke.py tests/wheel/readme_lines.py "$root/srv/ruvector/"
in_root() { "$here/in_debian_root.sh" "$root" "$@"; }
in_root sh -c 'rm -rf ~/.cache/ruvector'

flags=()
in_root python3 -m pip install --help | grep -q -- --break-system-packages && flags=(--break-system-packages)
in_root sh -c "python3 -m pip uninstall --quiet --yes ${flags[*]} ruvector 2>/dev/null
  python3 -m pip install --quiet --root-user-action=ignore ${flags[*]} /srv/ruvector/*.whl"
in_root python3 -m pip download --quiet --no-deps --only-binary :all: --dest /srv/ruvector/models "$model"
in_root sh -c 'ruvector models import /srv/ruvector/models/*.whl'
in_root sh -c 'cd /srv/ruvector && python3 readme_lines.py README.md'
in_root sh -c 'cd /srv/ruvector && python3 smoke.py'
echo "$suite: $(in_root python3 --version), $(basename "$root"/srv/ruvector/ruvector-*.whl): installed, README and smoke test ran"
