#!/usr/bin/env bash
# Deploys all accounts at once, each with the AWS profile of its name, and ends with one summary. Each line says whose it is.
#
# usage: bash deploy-all.sh [--help] [OPTION OF deploy.sh]...      such as --jobs 8, or --dry-run
#   OUT              the folder that synth writes into (the folder `out` beside this script)
#   ACCOUNTS         the accounts, with blanks between them (all that are in it)
#   PROFILE_PREFIX   what stands before an account's name in the name of its profile (nothing)
#   AT_ONCE          how many accounts are deployed at once (8)
#
# Every shell reads up to here. A line that ends in a comment is the same whatever line ending follows.
line_end='
' #
case ${#line_end} in 1) ;; *) echo 'deploy-all.sh: its lines end in CR LF (Git does this with core.autocrlf): run: racestack init --update' >&2 && exit 2 ;; esac #
if [ -z "${BASH_VERSION:-}" ]; then
  echo "deploy-all.sh: run with bash: bash $0" >&2
  exit 2
fi
set -euf -o pipefail

# The folder of this script, whatever folder it is run in, and whatever link leads to it.
unset CDPATH
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) case $self in */*) self=${self%/*}/$link ;; *) self=$link ;; esac ;;
  esac
done
case $self in */*) here=$(cd -P -- "${self%/*}/" && pwd) ;; *) here=$(pwd) ;; esac
out=${OUT:-$here/out}
at_once=${AT_ONCE:-8}

usage() {
  sed -n '/^# usage/,/^#   AT_ONCE/s/^# //p' "$self"
}

misused() {
  printf 'deploy-all.sh: %s: nothing was deployed\n' "$1" >&2
  usage >&2
  exit 2
}

case " $* " in
  *' --help '* | *' -h '*)
    usage
    exit 0
    ;;
esac

case $at_once in
  *[!0123456789]* | 0* | ?????*) misused "AT_ONCE is a number from 1, not '$at_once'" ;;
esac
# What is empty was meant to say something.
for option in "$@"; do
  case $option in '' | --*=) misused "the option '$option' says nothing" ;; esac
done

# An account is no option of deploy.sh.
before=''
for option in "$@"; do
  case $before:$option in
    *:-* | --jobs:* | --only:* | --leavers:*) ;;
    *) misused "there is no option '$option'; accounts are named in a variable: ACCOUNTS='$option' bash deploy-all.sh" ;;
  esac
  before=$option
done

work=$(mktemp -d "${TMPDIR:-/tmp}/racestack.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Each deploy.sh says itself how to go on; background processes hear of no Ctrl-C.
# shellcheck disable=SC2046
trap 'trap "" INT TERM HUP; kill $(jobs -p) 2>/dev/null || true; wait; exit 130' INT TERM HUP

accounts=()
if [ -n "${ACCOUNTS:-}" ]; then
  # shellcheck disable=SC2206
  accounts=($ACCOUNTS)
else
  set +f
  for script in "$out"/*/deploy.sh; do
    folder=${script%/deploy.sh}
    [ ! -f "$folder/manifest.json" ] || accounts+=("${folder##*/}")
  done
  set -f
fi
if [ "${#accounts[@]}" = 0 ]; then
  printf 'deploy-all.sh: there are no accounts in %s\n' "$out" >&2
  exit 2
fi
for account in "${accounts[@]}"; do
  if [ ! -f "$out/$account/deploy.sh" ]; then
    printf 'deploy-all.sh: there is no account %s in %s: nothing was deployed\n' "$account" "$out" >&2
    exit 2
  fi
done

# A folder that is left over from a renamed account would undo what another deploys.
config=$out/../config/accounts
seen='' named=' '
for account in "${accounts[@]}"; do
  if [ -d "$config" ] && [ ! -e "$config/$account" ]; then
    printf 'deploy-all.sh: %s is no configured account: there is no config/accounts/%s; if it was renamed, racestack synth says what to do with %s: nothing was deployed\n' \
      "$out/$account" "$account" "$out/$account" >&2
    exit 2
  fi
  case $named in
    *" $account "*)
      printf 'deploy-all.sh: ACCOUNTS names %s twice: nothing was deployed\n' "$account" >&2
      exit 2
      ;;
  esac
  named="$named$account "
  place=$(sed -n "/^account='/p; /^region='/p; /^# ---- end of the data/q" "$out/$account/deploy.sh" | tr '\n' ' ')
  while IFS='|' read -r other there; do
    if [ "$there" = "$place" ] && [ "$other" != "$account" ]; then
      printf 'deploy-all.sh: %s and %s deploy the same account and region: remove that of the two which synth does not write: nothing was deployed\n' \
        "$out/$other" "$out/$account" >&2
      exit 2
    fi
  done <<<"$seen"
  seen="$seen$account|$place
"
done

# Deploys an account, and shows each line as it comes, with the account's name before it. The code it ends with is kept.
deploy() {
  local account=$1 code=0 script printer
  shift
  : >"$work/$account.log"
  mkfifo "$work/$account.lines"
  while IFS= read -r line || [ -n "$line" ]; do
    printf '%s: %s\n' "$account" "$line"
    printf '%s\n' "$line" >>"$work/$account.log"
  done <"$work/$account.lines" &
  printer=$!
  AWS_PROFILE="${PROFILE_PREFIX:-}$account" bash "$out/$account/deploy.sh" "$@" >"$work/$account.lines" 2>&1 &
  script=$!
  # Whoever ends this ends what it waits for.
  # shellcheck disable=SC2064
  trap "kill $script 2>/dev/null || true; wait; exit 130" TERM
  wait "$script" || code=$?
  wait "$printer" || true
  printf '%s\n' "$code" >"$work/$account.code"
}

running() {
  local pids
  # shellcheck disable=SC2207
  pids=($(jobs -pr))
  printf '%s\n' "${#pids[@]}"
}

for account in "${accounts[@]}"; do
  while [ "$(running)" -ge "$at_once" ]; do sleep 0.5; done
  deploy "$account" "$@" &
done
wait

done=done
case " $* " in *' --dry-run '*) done='nothing was changed' ;; esac
printf '\n'
failed=0
for account in "${accounts[@]}"; do
  code=$(cat "$work/$account.code" 2>/dev/null || printf 'no code')
  if [ "$code" = 0 ]; then
    printf '%s: %s\n' "$account" "$done"
  else
    failed=$((failed + 1))
    printf '%s: FAILED with %s\n' "$account" "$code"
    grep -E '^(  failed:|  skipped:|deploy\.sh:)' "$work/$account.log" | sed 's/^ */  /' || true
  fi
done
accounts_word=accounts
[ "${#accounts[@]}" != 1 ] || accounts_word=account
printf '%d %s, %d failed\n' "${#accounts[@]}" "$accounts_word" "$failed"
[ "$failed" = 0 ]
