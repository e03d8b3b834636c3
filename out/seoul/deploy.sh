#!/usr/bin/env bash
# Made by `racestack synth`. Deploys the stacks of the account seoul, in order; a stack without changes is left as it is.
# The credentials are those that the AWS CLI finds: set AWS_PROFILE or the like.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

account='444455556666'
region='ap-northeast-2'

found=$(aws sts get-caller-identity --region "$region" --query Account --output text)
if [ "$found" != "$account" ]; then
  printf 'deploy.sh: the credentials are of account %s, the stacks of %s: nothing was deployed\n' "$found" "$account" >&2
  exit 1
fi

# What was reviewed is what is deployed: the files are those that the manifest lists.
if command -v sha256sum >/dev/null; then sums=(sha256sum); else sums=(shasum -a 256); fi
sums_match() { "${sums[@]}" --check - >&2; }
if ! sums_match <<'SUMS'
02f5913b268a499b8e090767ed29c3b9f32d603095819b9e82ca2aebbac3d4d6  storage.yaml
ffa6b7cc35def3643a36dfa5308ed5dac64ae3085f771018f2222e86b59c2c26  access.yaml
b4ed9645657d63735c08e55317950aec199fb24b00408cd722e414dbb0232c0b  service-roles.yaml
e91cf6ecb53453380b84f78e177e688229e3de498aeeac811f023647bbcd2573  users-001.yaml
add1f17ab20cf373941d6335cdf5920a8852e3292383b0410b75175855d2db04  retired-roles.yaml
SUMS
then
  printf 'deploy.sh: a template is not the one that synth wrote: nothing was deployed\n' >&2
  exit 1
fi

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-storage' \
  --template-file 'storage.yaml' \
  --tags 'managed-by=racestack' 'CostCenter=4711' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-access' \
  --template-file 'access.yaml' \
  --tags 'managed-by=racestack' 'CostCenter=4711' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-service-roles' \
  --template-file 'service-roles.yaml' \
  --tags 'managed-by=racestack' 'CostCenter=4711' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-users-001' \
  --template-file 'users-001.yaml' \
  --tags 'managed-by=racestack' 'CostCenter=4711' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-retired-roles' \
  --template-file 'retired-roles.yaml' \
  --tags 'managed-by=racestack' 'CostCenter=4711' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset
