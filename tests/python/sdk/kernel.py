"""A kernel of a notebook that runs code with the SageMaker SDK: arguments are the start-up files, the code comes in stdin.

Calls of AWS are answered here, and training jobs written to stdout as JSON, one a line. Nothing leaves the machine: see `alone.py`.
"""

import glob
import json
import os
import sys

import alone
import botocore.client
import once
from botocore.exceptions import ClientError

ANSWERS = {
    "CreateTrainingJob": {"TrainingJobArn": "arn:aws:sagemaker:ap-northeast-1:111122223333:training-job/job"},
    "GetCallerIdentity": {"Account": "111122223333", "Arn": "arn:aws:sts::111122223333:assumed-role/NAME/SageMaker"},
    "DescribeNotebookInstance": {"RoleArn": os.environ["ROLE"]},
    "ListBuckets": {"Buckets": []},
    "DescribeLogStreams": {"logStreams": []},
}
# What people may not do: see docs/policies.md.
DENIED = {"SimulatePrincipalPolicy", "GetRole"}


def answer(client, operation, request):
    if operation in DENIED:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "denied"}}, operation)
    if operation == "CreateTrainingJob":
        print("JOB " + json.dumps(request), flush=True)
    if operation == "DescribeTrainingJob":
        return {
            "TrainingJobName": request["TrainingJobName"],
            "TrainingJobArn": ANSWERS["CreateTrainingJob"]["TrainingJobArn"],
            "TrainingJobStatus": "Completed",
            "SecondaryStatus": "Completed",
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30},
        }
    return ANSWERS.get(operation, {})


alone.stay()
once.check_schemas()
botocore.client.BaseClient._make_api_call = answer
names = {"__name__": "__main__"}
for path in sorted(glob.glob(sys.argv[1])):
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), names)
names["leaked"] = sorted(set(names) - {"__name__", "__builtins__"})
exec(compile(sys.stdin.read(), "cell", "exec"), names)
