#!/usr/bin/env bash
# Installs a version of the SageMaker Python SDK (2 or 3) into .venv-sagemaker-VERSION at the repository root, as its list pins
# it, when it is missing or the list has changed. The lists hold what training jobs need: of version 3, neither MLflow nor the
# packages that serve models.
set -euo pipefail

version=$1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../../.." && pwd)
venv=$root/.venv-sagemaker-$version
list=$here/requirements-$version.txt
stamp=$venv/requirements.txt

# Two tests may come here at once: one installs, the other waits.
exec 9>"$root/.venv-sagemaker-$version.lock"
flock 9

if ! cmp --silent "$list" "$stamp"; then
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --no-compile --disable-pip-version-check --no-deps --requirement "$list"
  cp -- "$list" "$stamp"
fi
