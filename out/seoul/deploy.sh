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
"${sums[@]}" --check - >/dev/null <<'SUMS'
02f5913b268a499b8e090767ed29c3b9f32d603095819b9e82ca2aebbac3d4d6  storage.yaml
4c527408ae1a3177f8a5f1a1ae10413fdaf470b19e8bc19f68bebc3e3984a7d8  access.yaml
132548f285eff47f94b6101fceb83a487221b6bb5dd79d639684196eb9fb5319  service-roles.yaml
e91cf6ecb53453380b84f78e177e688229e3de498aeeac811f023647bbcd2573  users-001.yaml
f2fd189bd0d9f646b0b5f03e0e65351e6e27774fd3d03f80e78b7c5194d5b997  retired-roles.yaml
SUMS

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-storage' \
  --template-file 'storage.yaml' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-access' \
  --template-file 'access.yaml' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-service-roles' \
  --template-file 'service-roles.yaml' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-users-001' \
  --template-file 'users-001.yaml' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-retired-roles' \
  --template-file 'retired-roles.yaml' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset
