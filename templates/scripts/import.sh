#!/usr/bin/env bash
# Made by `racestack adopt`. `bash import.sh` lets CloudFormation take over what the account has: it makes change sets of the type
# IMPORT, shows them, and executes them on a word. An import changes no resource. `bash import.sh --help` lists what it takes. It
# needs bash 3.2 or later and the AWS CLI, version 1 or 2, and common tools. Stopped, it goes on where it was when it is run again.

# Every shell reads up to here.
if [ -z "${BASH_VERSION:-}" ]; then
  echo "import.sh: run with bash: bash $0" >&2
  exit 2
fi
set +o posix
set -euf -o pipefail

unset CDPATH
case $0 in */*) cd -P -- "${0%/*}/" ;; esac

export PYTHONUTF8=1 AWS_CLI_FILE_ENCODING=UTF-8 AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off
# The AWS CLI itself tries again what is throttled.
export AWS_RETRY_MODE="${AWS_RETRY_MODE:-standard}" AWS_MAX_ATTEMPTS="${AWS_MAX_ATTEMPTS:-10}"

# ---- data ----
account_name='example'
account='111122223333'
region='ap-northeast-1'
template_bucket=''
template_url=''
tags='[{"Key":"managed-by","Value":"racestack"}]'
lifecycle='example-deepracer-notebooks'
# A line a stack: its name, and the files of its template and of what it imports.
stacks='
'
# A line a notebook that was made by hand: its name, the ARN of its person's role, its tags.
notebooks='
'
# ---- end of the data ----

# Seconds between two looks.
pause=${RETRY_SECONDS:-5}

say() {
  printf '%5d s  %s\n' "$SECONDS" "$*"
}

fail() {
  printf 'import.sh: %s\n' "$*" >&2
  exit 1
}

usage() {
  cat <<'USAGE'
usage: import.sh [--notebooks] [--yes]

Imports what the account has into the stacks that `racestack synth` makes. Before anything is imported, it shows what would be, and
asks. No resource is changed by it.

  --notebooks    after deploy.sh: let the notebooks that were made by hand act as the roles of their people, with their tags and
                 the start script of all; those that run are stopped for it, and started again
  --yes          do not ask
  --help         print this

The credentials are those that the AWS CLI finds: set AWS_PROFILE or the like.
USAGE
}

step=stacks sure=no
while [ $# != 0 ]; do
  case $1 in
    --notebooks) step=notebooks ;;
    --yes) sure=yes ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      printf 'import.sh: there is no option %s\n' "$1" >&2
      usage >&2
      exit 2
      ;;
  esac
  shift
done

ask() {
  aws "$@" --region "$region" </dev/null 2>"$work/errors"
}

errors() {
  tr -s '\n' ' ' <"$work/errors" | sed 's/^ *//; s/ *$//'
}

# Asks for a word; anything else ends it.
confirm() {
  local answer=''
  [ "$sure" = no ] || return 0
  printf '%s Type %s to go on: ' "$1" "$2"
  IFS= read -r answer || true
  [ "$answer" = "$2" ]
}

# Sets `status` to that of a stack: absent, or CloudFormation's word.
look() {
  if ! status=$(ask cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].StackStatus' --output text); then
    case $(errors) in
      *'does not exist'*) status=absent ;;
      *) fail "the stack $1 cannot be looked at: $(errors)" ;;
    esac
  fi
}

# The logical IDs that a file lists.
ids() {
  sed -n 's/^ *"LogicalResourceId": "\([^"]*\)",\{0,1\}$/\1/p' "$1" | sort
}

forget() {
  ask cloudformation delete-change-set --stack-name "$1" --change-set-name "import-$1" >/dev/null || true
}

