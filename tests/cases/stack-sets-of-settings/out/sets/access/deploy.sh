#!/usr/bin/env bash
# Made by `racestack synth`. Only the data between the two marks is a folder's own; the script is the same everywhere.
# `bash deploy.sh --help` lists what it takes. It needs bash 3.2 or later and the AWS CLI, version 1 or 2, and nothing else.

# shellcheck disable=SC2030,SC2031

# Every shell reads up to here.
if [ -z "${BASH_VERSION:-}" ]; then
  echo "deploy.sh: run with bash: bash $0" >&2
  exit 2
fi
if [ "${BASH_SOURCE[0]:-}" != "$0" ]; then
  echo 'deploy.sh: run with bash, as a program of its own: bash deploy.sh' >&2
  # shellcheck disable=SC2317
  return 2 2>/dev/null || exit 2
fi
set +o posix
set -euf -o pipefail

# The folder of the templates is that of the script itself, whatever link leads to it, and whatever `cd` would search.
unset CDPATH
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) case $self in */*) self=${self%/*}/$link ;; *) self=$link ;; esac ;;
  esac
done
case $self in */*) cd -P -- "${self%/*}/" ;; esac

# The AWS CLI reads templates as UTF-8, whatever the locale: version 1 by the first of these, version 2 by the second.
export PYTHONUTF8=1 AWS_CLI_FILE_ENCODING=UTF-8 AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off

# ---- data ----
name='mycompany-deepracer-access'
region=''
sums='
37359df6378cafef3c86a033bd44065f80f0d5882c7e47a021a63f514df70558  template.json
'
tags='[{"Key":"managed-by","Value":"racestack"}]'
capabilities='CAPABILITY_NAMED_IAM'
parameters='BucketName=SET-FOR-EACH-ACCOUNT'
# A line a stack: account, region, and its values of the parameters.
members='
111122223333 ap-northeast-1 BucketName=mycompany-aws-deepracer-test-20221130201905
'
# ---- end of the data ----

# Seconds between two looks at what AWS does; a throttled call waits longer each time.
pause=${RETRY_SECONDS:-5}
# Who asks: a worker has its own number, and so its own file of errors.
me=main

say() {
  printf '%5d s  %s\n' "$SECONDS" "$*"
}

fail() {
  printf 'deploy.sh: %s\n' "$*" >&2
  exit 1
}

# Runs the AWS CLI, and prints what it answers, or returns what it ended with: then `errors` prints why. A call that is
# throttled, or that nobody answers, waits and is tried again.
ask() {
  local answer status tries wait=$pause
  # A dry run asks, and makes change sets, which it deletes again: nothing else, whoever calls this.
  case ${dry_run:-no}:$1:$2 in
    no:* | *:get-* | *:list-* | *:describe-* | *:head-* | *:create-change-set | *:delete-change-set | *:s3:cp) ;;
    *)
      printf 'a dry run changes nothing\n' >"$work/errors.$me"
      return 1
      ;;
  esac
  for tries in 1 2 3 4 5 6 7; do
    status=0
    answer=$(aws "$@" ${region:+--region "$region"} </dev/null 2>"$work/errors.$me") || status=$?
    if [ "$status" = 0 ]; then
      [ -z "$answer" ] || printf '%s\n' "$answer"
      return 0
    fi
    case $(errors) in
      *Throttl* | *'Rate exceeded'* | *TooManyRequests* | *RequestLimitExceeded* | *SlowDown* | *ServiceUnavailable* | \
        *InternalFailure* | *InternalError* | *'timeout on endpoint'* | *'timed out'* | *'Could not connect to the endpoint'* | \
        *'Connection was closed'* | *'Connection reset'*) ;;
      *) return "$status" ;;
    esac
    [ "$tries" != 7 ] || return "$status"
    printf 'deploy.sh: AWS is busy or gave no answer to aws %s %s; it is asked again in %d s\n' "$1" "$2" "$wait" >&2
    sleep "$wait"
    if [ "$wait" -lt 60 ]; then wait=$((wait * 2)); fi
  done
}

# Why the last command failed, in a line.
errors() {
  tr -s '\n' ' ' <"$work/errors.$me" | sed 's/^ *//; s/ *$//'
}

# Compares the copies of the files with their SHA-256, which come as lines on standard input. Only the copies are read
# from then on: what was reviewed is what is deployed, whatever becomes of the folder meanwhile.
verify() {
  local program found
  if command -v sha256sum >/dev/null; then
    program='sha256sum'
  elif command -v shasum >/dev/null; then
    program='shasum -a 256'
  else
    fail 'found neither sha256sum nor shasum, one of which tells whether the templates are those of synth: nothing was deployed'
  fi
  # shellcheck disable=SC2086
  if ! found=$(cd -- "$work/templates" && LC_ALL=C $program -c - 2>&1); then
    printf '%s\n' "$found" | grep -v ': OK$' >&2
    fail "a template is not the one that synth wrote: nothing was deployed; \
run 'racestack synth' again, or 'git checkout' the folder $(pwd)"
  fi
}

# Makes what everything else needs.
begin() {
  local tool
  for tool in awk cat cp date grep mkdir mktemp readlink rm sed sleep tr; do
    command -v "$tool" >/dev/null || fail "the command $tool is missing: install it: nothing was deployed"
  done
  command -v aws >/dev/null || fail 'the AWS CLI is missing: install it, version 1 or 2, so that the command aws is found'
  work=$(mktemp -d "${TMPDIR:-/tmp}/racestack.XXXXXX") ||
    fail 'no temporary folder can be made: set TMPDIR to a folder that can be written to'
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/templates"
}

