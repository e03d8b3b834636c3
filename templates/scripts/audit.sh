#!/usr/bin/env bash
# Made by `racestack audit --script`. `bash audit.sh DIR` writes an account into the folder DIR, for `racestack audit --from DIR`.
# It reads, and changes nothing; IAM makes a new credential report where the last one is old. Stopped, it goes on where it was
# when it is run again. It needs bash 3.2 or later, the AWS CLI, version 1 or 2, and tools such as awk.

# Every shell reads up to here.
if [ -z "${BASH_VERSION:-}" ]; then
  echo "audit.sh: run with bash: bash $0 DIR" >&2
  exit 2
fi
set +o posix
set -euf -o pipefail

export PYTHONUTF8=1 AWS_CLI_FILE_ENCODING=UTF-8 AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off AWS_DEFAULT_OUTPUT=json
# What is written says who is who, and what everybody may do.
umask 077

# ---- data ----
account_name='example'
account='111122223333'
region='ap-northeast-1'
bucket='example-bucket'
# What reads the folder.
next='racestack audit'
# A line a KMS key or SNS topic whose policy is looked at: its ARN.
policies='
'
# ---- end of the data ----

# Seconds between two looks; a throttled call waits longer each time.
pause=${RETRY_SECONDS:-5}
# How many notebooks are described at a time.
workers=4
# Whether AWS has answered. Until then, the script gives up after three calls without an answer, in some 20 seconds.
reached=''

say() {
  printf '%5d s  %s\n' "$SECONDS" "$*"
}

fail() {
  printf 'audit.sh: %s\n' "$*" >&2
  exit 1
}

# Runs the AWS CLI, and prints what it answers, or returns what it ended with: then `errors NAME` prints why. A call that is
# throttled, or that nobody answers, waits and is tried again. The first argument names the file of the errors.
ask() {
  local me=$1 answer status tries wait=$pause
  shift
  if [ -z "$reached" ]; then
    set -- "$@" --cli-connect-timeout 5 --cli-read-timeout 8
    if [ "$wait" -gt 2 ]; then wait=2; fi
  fi
  for tries in 1 2 3 4 5 6 7; do
    status=0
    answer=$(
      [ -n "$reached" ] || export AWS_MAX_ATTEMPTS=1
      aws "$@" --region "$region" </dev/null 2>"$work/errors.$me"
    ) || status=$?
    if [ "$status" = 0 ]; then
      printf '%s\n' "${answer:-{\}}"
      return 0
    fi
    if is_unanswered "$me"; then
      [ -n "$reached" ] || [ "$tries" -lt 3 ] || return "$status"
    else
      case $(errors "$me") in
        *Throttl* | *'Rate exceeded'* | *TooManyRequests* | *RequestLimitExceeded* | *SlowDown* | *ServiceUnavailable* | \
          *InternalFailure* | *InternalError*) ;;
        *) return "$status" ;;
      esac
    fi
    [ "$tries" != 7 ] || return "$status"
    printf 'audit.sh: AWS is busy or gave no answer to aws %s %s; it is asked again in %d s\n' "$1" "$2" "$wait" >&2
    sleep "$wait"
    if [ "$wait" -lt 60 ]; then wait=$((wait * 2)); fi
  done
}

# Whether the last command failed because nobody answered it.
is_unanswered() {
  case $(errors "$1") in
    *'timeout on endpoint'* | *'timed out'* | *'Could not connect to the endpoint'* | *'Connection was closed'* | \
      *'Connection reset'*) ;;
    *) return 1 ;;
  esac
}

errors() {
  tr -s '\n' ' ' <"$work/errors.$1" | sed 's/^ *//; s/ *$//'
}

# Writes the answer of a command into a file of the folder, unless it is there already. What AWS says not to have is written as
# `{}`. The file has its name only once it is whole.
write() {
  local file=$1 me=${2:-main} status=0
  shift 2
  [ ! -f "$file" ] || return 0
  ask "$me" "$@" >"$file.part" || status=$?
  if [ "$status" != 0 ]; then
    case $(errors "$me") in
      *'(NoSuchBucket)'* | *'(NoSuchBucketPolicy)'* | *'(NoSuchPublicAccessBlockConfiguration)'* | \
        *'(NoSuchAccessPointPolicy)'* | *'(ServerSideEncryptionConfigurationNotFoundError)'* | \
        *'(NoSuchLifecycleConfiguration)'* | *'(NoSuchTagSet)'* | *'(NotFound)'* | *'(NotFoundException)'*) printf '{}\n' >"$file.part" ;;
      *)
        printf 'audit.sh: aws %s %s failed: %s\n' "$1" "$2" "$(errors "$me")" >&2
        rm -f "$file.part"
        return 1
        ;;
    esac
  fi
  mv -f "$file.part" "$file"
}

must() {
  write "$@" || fail "the export is not complete; fix the error above, then run the same command again: it continues"
}

# The values of a key, one a line, in a file that the AWS CLI wrote.
values() {
  sed -n 's/^ *"'"$1"'": "\([^"]*\)",\{0,1\}$/\1/p' "$2"
}

for tool in awk date mkdir mktemp mv rm sed sleep tr; do
  command -v "$tool" >/dev/null || fail "the command $tool is missing: install it"
done
command -v aws >/dev/null || fail 'the AWS CLI is missing: install it, version 1 or 2, so that the command aws is found'
case ${1:-} in
  -h | --help)
    printf 'usage: bash audit.sh DIR\nWrites the account %s (%s, %s) into the folder DIR.\n' "$account_name" "$account" "$region"
    exit 0
    ;;
  '' | -*)
    printf 'usage: bash audit.sh DIR\n' >&2
    exit 2
    ;;
esac
[ "$#" = 1 ] || fail 'name one folder: bash audit.sh DIR'
work=$(mktemp -d "${TMPDIR:-/tmp}/racestack.XXXXXX") ||
  fail 'no temporary folder can be made: set TMPDIR to a folder that can be written to'
trap 'rm -rf "$work"' EXIT

found=$(ask main sts get-caller-identity --query Account --output text) || {
  ! is_unanswered main || fail "AWS gave no answer: see that this machine is online and reaches AWS (through a proxy: set HTTPS_PROXY): \
nothing was written
$(errors main)"
  fail "the AWS CLI has no credentials that work (set AWS_PROFILE, or sign in: 'aws sso login'): nothing was written
$(errors main)"
}
reached=yes
[ "$found" = "$account" ] ||
  fail "the credentials belong to account $found, but $account_name is account $account: set AWS_PROFILE to a profile of $account: nothing was written"
mkdir -p -- "$1" || fail "the folder $1 cannot be made"
cd -- "$1"
if [ -f export.json ]; then
  say "$1 is complete already: name another folder, or remove this one"
  exit 0
fi
# The day on which it began.
if [ ! -f export.json.part ]; then
  printf '{"account": "%s", "region": "%s", "bucket": "%s", "taken": "%s"}\n' \
    "$account" "$region" "$bucket" "$(date -u +%Y-%m-%d)" >export.json.new
  mv -f export.json.new export.json.part
else
  say "goes on where it stopped: what is there already is as it was from $(sed -n 's/.*"taken": "\([^"]*\)".*/\1/p' export.json.part) on"
fi
begun=$(sed -n 's/^{"account": "\([0-9]*\)".*/\1/p' export.json.part)
[ "$begun" = "$account" ] || fail "$1 has a part of another account: name another folder"
mkdir -p access-points lifecycle-configurations notebook-instances policies training-jobs

say 'users, groups, roles and policies'
must identities.json main iam get-account-authorization-details --page-size 1000
if [ ! -f credential-report.json ]; then
  say 'credential report'
  for tries in 1 2 3 4 5 6 7 8 9 10 11 12; do
    state=$(ask main iam generate-credential-report --query State --output text) ||
      fail "IAM makes no credential report: $(errors main)"
    [ "$state" != COMPLETE ] || break
    [ "$tries" != 12 ] || fail 'IAM still makes the credential report: run it again in a few minutes'
    sleep "$pause"
  done
  must credential-report.json main iam get-credential-report
fi

say 'the bucket'
must bucket-policy.json main s3api get-bucket-policy --bucket "$bucket"
must bucket-public-access-block.json main s3api get-public-access-block --bucket "$bucket"
must bucket-versioning.json main s3api get-bucket-versioning --bucket "$bucket"
must bucket-encryption.json main s3api get-bucket-encryption --bucket "$bucket"
must bucket-lifecycle.json main s3api get-bucket-lifecycle-configuration --bucket "$bucket"
must bucket-logging.json main s3api get-bucket-logging --bucket "$bucket"
must bucket-tags.json main s3api get-bucket-tagging --bucket "$bucket"
must bucket-folders.json main s3api list-objects-v2 --bucket "$bucket" --delimiter / \
  --query '{CommonPrefixes: CommonPrefixes}'
must access-points.json main s3control list-access-points --account-id "$account" --bucket "$bucket"
values Name access-points.json >"$work/access-points"
while IFS= read -r name; do
  must "access-points/$name.json" main s3control get-access-point-policy --account-id "$account" --name "$name"
done <"$work/access-points"

while IFS= read -r arn; do
  case $arn in
    '') ;;
    *:sns:*) must "policies/${arn##*[:/]}.json" main sns get-topic-attributes --topic-arn "$arn" ;;
    *) must "policies/${arn##*[:/]}.json" main kms get-key-policy --policy-name default --key-id "$arn" ;;
  esac
done <<EOF
$policies
EOF

say 'lifecycle configurations'
must lifecycle-configurations.json main sagemaker list-notebook-instance-lifecycle-configs --page-size 100
values NotebookInstanceLifecycleConfigName lifecycle-configurations.json >"$work/lifecycles"
while IFS= read -r name; do
  must "lifecycle-configurations/$name.json" main sagemaker describe-notebook-instance-lifecycle-config \
    --notebook-instance-lifecycle-config-name "$name"
done <"$work/lifecycles"

say 'training jobs that run'
must training-jobs.json main sagemaker list-training-jobs --status-equals InProgress --page-size 100
values TrainingJobArn training-jobs.json >"$work/jobs"
while IFS= read -r arn; do
  must "training-jobs/${arn##*/}.json" main sagemaker list-tags --resource-arn "$arn"
done <"$work/jobs"

say 'notebooks'
must notebook-instances.json main sagemaker list-notebook-instances --page-size 100
must notebook-tags.json main resourcegroupstaggingapi get-resources --resource-type-filters sagemaker:notebook-instance \
  --page-size 100
values NotebookInstanceName notebook-instances.json >"$work/notebooks"
# Each worker takes every fourth, and has its own file of errors.
worker() {
  local number=$1 name
  awk -v "number=$number" -v "workers=$workers" 'NR % workers == number' "$work/notebooks" >"$work/notebooks.$number"
  while IFS= read -r name; do
    write "notebook-instances/$name.json" "worker-$number" sagemaker describe-notebook-instance \
      --notebook-instance-name "$name" || return 1
  done <"$work/notebooks.$number"
}
pids=
for number in 0 1 2 3; do
  worker "$number" &
  pids="$pids $!"
done
failed=no
for pid in $pids; do
  wait "$pid" || failed=yes
done
[ "$failed" = no ] || fail 'the export is not complete; fix the error above, then run the same command again: it continues'

mv -f export.json.part export.json
say "$1 is complete. Next: $next --account $account_name --from $1"