# Makes the change set of a stack, and shows it. Returns 1 where everything is in the stack already.
prepare() {
  local name=$1 template=$2 listed=$3 body url state reason other
  look "$name"
  case $status in
    absent | REVIEW_IN_PROGRESS) ;;
    CREATE_COMPLETE | UPDATE_COMPLETE | IMPORT_COMPLETE | UPDATE_ROLLBACK_COMPLETE | IMPORT_ROLLBACK_COMPLETE)
      ask cloudformation list-stack-resources --stack-name "$name" --output text \
        --query 'StackResourceSummaries[].[LogicalResourceId]' | sort >"$work/there" ||
        fail "what is in the stack $name cannot be told: $(errors)"
      ids "$listed" >"$work/wanted"
      if [ -z "$(comm -13 "$work/there" "$work/wanted")" ]; then
        say "$name: everything is in it already"
        return 1
      fi
      ;;
    *) fail "the stack $name is $status: wait for its end, or mend it, then run import.sh again" ;;
  esac
  forget "$name"
  body=--template-body url=file://$template
  if [ -n "$template_bucket" ]; then
    ask s3 cp --only-show-errors "$template" "s3://$template_bucket/racestack-import/$name.yaml" >/dev/null ||
      fail "the template of $name cannot be uploaded to $template_bucket: $(errors)"
    body=--template-url url=$template_url/$template_bucket/racestack-import/$name.yaml
  fi
  ask cloudformation create-change-set --stack-name "$name" --change-set-name "import-$name" --change-set-type IMPORT \
    "$body" "$url" --resources-to-import "file://$listed" --capabilities CAPABILITY_NAMED_IAM --tags "$tags" >/dev/null ||
    fail "AWS refuses the import into $name: $(errors)"
  while :; do
    state=$(ask cloudformation describe-change-set --stack-name "$name" --change-set-name "import-$name" \
      --query '[Status, StatusReason]' --output text) || fail "the change set of $name cannot be looked at: $(errors)"
    reason=${state#*$'\t'}
    case $state in
      CREATE_COMPLETE*) break ;;
      FAILED*)
        forget "$name"
        fail "AWS refuses the import into $name: $reason"
        ;;
    esac
    sleep "$pause"
  done
  ask cloudformation describe-change-set --stack-name "$name" --change-set-name "import-$name" --output text \
    --query 'Changes[].ResourceChange.[Action, ResourceType, LogicalResourceId, PhysicalResourceId]' >"$work/changes" ||
    fail "the change set of $name cannot be looked at: $(errors)"
  printf '\n%s\n' "$name"
  cat "$work/changes"
  other=$(grep -v '^Import' "$work/changes" | grep -v '^$') || true
  if [ -n "$other" ]; then
    forget "$name"
    fail "the change set of $name would do more than import, which cannot be meant: nothing was imported"
  fi
}

import_stacks() {
  local name template listed prepared=''
  while read -r name template listed <&3; do
    [ -n "$name" ] || continue
    if prepare "$name" "$template" "$listed"; then prepared="$prepared $name"; fi
  done 3<<<"$stacks"
  if [ -z "$prepared" ]; then
    say 'there is nothing to import'
    return 0
  fi
  printf '\n'
  if ! confirm "These resources of $account_name ($account) become part of the stacks, and none of them changes." import; then
    for name in $prepared; do forget "$name"; done
    fail 'nothing was imported'
  fi
  for name in $prepared; do
    ask cloudformation execute-change-set --stack-name "$name" --change-set-name "import-$name" >/dev/null ||
      fail "the import into $name cannot begin: $(errors)"
    while :; do
      look "$name"
      case $status in
        IMPORT_COMPLETE) break ;;
        REVIEW_IN_PROGRESS | IMPORT_IN_PROGRESS | IMPORT_ROLLBACK_IN_PROGRESS) sleep "$pause" ;;
        *)
          ask cloudformation describe-stack-events --stack-name "$name" --output text --query \
            "StackEvents[?contains(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]" >&2 || true
          fail "the import into $name failed: it is $status, and every resource is as it was"
          ;;
      esac
    done
    say "$name: imported"
  done
}

# Waits until a notebook is in a state.
await() {
  local now
  while :; do
    now=$(ask sagemaker describe-notebook-instance --notebook-instance-name "$1" --query NotebookInstanceStatus --output text) ||
      fail "the notebook $1 cannot be looked at: $(errors)"
    case $now in
      "$2") return 0 ;;
      Failed) fail "the notebook $1 failed: see it in the SageMaker console" ;;
    esac
    sleep "$pause"
  done
}

