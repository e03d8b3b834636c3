"""The services of which a racer needs little: which actions an operation needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
"""

from moto.secretsmanager.models import secretsmanager_backends

from ..callers import PARTITION, Caller, account_id
from .need import REGION, Mapping, Need, Parameters, without_resource


def _put_metrics(parameters: Parameters, _caller: Caller) -> list[Need]:
    return [Need("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": parameters["Namespace"]})]


def _of_repository(operation: str) -> Mapping:
    def needs(parameters: Parameters, _caller: Caller) -> list[Need]:
        account = parameters.get("registryId", account_id())
        name = parameters["repositoryName"]
        return [Need(f"ecr:{operation}", f"arn:{PARTITION}:ecr:{REGION}:{account}:repository/{name}")]

    return needs


def _of_secret(operation: str) -> Mapping:
    def needs(parameters: Parameters, _caller: Caller) -> list[Need]:
        secrets = secretsmanager_backends[account_id()][REGION].secrets
        held = secrets.get(parameters["SecretId"]) if parameters["SecretId"] in secrets else None
        arn = held.arn if held else f"arn:{PARTITION}:secretsmanager:{REGION}:{account_id()}:secret:none-AbCdEf"
        return [Need(f"secretsmanager:{operation}", arn)]

    return needs


CLOUDWATCH: dict[str, Mapping] = {
    "PutMetricData": _put_metrics,
    **without_resource("cloudwatch", "GetMetricData", "GetMetricStatistics", "ListMetrics"),
}
EC2: dict[str, Mapping] = without_resource(
    "ec2", "DescribeInstances", "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"
)
ECR: dict[str, Mapping] = {
    **without_resource("ecr", "GetAuthorizationToken"),
    **{
        operation: _of_repository(operation)
        for operation in ("BatchCheckLayerAvailability", "BatchGetImage", "CreateRepository", "GetDownloadUrlForLayer")
    },
}
KMS: dict[str, Mapping] = without_resource("kms", "ListAliases", "ListKeys")
SECRETS: dict[str, Mapping] = {operation: _of_secret(operation) for operation in ("GetSecretValue", "DescribeSecret")}
