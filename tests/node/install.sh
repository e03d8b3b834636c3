#!/usr/bin/env bash
# Installs the pinned tools from npm into tests/node/node_modules when they are missing or their list has changed. To add
# one: npm install --save-dev --save-exact --omit-lockfile-registry-resolved NAME@VERSION
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
stamp=$here/node_modules/installed.json

if ! cmp --silent "$here/package-lock.json" "$stamp"; then
  (cd -- "$here" && npm ci --silent --ignore-scripts --no-audit --no-fund)
  cp -- "$here/package-lock.json" "$stamp"
fi
