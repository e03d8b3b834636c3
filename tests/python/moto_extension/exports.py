"""What `racestack audit --script` asks and moto does not answer: lists of lifecycle configurations, the tags of notebooks from the
Resource Groups Tagging API, which knows no resource that never had a tag, and a credential report with all its columns.

Sources: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult
from moto.iam.models import User
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

NOTEBOOKS = "sagemaker:notebook-instance"


def extend() -> None:
    """Put this module's behaviour into moto."""
    SageMakerResponse.list_notebook_instance_lifecycle_configs = _list_lifecycle_configs
    User.to_csv = _credentials
    backend = ResourceGroupsTaggingAPIBackend
    backend._get_resources_generator = _with_notebooks(backend._get_resources_generator)


def _list_lifecycle_configs(response: SageMakerResponse) -> ActionResult:
    configs = response.sagemaker_backend.notebook_instance_lifecycle_configurations.values()
    listed = [
        {
            "NotebookInstanceLifecycleConfigName": one.notebook_instance_lifecycle_config_name,
            "NotebookInstanceLifecycleConfigArn": one.arn,
        }
        for one in configs
    ]
    return ActionResult({"NotebookInstanceLifecycleConfigs": listed})


def _with_notebooks(original: Callable[..., Iterator[TaggedResource]]) -> Callable[..., Iterator[TaggedResource]]:
    @functools.wraps(original)
    def resources(
        backend: ResourceGroupsTaggingAPIBackend, *arguments: Any, **filters: Any
    ) -> Iterator[TaggedResource]:
        if filters.get("resource_type_filters") != [NOTEBOOKS]:
            yield from original(backend, *arguments, **filters)
            return
        notebooks = sagemaker_backends[backend.account_id][backend.region_name].notebook_instances
        for notebook in notebooks.values():
            if notebook.tags:
                tags = {tag["Key"]: tag["Value"] for tag in notebook.tags}
                yield TaggedResource(notebook.arn, tags, NOTEBOOKS)

    return resources


def _credentials(user: User) -> str:
    def moment(value: Any) -> str:
        return value.strftime("%Y-%m-%dT%H:%M:%S+00:00")

    password = ["true", "no_information", moment(user.create_date), "N/A"] if user.password else ["false"] + ["N/A"] * 3
    row = [user.name, user.arn, moment(user.create_date), *password, "true" if user.mfa_devices else "false"]
    for index in range(2):
        if index < len(user.access_keys):
            key = user.access_keys[index]
            used = [moment(key.last_used), "ap-northeast-1", "s3"] if key.last_used else ["N/A"] * 3
            row += ["true" if key.status == "Active" else "false", moment(key.create_date), *used]
        else:
            row += ["false"] + ["N/A"] * 4
    return ",".join([*row, "false", "N/A", "false", "N/A"]) + "\n"
