#!/usr/bin/env bash
# Made by `racestack synth`. Deploys the stacks of the account tokyo, in order; a stack without changes is left as it is.
# The credentials are those that the AWS CLI finds: set AWS_PROFILE or the like.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

account='111122223333'
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
1b499bdd3748ee088d24266e97e800bb1a75b2cc69585f1034e4d88731d17530  storage.yaml
69f739eace862066f4248fa609629cce2a9c2f0ba1fb8f7d0bf434b7cbfd0e8f  access.yaml
4390a2cec96f9633b71bf91335783698a9f320b0a8a911659975fb6bc4a0a9f4  service-roles.yaml
41b823b7d0e2305fbeacfd4b4e031f597cf62f9be943526042d737540accd810  users-001.yaml
1f645aff73f98f1347bdbb714fcf2135433e8c778b327d498f57960dd64be1b9  retired-roles.yaml
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
