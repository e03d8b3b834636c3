"""The map from the operations of services to what AWS authorizes them by. What is not in it, nobody may call."""

from ..callers import Caller
from ..calls import Call
from . import iam, logs, others, s3, sagemaker, sts
from .need import Mapping, Need

OPERATIONS: dict[str, dict[str, Mapping]] = {
    "cloudwatch": others.CLOUDWATCH,
    "ec2": others.EC2,
    "ecr": others.ECR,
    "iam": iam.OPERATIONS,
    "kms": others.KMS,
    "logs": logs.OPERATIONS,
    "s3": s3.OPERATIONS,
    "sagemaker": sagemaker.OPERATIONS,
    "secretsmanager": others.SECRETS,
    "sts": sts.OPERATIONS,
}


class Unmapped(Exception):
    """An operation that the map does not have."""


def needs_of(call: Call, caller: Caller) -> list[Need]:
    """What a call is authorized by."""
    mapping = OPERATIONS.get(call.service, {}).get(call.operation)
    if mapping is None:
        raise Unmapped(f"the map has no {call.name}")
    return mapping(call.parameters, caller)
