#!/usr/bin/env bash
# Installs the pinned clients into .venv at the repository root, and those from npm into tests/node, when they are missing
# or their list has changed, then runs pytest from there with the arguments given: `tests/python/run.sh -k lint`. What is
# tested is the racestack that RACESTACK_BIN names, or that `cargo build` made.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
venv=$root/.venv
stamp=$venv/requirements.txt
# The one package that carries the JSON Schema of SARIF 2.1.0.
sarif=@microsoft/jest-sarif@1.0.0-beta.0

if ! cmp --silent "$here/requirements.txt" "$stamp"; then
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  (cd -- "$venv" && tar -xzf "$(npm pack --silent "$sarif")")
  cp -- "$here/requirements.txt" "$stamp"
fi

"$root/tests/node/install.sh"

# Text is UTF-8 in whatever language the machine speaks.
export PYTHONUTF8=1
export SARIF_SCHEMA=$venv/package/lib/schemas/sarif-2.1.0-rtm.5.json
cd -- "$root"
exec "$venv/bin/python" -m pytest --config-file="$here/pytest.ini" --rootdir="$root" "$@"
