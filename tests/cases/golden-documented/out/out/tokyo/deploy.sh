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
a7db7f4a2837793374f20388bcd37728cd0092d7a8a811a4e76db3bfd6b521a1  storage.yaml
97be9149f2e347536e33e5f6dfdbac4633ec17332f0321a0a9b2262c37a411e0  access.yaml
c43c71f6366e09e338d5101ae56b7181182944f8a1c2abe97423a2cffca21f07  service-roles.yaml
f2746919e07419cb2c60ee3c4385f072c225f4ee73985cfdb1c464c53509ea08  users-001.yaml
333f7559ef31b8334d4ed32ac318de5e8891c20bb44027d7bcf3746d402c07ce  retired-roles.yaml
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