# ---- the script of a StackSet ----

usage() {
  cat <<'USAGE'
usage: deploy.sh

Makes the StackSet of this folder and its stack in each account, or brings them up to date, one operation after the other.
It deletes none: an account that is no more among them keeps its stack.
The credentials and the region are the StackSet administrator's: set AWS_PROFILE and AWS_REGION or the like. RETRY_SECONDS
is the pause between two looks at what AWS does (5).
USAGE
}

case $# in
  0) ;;
  *)
    if [ "$*" = --help ] || [ "$*" = -h ]; then
      usage
      exit 0
    fi
    usage >&2
    exit 2
    ;;
esac

# Whether there is what the command looks for. Any other answer than yes or no stops the script.
exists() {
  if ask cloudformation "$@" --stack-set-name "$name" >/dev/null; then return 0; fi
  case $(errors) in
    *StackSetNotFound* | *StackInstanceNotFound*) return 1 ;;
  esac
  fail "stopped: could not be asked: aws cloudformation $1: $(errors)"
}

# Starts an operation and waits for its end. One that does not succeed stops the script.
operation() {
  local id found
  id=$(ask cloudformation "$@" --stack-set-name "$name" --query OperationId --output text) || fail "stopped: $(errors)"
  say "$name: $1, operation $id"
  while :; do
    found=$(ask cloudformation describe-stack-set-operation --stack-set-name "$name" --operation-id "$id" \
      --query StackSetOperation.Status --output text) || fail "stopped: $(errors)"
    case $found in
      SUCCEEDED) return 0 ;;
      QUEUED | RUNNING | STOPPING) sleep "$pause" ;;
      *)
        fail "stopped, since $1 ended as $found; to see why: aws cloudformation list-stack-set-operation-results \
--stack-set-name $name --operation-id $id"
        ;;
    esac
  done
}

# Makes the stack of an account and a region, or gives the one that there is its parameters, if it has any.
make_stack() {
  local in_account=$1 in_region=$2 verb=create value values=()
  shift 2
  for value in "$@"; do values+=("ParameterKey=${value%%=*},ParameterValue=${value#*=}"); done
  if exists describe-stack-instance --stack-instance-account "$in_account" --stack-instance-region "$in_region"; then
    [ $# != 0 ] || return 0
    verb=update
  fi
  operation "$verb-stack-instances" --accounts "$in_account" --regions "$in_region" \
    ${values[@]+--parameter-overrides "${values[@]}"}
}

# An update of the StackSet changes all its stacks. One that has no value of its own for a parameter, such as one that is
# new, would be given the StackSet's, which names no bucket and no key. CloudFormation takes no override of a parameter before
# the stack has it, and an update of the StackSet gives it to all stacks.
# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackInstances.html
own_values() {
  local found in_account in_region own parameter lacking=''
  [ -n "$parameters" ] || return 0
  found=$(ask cloudformation list-stack-instances --stack-set-name "$name" \
    --query 'Summaries[].[Account, Region]' --output text) || fail "stopped: $(errors)"
  while read -r in_account in_region; do
    [ -n "$in_account" ] || continue
    own=$(ask cloudformation describe-stack-instance --stack-set-name "$name" --stack-instance-account "$in_account" \
      --stack-instance-region "$in_region" --query 'StackInstance.ParameterOverrides[].[ParameterKey]' --output text) ||
      fail "stopped: $(errors)"
    for parameter in $parameters; do
      if ! grep -qx "${parameter%%=*}" <<<"$own"; then
        printf 'deploy.sh: the stack in %s, %s has no value of its own for %s\n' "$in_account" "$in_region" "${parameter%%=*}" >&2
        lacking=yes
      fi
    done
  done <<<"$found"
  [ -z "$lacking" ] || fail "nothing was changed. First give each of these stacks its values, which parameters.json lists:
  1. In this folder, one account after the other, waiting until each operation has succeeded:
       aws cloudformation update-stack-set --stack-set-name $name --accounts ACCOUNT --regions REGION \
--template-body file://template.json ${capabilities:+--capabilities $capabilities }--parameters ParameterKey=KEY,ParameterValue=VALUE ...
  2. Then, for each again:
       aws cloudformation update-stack-instances --stack-set-name $name --accounts ACCOUNT --regions REGION \
--parameter-overrides ParameterKey=KEY,ParameterValue=VALUE ...
  3. Run deploy.sh again."
}

begin
cp -- template.json "$work/templates/" || true
printf '%s' "${sums#?}" | verify
definition=(--template-body "file://$work/templates/template.json" --tags "$tags")
# shellcheck disable=SC2206
[ -z "$capabilities" ] || definition+=(--capabilities $capabilities)
if [ -n "$parameters" ]; then
  definition+=(--parameters)
  for parameter in $parameters; do definition+=("ParameterKey=${parameter%%=*},ParameterValue=${parameter#*=}"); done
fi
if exists describe-stack-set; then
  own_values
  operation update-stack-set "${definition[@]}"
else
  ask cloudformation create-stack-set --stack-set-name "$name" --permission-model SELF_MANAGED "${definition[@]}" ||
    fail "the StackSet could not be made: $(errors)"
fi
while read -r in_account in_region values; do
  # shellcheck disable=SC2086
  [ -z "$in_account" ] || make_stack "$in_account" "$in_region" $values
done <<<"$members"
