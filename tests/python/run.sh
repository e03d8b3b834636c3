#!/usr/bin/env bash
# Installs what the tests need (`install.sh`), then runs pytest from .venv with the arguments given: `tests/python/run.sh -k lint`.
# What is tested is the racestack that RACESTACK_BIN names, or that `cargo build` made.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
venv=$root/.venv

"$here/install.sh"

# Text is UTF-8 in whatever language the machine speaks.
export PYTHONUTF8=1
export SARIF_SCHEMA=$venv/package/lib/schemas/sarif-2.1.0-rtm.5.json
cd -- "$root"
exec "$venv/bin/python" -m pytest --config-file="$here/pytest.ini" --rootdir="$root" "$@"
