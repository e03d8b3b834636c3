#!/usr/bin/env bash
# Installs the pinned clients into .venv at the repository root, and those from npm into tests/node, when they are missing or
# their list has changed.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
venv=$root/.venv
stamp=$venv/requirements.txt
# The one package that carries the JSON Schema of SARIF 2.1.0.
sarif=@microsoft/jest-sarif@1.0.0-beta.0

# Two may come here at once: one installs, the other waits.
exec 9>"$venv-install.lock"
flock 9

if ! cmp --silent "$here/requirements.txt" "$stamp"; then
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --no-compile --disable-pip-version-check --requirement "$here/requirements.txt"
  (cd -- "$venv" && tar -xzf "$(npm pack --silent "$sarif")")
  cp -- "$here/requirements.txt" "$stamp"
fi

"$root/tests/node/install.sh"
