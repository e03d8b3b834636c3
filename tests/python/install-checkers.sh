#!/usr/bin/env bash
# Installs the checkers of others, as their lists pin them, into .venv-checkers at the repository root and into tests/nag, when they are
# missing or a list has changed. They need other versions of what the clients of the other tests need.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
venv=$root/.venv-checkers
list=$here/requirements-checkers.txt

# Two tests may come here at once: one installs, the other waits.
exec 9>"$venv.lock"
flock 9

if ! cmp --silent "$list" "$venv/requirements.txt"; then
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$list"
  cp -- "$list" "$venv/requirements.txt"
fi

nag=$root/tests/nag
if ! cmp --silent "$nag/package-lock.json" "$nag/node_modules/installed.json"; then
  (cd -- "$nag" && npm ci --silent --ignore-scripts --no-audit --no-fund)
  cp -- "$nag/package-lock.json" "$nag/node_modules/installed.json"
fi
