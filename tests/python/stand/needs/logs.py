"""CloudWatch Logs: which actions an operation needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html

What is about a group as a whole, the reference gives the ARN of the group, and the service's own messages the ARN of a stream
without a name (https://github.com/hashicorp/terraform-provider-aws/issues/8804): a policy has to allow both.
"""

from ..callers import PARTITION, Caller, account_id
from .need import REGION, Mapping, Need, Parameters, without_resource

UPON_GROUP = ("CreateLogGroup", "DescribeLogStreams", "FilterLogEvents", "DeleteLogGroup")
UPON_STREAM = ("CreateLogStream", "GetLogEvents", "PutLogEvents", "DeleteLogStream")


def _group(parameters: Parameters) -> str:
    if "logGroupIdentifier" in parameters:
        return parameters["logGroupIdentifier"].removesuffix(":*").rpartition("log-group:")[2]
    return parameters["logGroupName"]


def _arn(group: str) -> str:
    return f"arn:{PARTITION}:logs:{REGION}:{account_id()}:log-group:{group}"


def _upon_group(operation: str) -> Mapping:
    def needs(parameters: Parameters, _caller: Caller) -> list[Need]:
        group = _arn(_group(parameters))
        return [Need(f"logs:{operation}", resource) for resource in (group, f"{group}:log-stream:")]

    return needs


def _upon_stream(operation: str) -> Mapping:
    def needs(parameters: Parameters, _caller: Caller) -> list[Need]:
        stream = f"{_arn(_group(parameters))}:log-stream:{parameters['logStreamName']}"
        return [Need(f"logs:{operation}", stream)]

    return needs


OPERATIONS: dict[str, Mapping] = {
    **{operation: _upon_group(operation) for operation in UPON_GROUP},
    **{operation: _upon_stream(operation) for operation in UPON_STREAM},
    # The service asks this of all groups, whatever the prefix.
    **without_resource("logs", "DescribeLogGroups"),
}
