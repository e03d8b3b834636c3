#!/usr/bin/env bash
# Unpacks version 2 of the AWS CLI, as Debian packages it (PyPI has version 1 alone), into .venv-aws-cli-2 at the repository root,
# and prints the folder of its `aws` and `python`: `AWS_CLI=$(tests/python/aws-cli-2.sh) tests/python/run.sh -k leaving` tests with it.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
into=$root/.venv-aws-cli-2
packages=(awscli python3-awscrt python3-cffi-backend python3-colorama python3-cryptography python3-dateutil python3-distro
  python3-docutils python3-jmespath python3-prompt-toolkit python3-pyasn1 python3-roman python3-ruamel.yaml python3-ruamel.yaml.clib
  python3-six python3-urllib3 python3-wcwidth)

if [ ! -x "$into/bin/aws" ]; then
  # Debian's packages are for Debian's Python.
  /usr/bin/python3 -m venv --clear --without-pip "$into"
  mkdir "$into/debs"
  (cd -- "$into/debs" && apt-get download --quiet --quiet "${packages[@]}" >&2)
  for package in "$into"/debs/*.deb; do dpkg -x "$package" "$into"; done
  printf '%s\n' "$into/usr/lib/python3/dist-packages" >"$("$into/bin/python" -c 'import site; print(site.getsitepackages()[0])')/debian.pth"
  # Before 2.13, the AWS CLI does not know AWS_ENDPOINT_URL.
  cat >"$into/aws" <<EOF
#!$into/bin/python
import os
import sys

from awscli.clidriver import main

if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
    sys.argv[1:1] = ["--endpoint-url", endpoint]
sys.exit(main())
EOF
  chmod +x "$into/aws"
  mv -- "$into/aws" "$into/bin/aws"
fi
PYTHONUTF8=1 "$into/bin/aws" --version | grep -q '^aws-cli/2\.' || {
  echo "$into holds no version 2 of the AWS CLI" >&2
  exit 1
}
printf '%s\n' "$into/bin"
