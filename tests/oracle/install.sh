#!/usr/bin/env bash
# Installs the oracle, as its lock file pins it, into tests/oracle/node_modules, when it is missing or the lock has changed.
# It is AGPL: it is installed for the tests alone, and nothing of it is part of what is built.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
stamp=$here/node_modules/installed.json

# Two tests may come here at once: one installs, the other waits.
exec 9>"$here/.install.lock"
flock 9

if ! cmp --silent "$here/package-lock.json" "$stamp"; then
  (cd -- "$here" && npm ci --silent --ignore-scripts --no-audit --no-fund)
  cp -- "$here/package-lock.json" "$stamp"
fi
