#!/usr/bin/env bash
# Installs the pinned tools from npm into tests/node/node_modules when they are missing or their list has changed, and on
# Debian the browser that the page of a fleet is tested in. CHROMIUM may name another. To add a tool: npm install --save-dev --save-exact --omit-lockfile-registry-resolved NAME@VERSION
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
stamp=$here/node_modules/installed.json

if ! cmp --silent "$here/package-lock.json" "$stamp"; then
  (cd -- "$here" && npm ci --silent --ignore-scripts --no-audit --no-fund)
  cp -- "$here/package-lock.json" "$stamp"
fi

if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    printf 'the tests of the page need Chromium: install it, and name its path in CHROMIUM\n' >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
