#!/usr/bin/env bash
# Deploys all accounts at once, each with the AWS profile of its name, and ends with one summary.
#
# usage: bash deploy-all.sh [OPTION OF deploy.sh]...      such as --jobs 8, or --dry-run
#   OUT              the folder that synth writes into (out)
#   ACCOUNTS         the accounts, with blanks between them (all that are in it)
#   PROFILE_PREFIX   what stands before an account's name in the name of its profile (nothing)
#   AT_ONCE          how many accounts are deployed at once (8)
if [ -z "${BASH_VERSION:-}" ]; then
  echo "deploy-all.sh: run with bash: bash $0" >&2
  exit 2
fi
set -euf -o pipefail

out=${OUT:-out}
at_once=${AT_ONCE:-8}
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

# Deploys an account. Each line says whose it is; the code it ends with is kept.
deploy() {
  local account=$1 code=0
  shift
  AWS_PROFILE="${PROFILE_PREFIX:-}$account" bash "$out/$account/deploy.sh" "$@" >"$work/$account.log" 2>&1 &
  # Whoever ends this ends what it waits for.
  # shellcheck disable=SC2064
  trap "kill $! 2>/dev/null || true; wait; cat '$work/$account.log'; exit 130" TERM
  wait "$!" || code=$?
  printf '%s\n' "$code" >"$work/$account.code"
  sed "s/^/$account: /" "$work/$account.log"
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

printf '\n'
failed=0
for account in "${accounts[@]}"; do
  code=$(cat "$work/$account.code" 2>/dev/null || printf 'no code')
  if [ "$code" = 0 ]; then
    printf '%s: done\n' "$account"
  else
    failed=$((failed + 1))
    printf '%s: FAILED with %s\n' "$account" "$code"
    grep -E '^(  failed:|  skipped:|deploy\.sh:)' "$work/$account.log" | sed 's/^ */  /' || true
  fi
done
printf '%d accounts, %d failed\n' "${#accounts[@]}" "$failed"
[ "$failed" = 0 ]
