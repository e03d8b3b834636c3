#!/usr/bin/env bash
# Made by `racestack synth`. Makes the StackSet mycompany-deepracer-access and its stack in each account, or brings them up to
# date, one operation after the other. It deletes none: an account that is no more among them keeps its stack.
# The credentials and the region are the StackSet administrator's: set AWS_PROFILE and AWS_REGION or the like.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# What was reviewed is what is deployed: the template is the one that synth wrote.
if command -v sha256sum >/dev/null; then sums=(sha256sum); else sums=(shasum -a 256); fi
sums_match() { "${sums[@]}" --check - >&2; }
if ! sums_match <<'SUMS'
37359df6378cafef3c86a033bd44065f80f0d5882c7e47a021a63f514df70558  template.json
SUMS
then
  printf 'deploy.sh: the template is not the one that synth wrote: nothing was deployed\n' >&2
  exit 1
fi

name='mycompany-deepracer-access'

fail() {
  printf 'deploy.sh: %s\n' "$1" >&2
  exit 1
}

# Whether there is what the command asks for. Any other answer than yes or no stops the script.
exists() {
  local errors
  if errors=$({ aws cloudformation "$@" --stack-set-name "$name" >/dev/null; } 2>&1); then return 0; fi
  case $errors in
    *StackSetNotFound* | *StackInstanceNotFound*) return 1 ;;
  esac
  printf '%s\n' "$errors" >&2
  exit 1
}

# Starts an operation and waits for its end. One that does not succeed stops the script.
operation() {
  local id status
  id=$(aws cloudformation "$@" --stack-set-name "$name" --query OperationId --output text)
  printf '%s: operation %s\n' "$1" "$id"
  while true; do
    status=$(aws cloudformation describe-stack-set-operation --stack-set-name "$name" --operation-id "$id" \
      --query StackSetOperation.Status --output text)
    case $status in
      SUCCEEDED) return 0 ;;
      QUEUED | RUNNING | STOPPING) sleep 5 ;;
      *)
        fail "stopped, since $1 ended as $status; to see why: aws cloudformation list-stack-set-operation-results \
--stack-set-name $name --operation-id $id"
        ;;
    esac
  done
}

# Makes the stack of an account and a region, or gives the one that there is its parameters, if it has any.
stack() {
  local account=$1 region=$2 verb=create
  shift 2
  if exists describe-stack-instance --stack-instance-account "$account" --stack-instance-region "$region"; then
    [ $# != 0 ] || return 0
    verb=update
  fi
  operation "$verb-stack-instances" --accounts "$account" --regions "$region" "$@"
}

# An update of the StackSet changes all its stacks. One that has no value of its own for a parameter, such as one that is
# new, would be given the StackSet's, which names no bucket and no key.
own_values() {
  local stacks account region own parameter lacking=''
  stacks=$(aws cloudformation list-stack-instances --stack-set-name "$name" \
    --query 'Summaries[].[Account, Region]' --output text)
  while read -r account region; do
    [ -n "$account" ] || continue
    own=$(aws cloudformation describe-stack-instance --stack-set-name "$name" --stack-instance-account "$account" \
      --stack-instance-region "$region" --query 'StackInstance.ParameterOverrides[].[ParameterKey]' --output text </dev/null)
    for parameter in "$@"; do
      if ! grep -qx "$parameter" <<<"$own"; then
        printf 'deploy.sh: the stack in %s, %s has no value of its own for %s\n' "$account" "$region" "$parameter" >&2
        lacking=yes
      fi
    done
  done <<<"$stacks"
  [ -z "$lacking" ] || fail "nothing was changed. First give each of these stacks its values, which parameters.json lists:
  1. In this folder, one account after the other, waiting until each operation has succeeded:
       aws cloudformation update-stack-set --stack-set-name $name --accounts ACCOUNT --regions REGION \
--template-body file://template.json --capabilities CAPABILITY_NAMED_IAM --parameters ParameterKey=KEY,ParameterValue=VALUE ...
  2. Then, for each again:
       aws cloudformation update-stack-instances --stack-set-name $name --accounts ACCOUNT --regions REGION \
--parameter-overrides ParameterKey=KEY,ParameterValue=VALUE ...
  3. Run deploy.sh again."
}

definition=(
  --template-body file://template.json
  --parameters 'ParameterKey=BucketName,ParameterValue=SET-FOR-EACH-ACCOUNT'
  --tags '[{"Key":"managed-by","Value":"racestack"}]'
  --capabilities CAPABILITY_NAMED_IAM
)
if exists describe-stack-set; then
  own_values BucketName
  operation update-stack-set "${definition[@]}"
else
  aws cloudformation create-stack-set --stack-set-name "$name" --permission-model SELF_MANAGED "${definition[@]}"
fi

stack '111122223333' 'ap-northeast-1' --parameter-overrides 'ParameterKey=BucketName,ParameterValue=mycompany-aws-deepracer-test-20221130201905'
