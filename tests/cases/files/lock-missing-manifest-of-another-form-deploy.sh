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
9823faa05e2ce15abecdbeb0ea2068d0d0e651d7152940f815d4f7bd196e04b0  storage.yaml
0bdaa32cb257a19b78c0568b122729b99283ce03d69c9fb69d7a97b84c93ff3e  access.yaml
c9fa036dee0c9daf07f9a056cfe40b25bae8a11de7b9713cf0fa653091098f79  service-roles.yaml
dbdd40de36de67ba7d3a03a6fc7d2dc8188922344de413ba99fe9d441bd2499a  users-001.yaml
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
