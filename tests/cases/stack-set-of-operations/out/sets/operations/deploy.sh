#!/usr/bin/env bash
# Made by `racestack synth`. Makes the StackSet mycompany-deepracer-operations and its stack in each account, or brings them up to
# date, and waits for nothing. It deletes none: an account that is no more among them keeps its stack.
# The credentials and the region are the StackSet administrator's: set AWS_PROFILE and AWS_REGION or the like.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

name='mycompany-deepracer-operations'

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

# Makes the stack of an account and a region, or gives the one that there is its parameters, if it has any.
stack() {
  local account=$1 region=$2 verb=create
  shift 2
  if exists describe-stack-instance --stack-instance-account "$account" --stack-instance-region "$region"; then
    [ $# != 0 ] || return 0
    verb=update
  fi
  aws cloudformation "$verb-stack-instances" --stack-set-name "$name" --accounts "$account" --regions "$region" "$@"
}

# Each operation waits for those before it, rather than fail.
set=(create-stack-set --permission-model SELF_MANAGED --managed-execution Active=true)
if exists describe-stack-set; then set=(update-stack-set); fi
aws cloudformation "${set[@]}" --stack-set-name "$name" \
  --template-body file://template.json \
  --tags '[{"Key":"managed-by","Value":"racestack"}]' \
  --capabilities CAPABILITY_NAMED_IAM

stack '444455556666' 'ap-northeast-2'
stack '111122223333' 'ap-northeast-1'
