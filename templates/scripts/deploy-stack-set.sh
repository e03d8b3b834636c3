#!/usr/bin/env bash
# What deploy.sh of a StackSet has in the place of the script of an account: what is before that there comes first.
# shellcheck disable=SC2034,SC2154

# ---- data ----
name='example-deepracer-access'
region=''
sums='
0000000000000000000000000000000000000000000000000000000000000000  template.json
'
tags='[{"Key":"managed-by","Value":"racestack"}]'
capabilities='CAPABILITY_NAMED_IAM'
# The parameters of the template: values that stand for none, since each account has its own.
parameters=''
# A line a stack: account, region, and its values of the parameters.
members='
111122223333 ap-northeast-1
'
# ---- end of the data ----

usage() {
  cat <<'USAGE'
usage: deploy.sh

Makes the StackSet of this folder and its stack in each account, or brings them up to date, one operation after the other.
What is up to date it passes over. It deletes none: an account that is no more among them keeps its stack.
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

# Makes the stack of an account and a region, or gives the one that there is its parameters, unless it has them.
make_stack() {
  local in_account=$1 in_region=$2 verb=create own value values=()
  shift 2
  for value in "$@"; do values+=("ParameterKey=${value%%=*},ParameterValue=${value#*=}"); done
  if [ -n "$(status_of "$in_account" "$in_region")" ]; then
    [ $# != 0 ] || return 0
    own=$(own_of "$in_account" "$in_region" '[ParameterKey, ParameterValue]') || fail "stopped: $(errors)"
    [ "$(tr '\t' '=' <<<"$own" | LC_ALL=C sort)" != "$(printf '%s\n' "$@" | LC_ALL=C sort)" ] || return 0
    verb=update
  fi
  operation "$verb-stack-instances" --accounts "$in_account" --regions "$in_region" \
    ${values[@]+--parameter-overrides "${values[@]}"}
}

# The status of the stack in an account and a region, of those that `instances` lists; nothing where there is none.
status_of() {
  awk -v account="$1" -v region="$2" '$1 "" == account "" && $2 == region { print $3 }' <<<"$instances"
}

# What the stack in an account and a region has of its own for parameters: a line each, of what the query names.
own_of() {
  ask cloudformation describe-stack-instance --stack-set-name "$name" --stack-instance-account "$1" \
    --stack-instance-region "$2" --query "(StackInstance.ParameterOverrides || \`[]\`)[].$3" --output text
}

# An update of the StackSet changes all its stacks. One that has no value of its own for a parameter, such as one that is
# new, would be given the StackSet's, which names no bucket and no key. CloudFormation takes no override of a parameter before
# the stack has it, and an update of the StackSet gives it to all stacks.
# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackInstances.html
own_values() {
  local in_account in_region own parameter lacking=''
  [ -n "$parameters" ] || return 0
  while read -r in_account in_region _; do
    [ -n "$in_account" ] || continue
    own=$(own_of "$in_account" "$in_region" '[ParameterKey]') || fail "stopped: $(errors)"
    for parameter in $parameters; do
      if ! grep -qx "${parameter%%=*}" <<<"$own"; then
        printf 'deploy.sh: the stack in %s, %s has no value of its own for %s\n' "$in_account" "$in_region" "${parameter%%=*}" >&2
        lacking=yes
      fi
    done
  done <<<"$instances"
  [ -z "$lacking" ] || fail "nothing was changed. First give each of these stacks its values, which parameters.json lists:
  1. In this folder, one account after the other, waiting until each operation has succeeded:
       aws cloudformation update-stack-set --stack-set-name $name --accounts ACCOUNT --regions REGION \
--template-body file://template.json ${capabilities:+--capabilities $capabilities }--parameters ParameterKey=KEY,ParameterValue=VALUE ...
  2. Then, for each again:
       aws cloudformation update-stack-instances --stack-set-name $name --accounts ACCOUNT --regions REGION \
--parameter-overrides ParameterKey=KEY,ParameterValue=VALUE ...
  3. Run deploy.sh again."
}

# All of it is read before it begins: what becomes of the file meanwhile does not matter.
main() {
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
  # One call tells what there is of the StackSet: its tags, and the text of its template.
  # Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSet.html
  # shellcheck disable=SC2016
  if there=$(ask cloudformation describe-stack-set --stack-set-name "$name" --output text --query 'StackSet.[
      to_string(sort_by((Tags || `[]`)[?!starts_with(Key, `aws:`)], &Key)[].{Key: Key, Value: Value}), TemplateBody]'); then
    # Each stack with its account, region and status, of which CURRENT alone says that it is as the StackSet is.
    # Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackInstanceSummary.html
    reached=yes
    instances=$(ask cloudformation list-stack-instances --stack-set-name "$name" \
      --query 'Summaries[].[Account, Region, Status]' --output text) || fail "stopped: $(errors)"
    stale=''
    while read -r in_account in_region _; do
      case $(status_of "$in_account" "$in_region") in '' | CURRENT) ;; *) stale=yes ;; esac
    done <<<"$members"
    if [ -z "$stale" ] && [ "$there" = "$tags"$'\t'"$(cat "$work/templates/template.json")" ]; then
      say "$name: the StackSet is up to date"
    else
      own_values
      operation update-stack-set "${definition[@]}"
    fi
  else
    must_be_online
    case $(errors) in *StackSetNotFound*) ;; *) fail "stopped: could not be asked: aws cloudformation describe-stack-set: $(errors)" ;; esac
    instances=''
    ask cloudformation create-stack-set --stack-set-name "$name" --permission-model SELF_MANAGED "${definition[@]}" ||
      fail "the StackSet could not be made: $(errors)"
  fi
  while read -r in_account in_region values; do
    # shellcheck disable=SC2086
    [ -z "$in_account" ] || make_stack "$in_account" "$in_region" $values
  done <<<"$members"
}

main; exit