# Lets a notebook act as its person's role.
turn() {
  local name=$1 role=$2 own=$3 seen arn state now script
  seen=$(ask sagemaker describe-notebook-instance --notebook-instance-name "$name" --output text --query \
    '[NotebookInstanceArn, NotebookInstanceStatus, RoleArn, NotebookInstanceLifecycleConfigName]') ||
    fail "the notebook $name cannot be looked at: $(errors)"
  IFS=$'\t' read -r arn state now script <<<"$seen"
  ask sagemaker add-tags --resource-arn "$arn" --tags "$own" >/dev/null ||
    fail "the notebook $name cannot be tagged: $(errors)"
  if [ "$now" = "$role" ] && [ "$script" = "$lifecycle" ]; then
    say "$name: is as it is to be"
    return 0
  fi
  case $state in
    InService)
      ask sagemaker stop-notebook-instance --notebook-instance-name "$name" >/dev/null ||
        fail "the notebook $name cannot be stopped: $(errors)"
      await "$name" Stopped
      ;;
    Stopped | Failed) ;;
    *) fail "the notebook $name is $state: wait for its end, then run import.sh --notebooks again" ;;
  esac
  ask sagemaker update-notebook-instance --notebook-instance-name "$name" --role-arn "$role" --root-access Disabled \
    --lifecycle-config-name "$lifecycle" \
    --instance-metadata-service-configuration MinimumInstanceMetadataServiceVersion=2 >/dev/null ||
    fail "the notebook $name cannot be changed: $(errors); run deploy.sh first, which makes its role"
  await "$name" Stopped
  if [ "$state" = InService ]; then
    ask sagemaker start-notebook-instance --notebook-instance-name "$name" >/dev/null ||
      fail "the notebook $name cannot be started again: $(errors)"
  fi
  say "$name: acts as $role"
}

turn_notebooks() {
  local name role own count
  count=$(grep -c . <<<"$notebooks") || true
  if [ "$count" = 0 ]; then
    say 'there is no notebook that was made by hand'
    return 0
  fi
  cut -d ' ' -f 1,2 <<<"$notebooks" | grep .
  confirm "The notebooks above ($count) get the roles of their people; those that run are stopped and started again." notebooks ||
    fail 'no notebook was changed'
  while read -r name role own <&3; do
    [ -z "$name" ] || turn "$name" "$role" "$own"
  done 3<<<"$notebooks"
}

for tool in cat comm cut grep mktemp rm sed sleep sort tr; do
  command -v "$tool" >/dev/null || fail "the command $tool is missing: install it"
done
command -v aws >/dev/null || fail 'the AWS CLI is missing: install it, version 1 or 2, so that the command aws is found'
work=$(mktemp -d "${TMPDIR:-/tmp}/racestack.XXXXXX") ||
  fail 'no temporary folder can be made: set TMPDIR to a folder that can be written to'
trap 'rm -rf "$work"' EXIT
found=$(AWS_MAX_ATTEMPTS=2 ask sts get-caller-identity --query Account --output text --cli-connect-timeout 5 --cli-read-timeout 8) || {
  case $(errors) in
    *'timeout on endpoint'* | *'timed out'* | *'Could not connect to the endpoint'* | *'Connection was closed'* | *'Connection reset'*)
      fail "AWS gave no answer: see that this machine is online and reaches AWS (through a proxy: set HTTPS_PROXY): nothing was done
$(errors)"
      ;;
  esac
  fail "the AWS CLI has no credentials that work (set AWS_PROFILE, or sign in: 'aws sso login'): nothing was done
$(errors)"
}
[ "$found" = "$account" ] ||
  fail "the credentials belong to account $found, but $account_name is account $account: set AWS_PROFILE to a profile of $account: nothing was done"

case $step in
  stacks) import_stacks ;;
  notebooks) turn_notebooks ;;
esac
