#!/usr/bin/env bash
# Made by `racestack synth`. Makes the StackSet mycompany-deepracer-access and its stack in each account, with the
# credentials and in the region of the StackSet's administrator: set AWS_PROFILE and AWS_REGION or the like.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

name='mycompany-deepracer-access'

aws cloudformation create-stack-set \
  --stack-set-name "$name" \
  --template-body file://template.json \
  --permission-model SELF_MANAGED \
  --managed-execution Active=true \
  --parameters 'ParameterKey=BucketName,ParameterValue=SET-FOR-EACH-ACCOUNT' \
  --tags '[{"Key":"managed-by","Value":"racestack"}]' \
  --capabilities CAPABILITY_NAMED_IAM

aws cloudformation create-stack-instances \
  --stack-set-name "$name" \
  --accounts '111122223333' \
  --regions 'ap-northeast-1' \
  --parameter-overrides 'ParameterKey=BucketName,ParameterValue=mycompany-aws-deepracer-test-20221130201905'
