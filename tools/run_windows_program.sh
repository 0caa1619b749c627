#!/usr/bin/env bash
# Runs a program for Windows under wine, whose Windows lies in build/wine: the emulator of
# cmake/windows.cmake.
set -euo pipefail

build=$(cd "$(dirname "${BASH_SOURCE[0]}")/../build" && pwd)
export WINEPREFIX=${WINEPREFIX:-$build/wine} WINEDEBUG=${WINEDEBUG:--all}
exec "${WINE:-/usr/lib/wine/wine64}" "$@"
