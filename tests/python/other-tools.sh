#!/usr/bin/env bash
# Unpacks the awk of macOS and BSD, and BusyBox, as Debian packages them, into .venv-other-tools at the repository root, and prints the
# folder of the commands that deploy.sh runs, with the bash of this machine, or that of DEPLOY_BASH:
# `DEPLOY_TOOLS=$(tests/python/other-tools.sh) tests/python/run.sh -k test_deploy_states`.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
into=$(cd -- "$here/../.." && pwd)/.venv-other-tools
# Those of deploy.sh and deploy-all.sh, and what the tests run.
commands=(cat cp cut date env grep head ls mkdir mkfifo mktemp mv printf readlink rm sed sha256sum sleep sort touch tr wc yes)

if [ ! -d "$into/bin" ]; then
  rm -rf "$into"
  mkdir -p "$into/debs" "$into/new"
  (cd -- "$into/debs" && apt-get download --quiet --quiet busybox-static original-awk >&2)
  for package in "$into"/debs/*.deb; do dpkg -x "$package" "$into"; done
  for command in "${commands[@]}"; do ln -s "$into/bin.busybox/busybox" "$into/new/$command"; done
  ln -s "$into/usr/bin/original-awk" "$into/new/awk"
  for shell in sh dash zsh; do
    path=$(command -v "$shell") && ln -s "$path" "$into/new/$shell"
  done
  mv -- "$into/bin" "$into/bin.busybox"
  mv -- "$into/new" "$into/bin"
fi
ln -sf "$(command -v "${DEPLOY_BASH:-bash}")" "$into/bin/bash"
printf '%s\n' "$into/bin"
