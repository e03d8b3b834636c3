"""SageMaker: which actions an operation needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
https://docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html
"""

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends

from ..callers import PARTITION, Caller, account_id
from .need import REGION, Context, Mapping, Need, Parameters, tags_of_request, without_resource

# Operations upon something that there is, with the parameter that names it and the type of its ARN.
UPON = {
    "DescribeTrainingJob": ("TrainingJobName", "training-job"),
    "StopTrainingJob": ("TrainingJobName", "training-job"),
    "UpdateTrainingJob": ("TrainingJobName", "training-job"),
    "CreatePresignedNotebookInstanceUrl": ("NotebookInstanceName", "notebook-instance"),
    "DescribeNotebookInstance": ("NotebookInstanceName", "notebook-instance"),
    "StartNotebookInstance": ("NotebookInstanceName", "notebook-instance"),
    "StopNotebookInstance": ("NotebookInstanceName", "notebook-instance"),
    "UpdateNotebookInstance": ("NotebookInstanceName", "notebook-instance"),
    "DeleteNotebookInstance": ("NotebookInstanceName", "notebook-instance"),
}
LIFECYCLE = (
    "CreateNotebookInstanceLifecycleConfig",
    "DescribeNotebookInstanceLifecycleConfig",
    "UpdateNotebookInstanceLifecycleConfig",
    "DeleteNotebookInstanceLifecycleConfig",
)
# Who a role is passed to.
SERVICE = "sagemaker.amazonaws.com"


def arn(kind: str, name: str) -> str:
    """The ARN of something in SageMaker, whose name it holds in lower case."""
    return f"arn:{PARTITION}:sagemaker:{REGION}:{account_id()}:{kind}/{name.lower()}"


def tags_of_resource(resource: str) -> Context:
    """The condition keys of the tags of something that there is; none of what there is not."""
    try:
        held = sagemaker_backends[account_id()][REGION].list_tags(arn=resource)[0]
    except (ValidationError, AttributeError):
        return {}
    return {
        f"{service}:ResourceTag/{tag['Key']}": tag["Value"] for tag in held for service in ("aws", "sagemaker")
    }


def _upon(operation: str) -> Mapping:
    parameter, kind = UPON[operation]

    def needs(parameters: Parameters, _caller: Caller) -> list[Need]:
        resource = arn(kind, parameters[parameter])
        found = [Need(f"sagemaker:{operation}", resource, tags_of_resource(resource))]
        if "RoleArn" in parameters:
            found.append(_pass_role(parameters["RoleArn"]))
        return found

    return needs


def _pass_role(role: str) -> Need:
    return Need("iam:PassRole", role, {"iam:PassedToService": SERVICE})


def _tagged_while_made(operation: str, resource: str, parameters: Parameters) -> list[Need]:
    """Tags in a request that makes something need an action of their own, with a key that says so.

    https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_id-based-policy-examples.html#grant-tagging-permissions
    """
    if not parameters.get("Tags"):
        return []
    context = tags_of_request(parameters["Tags"]) | {"sagemaker:TaggingAction": operation}
    return [Need("sagemaker:AddTags", resource, context)]


def _create_training_job(parameters: Parameters, _caller: Caller) -> list[Need]:
    resource = arn("training-job", parameters["TrainingJobName"])
    resources, vpc = parameters.get("ResourceConfig", {}), parameters.get("VpcConfig", {})
    groups = resources.get("InstanceGroups", [])
    types = [group["InstanceType"] for group in groups] or [resources.get("InstanceType")]
    said = {
        "sagemaker:InstanceTypes": [one for one in types if one],
        "sagemaker:VolumeKmsKey": resources.get("VolumeKmsKeyId"),
        "sagemaker:OutputKmsKey": parameters.get("OutputDataConfig", {}).get("KmsKeyId"),
        "sagemaker:VpcSubnets": vpc.get("Subnets"),
        "sagemaker:VpcSecurityGroupIds": vpc.get("SecurityGroupIds"),
        "sagemaker:MaxRuntimeInSeconds": _said(parameters.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")),
        "sagemaker:KeepAlivePeriod": _said(resources.get("KeepAlivePeriodInSeconds")),
        "sagemaker:EnableRemoteDebug": _said(parameters.get("RemoteDebugConfig", {}).get("EnableRemoteDebug")),
        "sagemaker:NetworkIsolation": _said(parameters.get("EnableNetworkIsolation")),
        "sagemaker:InterContainerTrafficEncryption": _said(parameters.get("EnableInterContainerTrafficEncryption")),
    }
    context = tags_of_request(parameters.get("Tags")) | {key: value for key, value in said.items() if value}
    return [
        Need("sagemaker:CreateTrainingJob", resource, context),
        *_tagged_while_made("CreateTrainingJob", resource, parameters),
        _pass_role(parameters["RoleArn"]),
    ]


def _said(value: bool | int | None) -> str | None:
    return None if value is None else str(value).lower()


def _create_notebook(parameters: Parameters, _caller: Caller) -> list[Need]:
    resource = arn("notebook-instance", parameters["NotebookInstanceName"])
    context = tags_of_request(parameters.get("Tags")) | {"sagemaker:InstanceTypes": [parameters["InstanceType"]]}
    return [
        Need("sagemaker:CreateNotebookInstance", resource, context),
        *_tagged_while_made("CreateNotebookInstance", resource, parameters),
        _pass_role(parameters["RoleArn"]),
    ]


def _tags(operation: str) -> Mapping:
    def needs(parameters: Parameters, _caller: Caller) -> list[Need]:
        resource = parameters["ResourceArn"]
        context = tags_of_resource(resource) | tags_of_request(parameters.get("Tags"))
        if "TagKeys" in parameters:
            context["aws:TagKeys"] = parameters["TagKeys"]
        return [Need(f"sagemaker:{operation}", resource, context)]

    return needs


def _lifecycle(operation: str) -> Mapping:
    def needs(parameters: Parameters, _caller: Caller) -> list[Need]:
        name = parameters["NotebookInstanceLifecycleConfigName"]
        return [Need(f"sagemaker:{operation}", arn("notebook-instance-lifecycle-config", name))]

    return needs


OPERATIONS: dict[str, Mapping] = {
    **without_resource("sagemaker", "ListNotebookInstances", "ListTrainingJobs"),
    **{operation: _upon(operation) for operation in UPON},
    **{operation: _tags(operation) for operation in ("ListTags", "AddTags", "DeleteTags")},
    **{operation: _lifecycle(operation) for operation in LIFECYCLE},
    "CreateTrainingJob": _create_training_job,
    "CreateNotebookInstance": _create_notebook,
}
