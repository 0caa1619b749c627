#!/usr/bin/env bash
# Puts the licenses of the libraries whose code is inside of a wheel into a folder.
set -euo pipefail

curl=${1:?usage: wheel_licenses.sh <folder of wheel_curl.sh> <folder>}
folder=${2:?usage: wheel_licenses.sh <folder of wheel_curl.sh> <folder>}

rm -rf "$folder"
mkdir -p "$folder"
cp "$curl/COPYING" "$folder/curl.txt"
for package in libssl-dev libutf8proc-dev libxxhash-dev nlohmann-json3-dev zlib1g-dev; do
  cp "/usr/share/doc/$package/copyright" "$folder/$package.txt"
done
cp /usr/share/common-licenses/Apache-2.0 "$folder"  # that of OpenSSL, which its file only names
