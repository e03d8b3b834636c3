#!/usr/bin/env bash
# Made by `racestack synth`. Deploys the stacks of the account tokyo, in order; a stack without changes is left as it is.
# The credentials are those that the AWS CLI finds: set AWS_PROFILE or the like.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

account='012345670123'
region='ap-northeast-1'

found=$(aws sts get-caller-identity --region "$region" --query Account --output text)
if [ "$found" != "$account" ]; then
  printf 'deploy.sh: the credentials are of account %s, the stacks of %s: nothing was deployed\n' "$found" "$account" >&2
  exit 1
fi

# What was reviewed is what is deployed: the files are those that the manifest lists.
if command -v sha256sum >/dev/null; then sums=(sha256sum); else sums=(shasum -a 256); fi
sums_match() { "${sums[@]}" --check - >&2; }
if ! sums_match <<'SUMS'
f596352f4a2fcd1eb11ba14781ff9b7889f5ffaf6eea8a6c2ef89348d91c193d  storage.yaml
a99c4a2757c1f98d2a7e117297741e6af7dcb0f9e55181b3456b1648f2cca9e4  access.yaml
b017b25ea4dc31765a22a18271dca63ae4cfd407e4e0db711fecab4e77895d23  service-roles.yaml
4d71de598c05e7f64c7591b00656f8b37caa8bcf7c851065f627a88b7e45d8cc  users-001.yaml
SUMS
then
  printf 'deploy.sh: a template is not the one that synth wrote: nothing was deployed\n' >&2
  exit 1
fi

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-storage' \
  --template-file 'storage.yaml' \
  --tags 'managed-by=racestack' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-access' \
  --template-file 'access.yaml' \
  --tags 'managed-by=racestack' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-service-roles' \
  --template-file 'service-roles.yaml' \
  --tags 'managed-by=racestack' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-users-001' \
  --template-file 'users-001.yaml' \
  --tags 'managed-by=racestack' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset
