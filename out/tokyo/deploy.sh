#!/usr/bin/env bash
# Made by `racestack synth`. Only the data between the two marks is a folder's own; the script is the same everywhere.
# Where git reports a conflict in it or beside it, run the `racestack synth` that wrote it, then `git add` it and `config`.
# `bash deploy.sh --help` lists what it takes. It needs bash 3.2 or later, the AWS CLI, version 1 or 2, and tools such as awk.
#
# shellcheck disable=SC2030,SC2031,SC2329
# Every shell reads up to here. A line that ends in a comment is the same whatever line ending follows.
line_end='
' #
case ${#line_end} in 1) ;; *) echo "deploy.sh: its lines end in CR LF (Git does this with core.autocrlf): run 'racestack synth'" >&2 && exit 2 ;; esac #
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
account_name='tokyo'
account='111122223333'
region='ap-northeast-1'
bucket='mycompany-aws-deepracer-test-20221130201905'
group='mycompany-deepracer-users'
suspended_policy='mycompany-deepracer-suspended-user'
few_leavers='2'
few_leavers_percent='10'
template_bucket=''
template_url=''
tags='[{"Key":"CostCenter","Value":"4711"},{"Key":"managed-by","Value":"racestack"}]'
# Two lines a stack: name, kind, file, capabilities, what it needs; SHA-256 of the file, digest of the template.
stacks='
mycompany-deepracer-storage stack storage.yaml - -
  603d42b7331512cdcfc06330085af40badc5b7df4257181fc263fe4070cde578 943b1bab48e69c31da17ee19eff401f4b517802d33b3d6bc98e2d383a564a328
mycompany-deepracer-access stack access.yaml CAPABILITY_NAMED_IAM -
  f18b49b87f1e500610a77a5a5a8a2f4d403e9601da509aea92ae6977887a9aa6 ca362bd81cf8895eecee65af7e7f61e596d8f1c33d1b0665235d819d4c7cb339
mycompany-deepracer-notebooks stack notebooks.yaml - -
  7738c2389e41fc0b11c3a9591c78c15c57db00dffe1ee8f3cebc1271c00823fd a125835cf94efd6d14e04c2f029f86dd6440d98280348c2975d3ac6f3f6a8fec
mycompany-deepracer-service-roles stack service-roles.yaml CAPABILITY_NAMED_IAM -
  4eafb3302307e895d661a300deac40f81a09884351104336224a3fa12f3150e2 0062f8eb5733a92e64f5452e83f79230862d3c8c5ded2d1edd02fc9db4de7e70
mycompany-deepracer-users-001 users users-001.yaml CAPABILITY_NAMED_IAM mycompany-deepracer-storage,mycompany-deepracer-access,mycompany-deepracer-notebooks
  77bc703f3e9526c2461c2347e60370e5de6244581538391b66103e7ccdbfeab6 09fb1646503090c976633423e7fa71ce2cad9d8b1248e97d9702efa246358d43
'
# What others need of a stack that a StackSet deploys: the stack, and the command that looks for it.
expected='
'
# Everyone who stays, by logical ID and name, below their stack: nobody of them is touched; and who left, behind a -.
users='
users-001.yaml -
SatoJiroUser sato.jiro
SuzukiHanakoUser suzuki.hanako
TanakaTaroUser tanaka.taro
YamadaMeiUser yamada.mei
'
# Everyone who is suspended, by name and notebook.
suspended='
sato.jiro sato-jiro
'
# Everyone who has another name from now on: the name of before, and the one of now.
renamed='
'
# ---- end of the data ----

# Seconds between two looks at what AWS does; a throttled call waits longer each time.
pause=${RETRY_SECONDS:-5}
# Who asks: a worker has its own number, and so its own file of errors.
me=main
# Whether AWS has answered. Until then, what nobody answers is given up after three tries, in some 20 seconds.
reached=''

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
  if [ -z "$reached" ]; then
    set -- "$@" --cli-connect-timeout 5 --cli-read-timeout 8
    if [ "$wait" -gt 2 ]; then wait=2; fi
  fi
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
    answer=$(
      [ -n "$reached" ] || export AWS_MAX_ATTEMPTS=1
      aws "$@" ${region:+--region "$region"} </dev/null 2>"$work/errors.$me"
    ) || status=$?
    if [ "$status" = 0 ]; then
      [ -z "$answer" ] || printf '%s\n' "$answer"
      return 0
    fi
    if is_unanswered; then
      [ -n "$reached" ] || [ "$tries" -lt 3 ] || return "$status"
    else
      case $(errors) in
        *Throttl* | *'Rate exceeded'* | *TooManyRequests* | *RequestLimitExceeded* | *SlowDown* | *ServiceUnavailable* | \
          *InternalFailure* | *InternalError*) ;;
        *ExpiredToken* | *RequestExpired* | *'has expired'*)
          : >"$work/expired"
          return "$status"
          ;;
        *) return "$status" ;;
      esac
    fi
    : >"$work/busy"
    [ "$tries" != 7 ] || return "$status"
    printf 'deploy.sh: AWS is busy or gave no answer to aws %s %s; it is asked again in %d s\n' "$1" "$2" "$wait" >&2
    sleep "$wait"
    if [ "$wait" -lt 60 ]; then wait=$((wait * 2)); fi
  done
}

# Whether the last command failed because nobody answered it.
is_unanswered() {
  case $(errors) in
    *'timeout on endpoint'* | *'timed out'* | *'Could not connect to the endpoint'* | *'Connection was closed'* | \
      *'Connection reset'*) ;;
    *) return 1 ;;
  esac
}

# Ends the script where the first call got no answer.
must_be_online() {
  reached=yes
  ! is_unanswered || fail "AWS gave no answer: see that this machine is online and reaches AWS (through a proxy: set HTTPS_PROXY): \
nothing was deployed
$(errors)"
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
    fail 'the commands sha256sum and shasum are missing: install one of them, so that the templates can be checked: nothing was deployed'
  fi
  # Not every such program reads them from standard input.
  cat >"$work/sums"
  # shellcheck disable=SC2086
  if ! found=$(cd -- "$work/templates" && LC_ALL=C $program -c "$work/sums" 2>&1); then
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

# ---- the script of an account ----

usage() {
  cat <<'USAGE'
usage: deploy.sh [--jobs N] [--only STACK]... [--leavers N] [--dry-run]

Deploys the stacks of an account that are not what synth wrote, each after those that it needs.
From people who leave it first takes what CloudFormation cannot delete a user with, such as access keys.

  --jobs N       deploy up to N stacks at once (8); fewer while AWS throttles
  --only STACK   deploy this stack alone, whether it has changed or not, such as users-001; may be given several times
  --leavers N    where more than two people and more than a tenth of those who are there leave, or somebody whom this folder
                 does not know: let them, if they are exactly N; fewer need no number
  --dry-run      change nothing; show who leaves, which stacks change, and each change set's table
  --help         print this

The credentials are those that the AWS CLI finds: set AWS_PROFILE or the like. RETRY_SECONDS is the pause between two
looks at what AWS does (5).
USAGE
}

misused() {
  printf 'deploy.sh: %s\n' "$1" >&2
  usage >&2
  exit 2
}

# Where the commands that are printed are to be run: another account may have stacks of the same names.
here="${AWS_PROFILE:+--profile $(printf %q "$AWS_PROFILE") }--region $region"
jobs=8 only='' leavers_allowed='' dry_run=''
# A number that begins with 0 would be one of base 8 to the shell.
is_number() { case $1 in '' | *[!0123456789]* | 0?* | ?????*) return 1 ;; esac; }
is_number "$pause" || misused "RETRY_SECONDS is a whole number of seconds from 0, not '$pause'"
while [ $# != 0 ]; do
  case $1 in
    --jobs | --only | --leavers)
      [ $# -ge 2 ] || misused "$1 needs a value"
      option=$1 value=$2
      shift 2
      ;;
    --jobs=* | --only=* | --leavers=*)
      option=${1%%=*} value=${1#*=}
      shift
      ;;
    --dry-run)
      dry_run=yes
      shift
      continue
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) misused "there is no option $1" ;;
  esac
  case $option in
    --jobs)
      if ! is_number "$value" || [ "$value" -lt 1 ] || [ "$value" -gt 999 ]; then
        misused "--jobs takes a number from 1 to 999, not '$value'"
      fi
      jobs=$value
      ;;
    --leavers)
      is_number "$value" || misused "--leavers takes a number, not '$value'"
      leavers_allowed=$value
      ;;
    --only)
      [ -n "${value//[[:space:]]/}" ] || misused '--only takes the name of a stack, not nothing'
      only="$only $value"
      ;;
  esac
done

# The stacks: of each, what the data says at the same index. `verdict` is what becomes of it: same, changed, new, busy,
# deployed, unchanged, there, failed, skipped, out.
names=() kinds=() files=() sums=() digests=() capabilities=() needs=() verdict=() status=()

# Sets `at` to the index of a stack.
index_of() {
  for ((at = 0; at < ${#names[@]}; at++)); do
    [ "${names[at]}" != "$1" ] || return 0
  done
  return 1
}

read_stacks() {
  local name kind file sum digest capability needed need indices
  # Git's marks are in quotes here, where no shell minds them.
  case $stacks$expected$users$renamed$suspended in
    *'<<<<<<< '* | *'>>>>>>> '*) fail "git left a merge conflict in the data of this script: run 'racestack synth': nothing was deployed" ;;
  esac
  while read -r name kind file capability needed; do
    [ -n "$name" ] || continue
    read -r sum digest || fail "the data of this script ends in the midst of $name: run 'racestack synth' again"
    indices=''
    if [ "$needed" != - ]; then
      for need in ${needed//,/ }; do
        index_of "$need" || fail "the data of this script names no stack $need: run 'racestack synth' again"
        indices="$indices $at"
      done
    fi
    names+=("$name") kinds+=("$kind") files+=("$file") sums+=("$sum") digests+=("$digest")
    capabilities+=("$capability") needs+=("$indices") verdict+=('') status+=('')
  done <<<"$stacks"
}

# Leaves only the stacks of `--only` in, by their names or the last words of them.
choose() {
  local word i found chosen=' '
  for word in $only; do
    found=''
    for ((i = 0; i < ${#names[@]}; i++)); do
      case ${names[i]} in
        "$word" | *-deepracer-"$word")
          chosen="$chosen$i " found=yes
          [ "${kinds[i]}" != stack-set ] || misused "a StackSet deploys ${names[i]}, not this script"
          ;;
      esac
    done
    [ -n "$found" ] || misused "there is no stack $word; there are: ${names[*]##*-deepracer-}"
  done
  [ -n "$only" ] || return 0
  for ((i = 0; i < ${#names[@]}; i++)); do
    case $chosen in *" $i "*) ;; *) verdict[i]=out ;; esac
  done
}

# What there is of all stacks of the region, or of one: a line each with name, status, digest and tags.
seen() {
  # shellcheck disable=SC2016
  ask cloudformation describe-stacks ${1+--stack-name "$1"} --output text --query 'Stacks[].[
    StackName, StackStatus, (Outputs || `[]`)[?OutputKey==`TemplateDigest`].OutputValue | [0],
    to_string(sort_by((Tags || `[]`)[?!starts_with(Key, `aws:`)], &Key)[].{Key: Key, Value: Value})]'
}

# Sets the verdict on a stack by what there is of it.
judge() {
  local i=$1 found=$2 digest=$3 found_tags=$4 why
  status[i]=$found
  case $found in
    absent | REVIEW_IN_PROGRESS)
      verdict[i]=new
      return
      ;;
    *_IN_PROGRESS)
      verdict[i]=busy
      return
      ;;
  esac
  case "$found_tags $digest" in
    *'{"Key":"managed-by","Value":"racestack"}'*) ;;
    *' None' | *' -')
      lost "$i" "there is a stack of this name that racestack did not make: it has no tag managed-by=racestack" \
        "if something else needs it, set another \`company\` in settings.yaml; to see it:
       aws cloudformation describe-stacks $here --stack-name ${names[i]}"
      return
      ;;
  esac
  case $found in
    CREATE_COMPLETE | UPDATE_COMPLETE | IMPORT_COMPLETE)
      verdict[i]=changed
      if [ "$digest" = "${digests[i]}" ] && [ "$found_tags" = "$tags" ]; then verdict[i]=same; fi
      ;;
    UPDATE_ROLLBACK_COMPLETE | IMPORT_ROLLBACK_COMPLETE) verdict[i]=changed ;;
    *)
      why=$(first_failure "${names[i]}" "$found")
      lost "$i" "the stack is $found: $why" "$(way_out "$found" "${names[i]}" "$why")"
      ;;
  esac
}

# Sets the verdict `failed` on a stack, with the reason and what to do.
lost() {
  verdict[$1]=failed
  printf '%s\n' "$2" >"$work/$1.reason"
  printf '%s\n' "$3" >"$work/$1.help"
}

# What gives a resource a name of its own, where that which a stack gives it is taken: the stack, and why it failed, with the type of the
# resource, `ID (TYPE): …`. Nothing where it failed for another reason.
other_name() {
  case $2 in
    *'already exists'* | *AlreadyExists* | *'already own it'* | *'bucket name is not available'* | *ResourceExistenceCheck*) ;;
    *) return 0 ;;
  esac
  case $1:$2 in
    *-deepracer-service-roles:* | *-deepracer-retired-roles:*)
      printf "the console or another company has a role of that name: unless you have done so since, set \`service_roles.suffix\`\\n"
      printf "     in config/accounts/%s/settings.yaml, so that the roles of this account have names of their own, and run 'racestack synth'." \
        "$account_name"
      ;;
    *-deepracer-storage:*)
      printf "a bucket of that name is there, in this account or another: unless you have done so since, set another \`bucket.created\`,\\n"
      printf "     or \`bucket.name\` where that is set, in config/accounts/%s/settings.yaml, and run 'racestack synth --leave-behind';\n" \
        "$account_name"
      printf "     to keep a bucket of this account, see docs/adopt.md."
      ;;
    *-deepracer-users-[0-9]*:*'(AWS::SageMaker::NotebookInstance)'*)
      printf "a notebook of that name is there: unless you have done so since, set \`notebook: false\` for that user, run\\n"
      printf "     'racestack synth', then set another \`notebook.name\` instead, and run 'racestack synth'."
      ;;
    *-deepracer-users-[0-9]*:*)
      printf "a user, role or notebook of that name is there: unless you have done so since, write another \`name\` into the roster, and\\n"
      printf "     run 'racestack synth'; to take in that user, remove the row, run 'racestack synth', then 'racestack adopt --user NAME',\n"
      printf "     as docs/adopt.md shows."
      ;;
    *) printf "something of that name is there: see whose it is, and delete it if nobody needs it." ;;
  esac
}

# What to do with a stack in a state that no change set gets it out of: the state, the stack, and why.
# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
way_out() {
  local stack="$here --stack-name $2" retain taken
  taken=$(other_name "$2" "$3")
  [ -z "$taken" ] || printf '%s Then,\n     of the stack: ' "$taken"
  case $1 in
    ROLLBACK_COMPLETE | ROLLBACK_FAILED | CREATE_FAILED)
      printf 'the stack was never created completely: make sure that nobody uses its resources, delete it, then run deploy.sh again:\n'
      printf '       aws cloudformation delete-stack %s\n' "$stack"
      printf '       aws cloudformation wait stack-delete-complete %s\n' "$stack"
      ;;
    DELETE_FAILED)
      printf 'somebody began to delete it; delete it to the end, then run deploy.sh again:\n'
      to_delete "$2"
      # shellcheck disable=SC2016
      retain=$(ask cloudformation list-stack-resources --stack-name "$2" --output text --query \
        'StackResourceSummaries[?ResourceStatus==`DELETE_FAILED`].LogicalResourceId' | tr '\n\t' '  ') || retain=''
      if [ -n "$retain" ]; then
        printf '     should that fail again, keep what cannot be deleted, and remove it by hand:\n'
        printf '       aws cloudformation delete-stack %s --retain-resources %s\n' "$stack" "$retain"
      fi
      ;;
    UPDATE_ROLLBACK_FAILED)
      printf 'fix the cause that its events show, finish the rollback, then run deploy.sh again:\n'
      printf '       aws cloudformation continue-update-rollback %s\n' "$stack"
      printf '       aws cloudformation wait stack-rollback-complete %s\n' "$stack"
      ;;
    UPDATE_ROLLBACK_COMPLETE) printf 'CloudFormation rolled the stack back; fix the cause, then run deploy.sh again\n' ;;
    UPDATE_FAILED)
      printf 'let it roll back, then run deploy.sh again:\n       aws cloudformation rollback-stack %s\n' "$stack"
      printf '       aws cloudformation wait stack-rollback-complete %s\n' "$stack"
      ;;
    IMPORT_ROLLBACK_FAILED)
      printf 'an import of resources could not be undone, and AWS documents no command that goes on with it: mend what its events\n'
      printf '     name, and have AWS Support reset the stack, then run deploy.sh again:\n'
      printf '       aws cloudformation describe-stack-events %s\n' "$stack"
      printf '     or, if nothing in it is needed, delete it, then run deploy.sh again:\n'
      to_delete "$2"
      ;;
    *) printf 'its events say more:\n       aws cloudformation describe-stack-events %s\n' "$stack" ;;
  esac
}

# The commands that delete a stack, after what goes with it.
to_delete() {
  case $1 in
    *-deepracer-users-*)
      printf '     with it go the users in it who stay, and their notebooks with all that is on the volumes: first let\n'
      printf "     each copy it to the bucket, as 'racestack offboard NAME --account %s' shows in its export step\n" "$account_name"
      ;;
  esac
  printf '       aws cloudformation delete-stack %s --stack-name %s\n' "$here" "$1"
  printf '       aws cloudformation wait stack-delete-complete %s --stack-name %s\n' "$here" "$1"
}

# Runs a function for each of the given indices, as many at once as there are jobs.
each() {
  local function=$1 i started=0
  shift
  for i in "$@"; do
    (
      me=$i
      "$function" "$i"
      : >"$work/$i.answered"
    ) &
    started=$((started + 1))
    if [ $((started % jobs)) = 0 ]; then wait; fi
  done
  wait
}

# Waits until the next look, and says once a minute what is waited for: `said`, of the caller, is when it last was.
look_later() {
  sleep "$pause"
  [ $((SECONDS - said)) -ge 60 ] || return 0
  said=$SECONDS
  say "$1"
}

# Waits for the end of what goes on in a stack. Sets `state`, `digest` and `found_tags`, of the caller.
await_end() {
  local found said=$SECONDS
  while :; do
    look_later "$1: still is $state"
    if found=$(seen "$1"); then
      [ -n "$found" ] || give_up 'it could not be looked at: AWS gave an empty answer' 'run deploy.sh again'
      IFS=$'\t' read -r _ state digest found_tags <<<"$found"
    else
      case $(errors) in
        *'does not exist'*) state=absent digest=- found_tags=- ;;
        *) give_up "it could not be looked at: $(errors)" 'run deploy.sh again' ;;
      esac
    fi
    case $state in REVIEW_IN_PROGRESS) break ;; *_IN_PROGRESS) ;; *) break ;; esac
  done
}

# Before a plan can be made: waits for the end of what goes on, and lists who leaves.
prepare() {
  local i=$1 state=${status[$1]} digest found_tags
  if [ "${verdict[i]}" = busy ]; then
    [ -z "$dry_run" ] || return 0
    say "${names[i]}: is $state, which is waited for"
    await_end "${names[i]}"
    printf '%s\t%s\t%s\n' "$state" "$digest" "$found_tags" >"$work/$i.state"
  fi
  case $state in absent | REVIEW_IN_PROGRESS) return 0 ;; esac
  [ "${kinds[i]}" = users ] || return 0
  leavers_of "$i" >"$work/$i.leavers" ||
    give_up "who leaves could not be told: $(errors)" 'nothing of it was changed; run deploy.sh again'
  [ ! -s "$work/$i.moved" ] ||
    give_up "deployed in it are $(tr '\n' ' ' <"$work/$i.moved")in another template: they would be deleted with their notebooks" \
      "restore config/accounts/$account_name/stacks.lock, which says where everybody is, and this folder, $(pwd), together, from the
     commit that was deployed last; or, if that lock is right, since they left and came back before a deployment: remove their rows, run
     'racestack synth', deploy, and add them again"
}

# A worker's last word on a stack where AWS refused a call since another deployment works on it, too, in another terminal or in
# CI. What that makes of it is waited for: it counts where it is what this one would make. Of anything else, who leaves is unknown.
# CloudFormation takes no change set for a stack that is being updated, and deletes all others of a stack once one is executed.
# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
defer_if_contended() {
  local i=$me state='in work' digest found_tags
  [ -z "$dry_run" ] || return 0
  case $(errors) in
    *'_IN_PROGRESS state and can not be updated'* | *'_IN_PROGRESS] state'* | *'already exists and cannot be created'* | \
      *ChangeSetNotFound* | *'[OBSOLETE]'*) ;;
    *) return 0 ;;
  esac
  say "${names[i]}: another deployment works on it, too, which is waited for"
  await_end "${names[i]}"
  judge "$i" "$state" "$digest" "$found_tags"
  case ${verdict[i]} in
    same) printf 'unchanged\n' >"$work/$i.done" ;;
    failed) ;;
    *)
      give_up "another deployment worked on it at the same time, and left it $state" \
        'see that nobody else deploys this account, then run deploy.sh again'
      ;;
  esac
  exit 0
}

# A worker's last word on its stack: why it failed, and what to do.
give_up() {
  printf '%s\n' "$1" >"$work/$me.reason"
  printf '%s\n' "$2" >"$work/$me.help"
  exit 1
}

# Who leaves with the stack: its deployed users that are no more in any template of the account, under neither logical ID
# nor name (IAM tells no case apart). A line each: the user, and the notebook or -. Files get the number of all its users, those who
# are in the template of another stack alone, and those leavers of whom this folder does not know that they left.
leavers_of() {
  local deployed
  deployed=$(ask cloudformation list-stack-resources --stack-name "${names[$1]}" --output text --query \
    "StackResourceSummaries[?(ResourceType=='AWS::IAM::User' || ResourceType=='AWS::SageMaker::NotebookInstance')
      && ResourceStatus!='DELETE_COMPLETE' && ResourceStatus!='DELETE_SKIPPED' && PhysicalResourceId
    ].[ResourceType,LogicalResourceId,PhysicalResourceId]") || return 1
  printf '%s\n--\n%s\n' "$users" "$deployed" | awk -v people="$work/$1.people" -v moved="$work/$1.moved" \
    -v strangers="$work/$1.strangers" -v file="${files[$1]##*/}" '
    $1 == "--" { deployed = 1; next }
    # Above those of a stack is its file.
    !deployed && $1 ~ /[.]/ { is_here = $1 == file; next }
    !deployed && $1 == "-" { left[tolower($2)]; next }
    !deployed && is_here { ids[$1]; names[tolower($2)]; next }
    !deployed { ids_elsewhere[$1]; names_elsewhere[tolower($2)]; next }
    $1 == "AWS::SageMaker::NotebookInstance" { sub(/.*\//, "", $3); notebooks[$2] = $3; next }
    NF == 3 { all++ }
    NF != 3 || $2 in ids || tolower($3) in names { next }
    $2 in ids_elsewhere || tolower($3) in names_elsewhere { print $3 >moved; next }
    !(tolower($3) in left) { print $3 >strangers }
    { id[++count] = $2; name[count] = $3 }
    END {
      print all + 0 >people
      for (i = 1; i <= count; i++) {
        sub(/User$/, "Notebook", id[i])
        print name[i], (id[i] in notebooks) ? notebooks[id[i]] : "-"
      }
    }'
}

# Says and runs a command that changes something; in a dry run, says it alone.
change() {
  printf '  aws %s\n' "$*"
  # What is not there any more, another deployment took away.
  [ -n "$dry_run" ] || ask "$@" >/dev/null || grep -q NoSuchEntity "$work/errors.$me" ||
    give_up "a command did not work: aws $*: $(errors)" 'those before it are done; run deploy.sh again to go on'
}

# Whether there is what the command looks for. Any other answer than yes or no stops the stack.
exists() {
  if ask "$@" >/dev/null; then return 0; fi
  case $(errors) in *NoSuchEntity*) return 1 ;; esac
  give_up "could not be asked: aws $*: $(errors)" 'run deploy.sh again to go on'
}

# The notebooks in a state.
notebooks() {
  ask sagemaker list-notebook-instances --status-equals "$1" --output text --query 'NotebookInstances[].[NotebookInstanceName]' ||
    give_up "the notebooks could not be listed: $(errors)" 'run deploy.sh again to go on'
}

# Stops those of the notebooks that run: whoever has one open goes on in it until then.
stop_running() {
  local running notebook
  [ $# != 0 ] || return 0
  running=$(notebooks InService) || exit 1
  for notebook in "$@"; do
    if grep -qFx -e "$notebook" <<<"$running"; then
      change sagemaker stop-notebook-instance --notebook-instance-name "$notebook"
    fi
  done
}

# Waits for those of the notebooks that are about to stop: none can be deleted before.
await_stopping() {
  local stopping notebook said=$SECONDS
  [ -z "$dry_run" ] || return 0
  while [ $# != 0 ]; do
    stopping=$(notebooks Stopping) || exit 1
    for notebook in "$@"; do
      if grep -qFx -e "$notebook" <<<"$stopping"; then
        look_later "the notebook $notebook still stops"
        continue 2
      fi
    done
    return 0
  done
}

# Stops the training jobs of these users that run, so that nobody of the same name inherits them. Whose a job is, its tag
# `user` says.
stop_jobs() {
  local running arn user
  [ $# != 0 ] || return 0
  running=$(ask sagemaker list-training-jobs --status-equals InProgress --output text \
    --query 'TrainingJobSummaries[].[TrainingJobArn]') ||
    give_up "the training jobs could not be listed: $(errors)" 'run deploy.sh again to go on'
  for arn in $running; do
    user=$(ask sagemaker list-tags --resource-arn "$arn" --output text --query "(Tags || \`[]\`)[?Key=='user'].[Value]") ||
      give_up "the tags of $arn could not be listed: $(errors)" 'run deploy.sh again to go on'
    # No line, where there is no such tag: the word None could be a name.
    [ -n "$user" ] || continue
    case " $* " in
      *" $user "*)
        printf 'the training job %s of %s runs, and is stopped\n' "${arn##*/}" "$user"
        [ -z "$dry_run" ] || continue
        # One that has ended meanwhile is refused as invalid.
        ask sagemaker stop-training-job --training-job-name "${arn##*/}" >/dev/null ||
          grep -q ValidationException "$work/errors.$me" ||
          give_up "the training job ${arn##*/} could not be stopped: $(errors)" 'run deploy.sh again to go on'
        ;;
    esac
  done
}

# Takes from those who leave with a stack what CloudFormation fails on.
leave() {
  local i=$1 user notebook name people=() instances=()
  [ -s "$work/$i.leavers" ] || return 0
  while read -r user notebook; do
    people+=("$user")
    if [ "$notebook" != - ]; then instances+=("$notebook"); else notebook=''; fi
    printf '%s leaves with the stack %s: deletes the user%s; keeps s3://%s/%s/\n' "$user" "${names[i]}" \
      "${notebook:+, the role, and the notebook $notebook with its volume}" "$bucket" "$user"
    name=$(awk -v was="$user" '$1 "" == was "" { print $2 }' <<<"$renamed")
    [ -z "$name" ] || printf '%s is renamed to %s; copy the folder yourself. First make sure that the new folder has no files of another person: aws s3 ls --recursive s3://%s/%s/; aws s3 cp --recursive s3://%s/%s/ s3://%s/%s/\n' \
      "$user" "$name" "$bucket" "$name" "$bucket" "$user" "$bucket" "$name"
  done <"$work/$i.leavers"
  stop_running ${instances[@]+"${instances[@]}"}
  for user in "${people[@]}"; do
    if exists iam get-user --user-name="$user"; then strip "$user"; fi
  done
  stop_jobs "${people[@]}"
  await_stopping ${instances[@]+"${instances[@]}"}
}

# After a stack was deployed: CloudFormation calls an update complete, too, that could not delete a user.
left() {
  local i=$1 user tries people=()
  [ -s "$work/$i.leavers" ] || return 0
  while read -r user _; do people+=("$user"); done <"$work/$i.leavers"
  for user in "${people[@]}"; do
    tries=3
    while exists iam get-user --user-name="$user"; do
      tries=$((tries - 1))
      [ "$tries" -gt 0 ] || give_up "CloudFormation could not delete the user $user, and has let go of it: its events tell why" \
        "'racestack offboard $user --account $account_name' prints what to do"
      sleep "$pause"
    done
  done
  # What was started with a session of before, until the user and the role were gone.
  stop_jobs "${people[@]}"
}

# Takes from a user what IAM deletes no user with, and CloudFormation does not delete. Credentials come first, so that a
# user who could not be stripped to the end can do nothing any more; denials that somebody attached, and what the user is
# allowed, come last. What the stack itself gave stays for CloudFormation: the group and the policy of suspended users.
# A line a kind: what it is, the command that lists it, what of the answer names it, the command that takes one away, and,
# for those whose name has a pattern, another. {user} is the option with the user's name, {name} the name, {id} what is
# taken away. MFA devices in hardware have no ARN, or one of another kind, and exist without IAM.
# Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
strip() {
  local user=$1 what list query delete pattern also ids id
  if exists iam get-login-profile --user-name="$user"; then
    change iam delete-login-profile --user-name="$user"
  fi
  while IFS='|' read -r what list query delete pattern also; do
    # shellcheck disable=SC2046
    ids=$(ask iam $(filled "$list") --output text --query "$(filled "$query")") ||
      give_up "the $what of $user could not be listed: $(errors)" 'run deploy.sh again to go on'
    for id in $ids; do
      # shellcheck disable=SC2046
      change iam $(filled "$delete")
      # shellcheck disable=SC2046,SC2254
      case $id in ${pattern:--}) change iam $(filled "$also") ;; esac
    done
  done <<'KINDS'
access keys|list-access-keys {user}|AccessKeyMetadata[].AccessKeyId|delete-access-key {user} --access-key-id={id}
virtual MFA devices of this name that are enabled for nobody|list-virtual-mfa-devices --assignment-status=Unassigned|VirtualMFADevices[?ends_with(SerialNumber, ':mfa/{name}')].SerialNumber|delete-virtual-mfa-device --serial-number={id}
MFA devices|list-mfa-devices {user}|MFADevices[].SerialNumber|deactivate-mfa-device {user} --serial-number={id}|arn:*:mfa/*|delete-virtual-mfa-device --serial-number={id}
signing certificates|list-signing-certificates {user}|Certificates[].CertificateId|delete-signing-certificate {user} --certificate-id={id}
SSH public keys|list-ssh-public-keys {user}|SSHPublicKeys[].SSHPublicKeyId|delete-ssh-public-key {user} --ssh-public-key-id={id}
service-specific credentials|list-service-specific-credentials {user}|ServiceSpecificCredentials[].ServiceSpecificCredentialId|delete-service-specific-credential {user} --service-specific-credential-id={id}
inline policies from outside the stack|list-user-policies {user}|PolicyNames[?@!='suspended']|delete-user-policy {user} --policy-name={id}
managed policies from outside the stack|list-attached-user-policies {user}|AttachedPolicies[?PolicyName!='{attached}'].PolicyArn|detach-user-policy {user} --policy-arn={id}
groups from outside the stack|list-groups-for-user {user}|Groups[?GroupName!='{group}'].GroupName|remove-user-from-group {user} --group-name={id}
KINDS
}

# A command or query of that list for the user and what is taken away. No name holds a blank or a pattern.
filled() {
  local text=$1
  text=${text//'{user}'/--user-name=$user}
  text=${text//'{name}'/$user}
  text=${text//'{id}'/${id:-}}
  text=${text//'{attached}'/$suspended_policy}
  printf '%s\n' "${text//'{group}'/$group}"
}

# Makes a change set for the stack, and waits for it. Returns 1 where nothing would change.
make_change_set() {
  local i=$1 type=UPDATE options found state reason odd=0 said=$SECONDS
  [ "${verdict[i]}" != new ] || type=CREATE
  options=(--stack-name "${names[i]}" --change-set-name "$run-$me" --change-set-type "$type" --tags "$tags")
  if [ -n "$template_bucket" ]; then
    ask s3 cp --only-show-errors "${files[i]}" "s3://$template_bucket/${sums[i]}.template" >/dev/null ||
      give_up "its template could not be uploaded: $(errors)" "the bucket $template_bucket is \`deploy.template_bucket\` of the settings"
    options+=(--template-url "$template_url/$template_bucket/${sums[i]}.template")
  else
    options+=(--template-body "file://${files[i]}")
  fi
  # shellcheck disable=SC2206
  [ "${capabilities[i]}" = - ] || options+=(--capabilities ${capabilities[i]//,/ })
  if ! ask cloudformation create-change-set "${options[@]}" >/dev/null; then
    # The first of two tries may have made it, and got no answer.
    case $(errors) in
      *AlreadyExistsException*) ;;
      *)
        defer_if_contended
        give_up "CloudFormation takes no change set: $(errors)" "nothing of it was changed; mend that, then run deploy.sh again"
        ;;
    esac
  fi
  while :; do
    found=$(ask cloudformation describe-change-set --stack-name "${names[i]}" --change-set-name "$run-$me" --no-paginate \
      --output text --query '[Status, StatusReason]') || {
      defer_if_contended
      give_up "its change set could not be looked at: $(errors)" 'nothing of it was changed; run deploy.sh again'
    }
    IFS=$'\t' read -r state reason <<<"$found"
    case $state in
      CREATE_COMPLETE) return 0 ;;
      FAILED) break ;;
      CREATE_PENDING | CREATE_IN_PROGRESS) ;;
      *)
        odd=$((odd + 1))
        [ "$odd" -lt 12 ] || give_up "its change set is '$state', which is no state that it gets out of" \
          'nothing of it was changed; run deploy.sh again'
        ;;
    esac
    look_later "${names[i]}: its change set still is ${state:-without a state}"
  done
  case $reason in *EarlyValidation*) name_invalid "$i" ;; esac
  drop_change_set "$i"
  case $reason in
    *"didn't contain changes"* | *'No updates are to be performed'*) return 1 ;;
  esac
  found=$(other_name "${names[i]}" "$reason")
  give_up "CloudFormation takes no change set: $reason" "nothing of it was changed; ${found:-mend that, then run deploy.sh again}${found:+ Then run deploy.sh again}"
}

# Puts the resources that CloudFormation finds invalid before it begins, and why, into the reason of the change set, which names none. It
# keeps the change set if that cannot be asked: AWS CLIs from before November 2025 do not know the command.
# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
name_invalid() {
  local id found taken
  local query="OperationEvents[?EventType=='VALIDATION_ERROR' && ValidationFailureMode!='WARN'].[LogicalResourceId,ResourceType,ValidationStatusReason]"
  id=$(ask cloudformation describe-change-set --stack-name "${names[$1]}" --change-set-name "$run-$me" --no-paginate \
    --output text --query '[ChangeSetId]') || id=''
  found=''
  # A name alone, without its ARN, the command does not take.
  [ -z "$id" ] || found=$(ask cloudformation describe-events --change-set-name "$id" --output text --query "$query") || found=''
  if [ -z "$found" ]; then
    taken=$(other_name "${names[$1]}" "$reason")
    give_up "CloudFormation takes no change set: $reason" "nothing of it was changed. Which resource it is could not be asked: $(errors)
     With an AWS CLI from November 2025 or later, and cloudformation:DescribeEvents:
       aws cloudformation describe-events $here --change-set-name ${id:-"ARN, of the change set $run-$me"} --query \"$query\"
     ${taken:+Where it is a name that is taken: $taken }Then run deploy.sh again"
  fi
  reason=$(printf '%s\n' "$found" | awk -F '\t' '{ printf "%s%s (%s): %s", (NR == 1 ? "" : "; "), $1, $2, $3 }')
}

drop_change_set() {
  ask cloudformation delete-change-set --stack-name "${names[$1]}" --change-set-name "$run-$me" >/dev/null || true
}

# Whether a stack's change set is executed to its end: the stack may keep the state of before for a while. One that is
# not there any more was executed. Sets `executed` to what became of it.
# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
is_over() {
  executed=$(ask cloudformation describe-change-set --stack-name "${names[$1]}" --change-set-name "$run-$me" --no-paginate \
    --output text --query '[ExecutionStatus]') || {
    executed=''
    case $(errors) in *ChangeSetNotFound*) return 0 ;; esac
    give_up "its change set could not be looked at: $(errors)" 'run deploy.sh again: it waits for what goes on'
  }
  case $executed in EXECUTE_COMPLETE | EXECUTE_FAILED | OBSOLETE) return 0 ;; esac
  return 1
}

# Deploys a stack; the file of its number says what came of it.
deploy() {
  local i=$1 found state digest stale=0 over='' executed='' why said=$SECONDS
  say "${names[i]}: change set"
  if ! make_change_set "$i"; then
    printf 'unchanged\n' >"$work/$i.done"
    say "${names[i]}: unchanged"
    return
  fi
  leave "$i"
  say "${names[i]}: $([ "${verdict[i]}" = new ] && printf 'is created' || printf 'is updated')"
  if ! ask cloudformation execute-change-set --stack-name "${names[i]}" --change-set-name "$run-$me" >/dev/null; then
    case $(errors) in
      *InvalidChangeSetStatus*EXECUTE_*) ;;
      *)
        defer_if_contended
        give_up "its change set could not be executed: $(errors)" 'run deploy.sh again'
        ;;
    esac
  fi
  state=''
  while :; do
    look_later "${names[i]}: still is ${state:-waiting for CloudFormation to begin}"
    found=$(seen "${names[i]}") || give_up "it could not be looked at: $(errors)" 'run deploy.sh again: it waits for what goes on'
    IFS=$'\t' read -r _ state digest _ <<<"$found"
    case $state in
      '' | REVIEW_IN_PROGRESS) ;;
      *_IN_PROGRESS) continue ;;
      *)
        # No state counts before the change set is over: only one that was looked at after that.
        if [ -z "$over" ] && is_over "$i"; then
          over=yes
          found=$(seen "${names[i]}") || give_up "it could not be looked at: $(errors)" 'run deploy.sh again: it waits for what goes on'
          IFS=$'\t' read -r _ state digest _ <<<"$found"
        fi
        case $over:$state in
          :* | *: | *:*_IN_PROGRESS) ;;
          *:CREATE_COMPLETE | *:UPDATE_COMPLETE)
            if [ "${digests[i]}" = - ] || [ "$digest" = "${digests[i]}" ]; then break; fi
            ;;
          *)
            why=$(first_failure "${names[i]}" "$state")
            give_up "it is $state: $why" "$(way_out "$state" "${names[i]}" "$why")"
            ;;
        esac
        ;;
    esac
    # The state of before, if this look came early.
    stale=$((stale + 1))
    if [ "$stale" -ge 12 ]; then
      # AWS leaves open whether outputs change with nothing else: what they tell is then the template of before.
      case $executed:$state in
        EXECUTE_COMPLETE:CREATE_COMPLETE | EXECUTE_COMPLETE:UPDATE_COMPLETE)
          say "${names[i]}: CloudFormation kept the output TemplateDigest of before: the next run makes a change set again"
          break
          ;;
      esac
    fi
    [ "$stale" -lt 12 ] || give_up "it is '$state', and not what its change set makes of it" \
      'run deploy.sh again: it waits for what goes on'
  done
  left "$i"
  printf 'deployed\n' >"$work/$i.done"
  say "${names[i]}: deployed"
}

# What failed first in the last operation of a stack, or in its roll-back where that is what failed. Events come newest first.
first_failure() {
  local events begins='^(CREATE|UPDATE|DELETE|IMPORT)_IN_PROGRESS$'
  case $2 in UPDATE_ROLLBACK_FAILED | IMPORT_ROLLBACK_FAILED) begins='ROLLBACK_IN_PROGRESS$' ;; esac
  events=$(ask cloudformation describe-stack-events --stack-name "$1" --output text --query \
    'StackEvents[].[LogicalResourceId, ResourceType, ResourceStatus, ResourceStatusReason]') || {
    printf 'its events could not be listed'
    return
  }
  printf '%s\n' "$events" | awk -F '\t' -v begins="$begins" '
    $2 == "AWS::CloudFormation::Stack" && $3 ~ begins { exit }
    $3 ~ /_FAILED$/ && $4 !~ /cancelled/ { first = $1 " (" $2 "): " $4 }
    END { print (first == "" ? "its events name nothing that failed" : first) }'
}

# Looks for what others need of a stack that a StackSet deploys.
look_for() {
  local i=$1 stack command
  while read -r stack command; do
    [ "$stack" = "${names[i]}" ] || continue
    # shellcheck disable=SC2086
    ask $command >/dev/null ||
      give_up "a StackSet deploys it, and it is not in this account yet, or could not be looked for: $(errors)" \
        'deploy the StackSet, then run deploy.sh again'
  done <<<"$expected"
  printf 'there\n' >"$work/$i.done"
}

# What a dry run shows of a stack that changes: the table of its change set, or of the template where there is no stack yet.
show() {
  local i=$1 changes
  if [ "${verdict[i]}" = new ]; then
    changes=$(awk '
      /^[A-Za-z]/ { inside = /^Resources:/; next }
      inside && /^  [A-Za-z0-9]+:/ { id = $1; sub(/:$/, "", id) }
      inside && /^    Type:/ { print "Add\t" id "\t" $2 "\tNone" }' "${files[i]}")
  elif make_change_set "$i"; then
    changes=$(ask cloudformation describe-change-set --stack-name "${names[i]}" --change-set-name "$run-$me" --output text \
      --query 'Changes[].ResourceChange.[Action, LogicalResourceId, ResourceType, Replacement]') ||
      give_up "its change set could not be looked at: $(errors)" 'nothing of it was changed; run deploy.sh again'
    drop_change_set "$i"
    [ -n "$changes" ] || changes='no resource changes: only its output or its tags'
  else
    changes='CloudFormation finds no change'
  fi
  printf '%s\n' "$changes" >"$work/$i.table"
}

table() {
  awk -F '\t' '
    NF < 3 { print "  " $0; next }
    { printf "  %-7s %-40s %s%s\n", $1, $2, $3, ($4 == "True" ? " (replaced)" : $4 == "Conditional" ? " (may be replaced)" : "") }' "$1"
}

# What becomes of everybody who is suspended: what they opened or started before goes on until then.
suspend() {
  local user notebook people=() instances=()
  while read -r user notebook; do
    [ -n "$user" ] || continue
    people+=("$user")
    [ "$notebook" = - ] || instances+=("$notebook")
  done <<<"$suspended"
  stop_running ${instances[@]+"${instances[@]}"}
  stop_jobs ${people[@]+"${people[@]}"}
}

# Everything that goes on at once; an interruption ends it.
workers=''

interrupted() {
  local i under_way=''
  trap '' INT TERM HUP
  # shellcheck disable=SC2046
  kill $(jobs -p) 2>/dev/null || true
  for i in $workers; do under_way="$under_way ${names[${i%%:*}]}"; done
  printf '\ndeploy.sh: interrupted. Nothing more is started.\n' >&2
  [ -z "$under_way" ] || printf 'CloudFormation continues with these stacks:%s\n' "$under_way" >&2
  printf 'To continue, run deploy.sh again: it skips what is done, and waits for what is still running.\n' >&2
  exit 130
}

# Whether all that a stack needs is there: 0 yes, 1 not yet, 2 never; then `missing` says why.
is_ready() {
  local need
  for need in ${needs[$1]}; do
    case ${verdict[need]} in
      deployed | unchanged | same | there) ;;
      failed | skipped)
        missing="needs ${names[need]}, which $([ "${verdict[need]}" = failed ] && printf 'failed' || printf 'was skipped')"
        return 2
        ;;
      out)
        if [ "${was[need]}" != same ] && [ "${was[need]}" != there ]; then
          missing="needs ${names[need]}, which is not up to date: deploy that, too, with --only ${names[need]}"
          return 2
        fi
        ;;
      *) return 1 ;;
    esac
  done
}

# Deploys what is to be deployed: each stack after those that it needs, as many at once as there are jobs. Of these it
# begins half as many when AWS is busy (that counts once in half a minute), and one more with each stack that is deployed
# since. AWS publishes no rates of CloudFormation's calls; how many resources may be in operations at once is a quota.
# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
run() {
  local i worker pid running pending still ready allowed=$jobs eased=-30
  while :; do
    running='' pending=''
    for worker in $workers; do
      i=${worker%%:*} pid=${worker#*:}
      if [ ! -s "$work/$i.done" ] && [ ! -s "$work/$i.reason" ] && kill -0 "$pid" 2>/dev/null; then
        running="$running $worker"
        continue
      fi
      wait "$pid" || true
      if [ -s "$work/$i.done" ]; then
        verdict[i]=$(cat "$work/$i.done")
        if [ "$allowed" -lt "$jobs" ]; then allowed=$((allowed + 1)); fi
      else
        verdict[i]=failed
        [ -s "$work/$i.reason" ] || lost "$i" 'its worker ended without a word' 'run deploy.sh again'
        say "${names[i]}: failed"
      fi
    done
    workers=$running
    if [ -e "$work/busy" ]; then
      rm -f "$work/busy"
      if [ "$allowed" -gt 1 ] && [ $((SECONDS - eased)) -ge 30 ]; then
        allowed=$((allowed / 2)) eased=$SECONDS
        say "AWS is busy: at most $allowed at once for now"
      fi
    fi
    still=0
    for worker in $workers; do still=$((still + 1)); done
    for ((i = 0; i < ${#names[@]}; i++)); do
      case ${verdict[i]} in changed | new | stack-set) ;; *) continue ;; esac
      case " $workers" in *" $i:"*) continue ;; esac
      if [ -e "$work/expired" ]; then
        verdict[i]=skipped
        printf 'was not begun, since the session of the credentials had expired\n' >"$work/$i.reason"
        continue
      fi
      ready=0
      is_ready "$i" || ready=$?
      case $ready in
        0)
          pending=yes
          [ "$still" -lt "$allowed" ] || continue
          if [ "${verdict[i]}" = stack-set ]; then
            (me=$i && look_for "$i") &
          else
            (me=$i && deploy "$i") &
          fi
          workers="$workers $i:$!" still=$((still + 1))
          ;;
        1) pending=yes ;;
        2)
          verdict[i]=skipped
          printf '%s\n' "$missing" >"$work/$i.reason"
          say "${names[i]}: skipped, since it $missing"
          ;;
      esac
    done
    if [ -z "$workers" ]; then
      [ -n "$pending" ] || return 0
    fi
    sleep 0.2
  done
}

# The stacks of a verdict, and how many.
listed() {
  local i
  count=0 list=''
  for ((i = 0; i < ${#names[@]}; i++)); do
    if [ "${verdict[i]}" = "$1" ]; then count=$((count + 1)) list="$list $i"; fi
  done
}

summary() {
  local i deployed unchanged
  listed deployed
  deployed=$count
  listed unchanged
  unchanged=$count
  listed same
  unchanged=$((unchanged + count))
  listed skipped
  skipped=$count
  listed failed
  printf '\n%s (%s, %s): %d deployed, %d unchanged, %d failed, %d skipped, in %d min %d s\n' "$account_name" "$account" \
    "$region" "$deployed" "$unchanged" "$count" "$skipped" $((SECONDS / 60)) $((SECONDS % 60))
  for i in $list; do
    printf '  failed: %s: %s\n     %s\n' "${names[i]}" "$(cat "$work/$i.reason")" "$(cat "$work/$i.help")"
  done
  listed skipped
  for i in $list; do printf '  skipped: %s %s\n' "${names[i]}" "$(cat "$work/$i.reason")"; done
  [ ! -e "$work/expired" ] || printf 'deploy.sh: the session of the credentials has expired: sign in again, and run deploy.sh again, which goes on\n' >&2
}

# Names those who left and exist all the same: a stack whose update is complete has let go of users whom it could not
# delete. They are still in the group, as is whoever was added to it by hand. While a stack is not up to date, nobody can be told from
# those who leave with it.
forgotten() {
  local i members found user why
  for ((i = 0; i < ${#names[@]}; i++)); do
    case ${verdict[i]} in failed | skipped | out) return 0 ;; esac
    case ${dry_run:-no}:${status[i]} in yes:*_IN_PROGRESS) return 0 ;; esac
  done
  members=$(ask iam get-group --group-name "$group" --output text --query 'Users[].[UserName]') || {
    case $(errors) in *NoSuchEntity*) return 0 ;; esac
    printf 'deploy.sh: the members of the group %s could not be listed: %s\n' "$group" "$(errors)" >&2
    return 1
  }
  found=$({
    for ((i = 0; i < ${#names[@]}; i++)); do
      [ ! -s "$work/$i.leavers" ] || while read -r user _; do printf 'leaver %s\n' "$user"; done <"$work/$i.leavers"
    done
    # No name has this character.
    printf '%s\n/\n%s\n' "$users" "$members"
  } | awk '
    $1 == "/" { there = 1; next }
    !there && $1 == "-" { left[tolower($2)]; next }
    !there { if ($1 !~ /[.]/) known[tolower($2)]; next }
    NF && !(tolower($1) in known) { print $1, (tolower($1) in left) ? "left" : "unknown" }')
  [ -n "$found" ] || return 0
  while read -r user why; do
    if [ "$why" = left ]; then
      printf "deploy.sh: the user %s is still in the group %s, but in no template: CloudFormation did not delete it; \
run 'racestack offboard %s --account %s' for the next steps\n" "$user" "$group" "$user" "$account_name" >&2
    else
      printf "deploy.sh: the user %s is in the group %s, but unknown here: if somebody added it by hand, remove it: \
aws iam remove-user-from-group --group-name %s --user-name %s\n" "$user" "$group" "$group" "$user" >&2
    fi
  done <<<"$found"
  return 1
}

# All of it is read before it begins: what becomes of the file meanwhile does not matter.
main() {
  begin
  read_stacks
  choose
  for ((i = 0; i < ${#names[@]}; i++)); do
    [ "${kinds[i]}" = stack-set ] || cp -- "${files[i]}" "$work/templates/" || true
  done
  for ((i = 0; i < ${#names[@]}; i++)); do
    [ "${kinds[i]}" = stack-set ] || printf '%s  %s\n' "${sums[i]}" "${files[i]}"
  done | verify
  for ((i = 0; i < ${#names[@]}; i++)); do files[i]=$work/templates/${files[i]}; done

  found=$(ask sts get-caller-identity --query Account --output text) || {
    must_be_online
    case $(errors) in
      *'config profile'*'could not be found'*)
        fail "the AWS CLI has no profile ${AWS_PROFILE:-}: create it ('aws configure --profile ${AWS_PROFILE:-NAME}', or 'aws configure sso'); \
deploy-all.sh takes the account's name for the profile, with PROFILE_PREFIX before it: nothing was deployed"
        ;;
    esac
    fail "the AWS CLI has no credentials that work (set AWS_PROFILE, or sign in: 'aws sso login'): nothing was deployed
$(errors)"
  }
  reached=yes
  is_account() { case $1 in *[!0123456789]*) return 1 ;; esac; [ "${#1}" = 12 ]; }
  is_account "$found" || fail "the AWS CLI names no account for its credentials, but '$found': nothing was deployed"
  [ "$found" = "$account" ] || fail "the credentials${AWS_PROFILE:+ (AWS_PROFILE=$AWS_PROFILE)} are of account $found, the stacks of $account: set AWS_PROFILE to a profile of $account, or correct account_id in config/accounts/$account_name/settings.yaml: nothing was deployed"

  # One call tells what there is of all stacks. The words of an awk program: those that are wanted, then those that are there.
  all=$(seen) || fail "the stacks could not be listed (cloudformation:DescribeStacks on all): nothing was deployed
$(errors)"
  i=0
  was=()
  while IFS=$'\t' read -r found digest found_tags; do
    if [ "${kinds[i]}" = stack-set ]; then
      [ "${verdict[i]}" = out ] || verdict[i]='stack-set'
      was+=(there)
    else
      is_out=${verdict[i]}
      judge "$i" "$found" "$digest" "$found_tags"
      was+=("${verdict[i]}")
      if [ "$is_out" = out ]; then
        verdict[i]=out
      elif [ -n "$only" ] && [ "${verdict[i]}" = same ]; then
        verdict[i]=changed
      fi
    fi
    i=$((i + 1))
  done < <(printf '%s\n' "${names[@]}" -- "$all" | awk -F '\t' '
    $1 == "--" && !there { there = 1; next }
    !there { name[++count] = $1; next }
    { found[$1] = $2 "\t" $3 "\t" $4 }
    END { for (i = 1; i <= count; i++) print (name[i] in found) ? found[name[i]] : "absent\t-\t-" }')

  [ "$i" = "${#names[@]}" ] && [ "$i" != 0 ] || fail "only $i of ${#names[@]} stacks could be looked at: nothing was deployed"

  # Whoever interrupts this goes on later.
  trap interrupted INT TERM HUP
  run=racestack-$(date +%s)-$$-$RANDOM

  todo=''
  for ((i = 0; i < ${#names[@]}; i++)); do
    case ${kinds[i]}:${verdict[i]} in *:busy | users:changed) todo="$todo $i" ;; esac
  done
  # shellcheck disable=SC2086
  each prepare $todo
  leaving=0
  for i in $todo; do
    if [ -s "$work/$i.reason" ]; then
      verdict[i]=failed
      # Nobody leaves with it.
      rm -f "$work/$i.leavers"
      continue
    fi
    if [ ! -e "$work/$i.answered" ]; then
      lost "$i" 'who leaves could not be told: its worker ended early' 'nothing of it was changed; run deploy.sh again'
      continue
    fi
    if [ -s "$work/$i.state" ]; then
      IFS=$'\t' read -r found digest found_tags <"$work/$i.state"
      judge "$i" "$found" "$digest" "$found_tags"
      if [ -n "$only" ] && [ "${verdict[i]}" = same ]; then verdict[i]=changed; fi
    fi
    if [ "${verdict[i]}" = changed ] && [ -s "$work/$i.leavers" ]; then
      while read -r user _; do leaving=$((leaving + 1)); done <"$work/$i.leavers"
    else
      rm -f "$work/$i.leavers"
    fi
  done

  # Whoever is deployed in another users stack than the one that is to have them cannot be made there, and all who join with them fail.
  moved=''
  for i in $todo; do [ ! -s "$work/$i.moved" ] || moved="$moved ${names[i]}"; done
  [ -z "$moved" ] || leaving=0
  for ((i = 0; i < ${#names[@]}; i++)); do
    case ${moved:+${kinds[i]}}:${verdict[i]} in
      users:changed | users:new | users:busy)
        rm -f "$work/$i.leavers"
        lost "$i" "it may be the one that people of$moved are to be in" 'see there'
        ;;
    esac
  done

  # Nobody leaves by accident: many at once must be asked for, by their number. They are counted against those who are there:
  # the users of the stacks that were listed, and of the templates of those that were not. Who joins is none of them.
  there=0
  for ((i = 0; i < ${#names[@]}; i++)); do
    [ "${kinds[i]}" = users ] && [ "${was[i]}" != new ] || continue
    if [ -s "$work/$i.people" ]; then
      read -r people <"$work/$i.people"
    else
      people=$(grep -cE '^ +Type: *"?AWS::IAM::User"? *$' "${files[i]}") || people=0
    fi
    there=$((there + people))
  done
  refused='' strangers=''
  for i in $todo; do
    [ ! -s "$work/$i.leavers" ] || [ ! -s "$work/$i.strangers" ] || strangers="$strangers$(tr '\n' ' ' <"$work/$i.strangers")"
  done
  if [ "$leaving" = "$leavers_allowed" ]; then
    :
  elif [ -n "$strangers" ]; then
    refused="deployed, and unknown here: ${strangers% }: this folder is older than what is deployed (run 'git pull'), or its \
stacks.lock was made anew (restore it); if all who would leave are to, run it with --leavers $leaving"
  elif [ "$leaving" -gt "$few_leavers" ] && [ $((leaving * 100)) -gt $((few_leavers_percent * there)) ]; then
    refused="$leaving of $there people would leave${leavers_allowed:+, not the $leavers_allowed of --leavers}; \
if that is meant, run it with --leavers $leaving"
  fi
  if [ -n "$refused" ]; then
    for i in $todo; do
      [ ! -s "$work/$i.leavers" ] || while read -r user _; do printf '%s leaves with %s\n' "$user" "${names[i]}" >&2; done <"$work/$i.leavers"
    done
    [ -n "$dry_run" ] || fail "$refused: nothing was deployed"
  fi

  if [ -n "$dry_run" ]; then
    unknown=''
    for i in $todo; do
      case ${kinds[i]}:${verdict[i]} in
        users:busy) printf 'who leaves with %s is unknown: it is %s\n' "${names[i]}" "${status[i]}" && unknown=yes ;;
        users:failed) printf 'who leaves with %s is unknown: %s\n' "${names[i]}" "$(cat "$work/$i.reason")" && unknown=yes ;;
      esac
    done
    [ "$leaving" != 0 ] || [ -n "$unknown" ] || printf 'nobody leaves\n'
    todo=''
    for ((i = 0; i < ${#names[@]}; i++)); do
      case ${verdict[i]} in changed | new) todo="$todo $i" ;; esac
    done
    # shellcheck disable=SC2086
    each show $todo
    ended=0
    [ -z "$refused" ] || ended=1
    for ((i = 0; i < ${#names[@]}; i++)); do
      case ${verdict[i]} in
        changed | new | busy | stack-set) ;;
        *) continue ;;
      esac
      ready=0
      is_ready "$i" || ready=$?
      if [ "$ready" = 2 ]; then
        verdict[i]=skipped
        printf '%s: would be skipped, since it %s\n' "${names[i]}" "$missing"
        continue
      fi
      case ${verdict[i]} in
        changed | new)
          if [ ! -s "$work/$i.table" ]; then
            verdict[i]=failed
            continue
          fi
          printf '%s: %s\n' "${names[i]}" "$([ "${verdict[i]}" = new ] && printf 'would be created' || printf 'would change')"
          table "$work/$i.table"
          (me=$i && leave "$i") || verdict[i]=failed
          ;;
        busy) printf '%s: is %s, which a deployment waits for\n' "${names[i]}" "${status[i]}" ;;
        stack-set) (me=$i && look_for "$i") || verdict[i]=failed ;;
      esac
      # Each stack stands after those that it needs: what needs this one may count on it.
      [ "${verdict[i]}" = failed ] || verdict[i]=there
    done
    if ! (me=suspended && suspend); then
      cat "$work/suspended.reason" >&2
      ended=1
    fi
    (me=forgotten && forgotten) || ended=1
    listed same
    [ -n "$only" ] || printf '%d stacks are up to date\n' "$count"
    listed skipped
    [ "$count" = 0 ] || ended=1
    listed failed
    for i in $list; do printf 'failed: %s: %s\n     %s\n' "${names[i]}" "$(cat "$work/$i.reason")" "$(cat "$work/$i.help")" >&2; done
    [ "$count" = 0 ] || ended=1
    [ -z "$refused" ] || printf 'deploy.sh: a deployment would be refused, and change nothing: %s\n' "$refused" >&2
    exit "$ended"
  fi

  run
  ended=0
  (me=suspended && suspend) || ended=1
  summary
  if [ "$ended" != 0 ]; then
    printf '  suspended people: %s\n     %s\n' "$(cat "$work/suspended.reason")" "$(cat "$work/suspended.help")"
  fi
  (me=forgotten && forgotten) || ended=1
  listed failed
  [ "$count" = 0 ] && [ "$skipped" = 0 ] && [ "$ended" = 0 ]
}

main; exit
