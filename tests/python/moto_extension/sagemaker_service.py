"""What SageMaker's API keeps, checks or offers and moto's does not.

moto drops a notebook's platform and metadata version, takes a role or a lifecycle configuration that does not exist,
knows an old list of instance types, and can update neither notebooks nor lifecycle configurations.
"""

import functools
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeSagemakerNotebookInstance
from moto.sagemaker.responses import SageMakerResponse

# The parameters that moto drops, as DescribeNotebookInstance gives them back.
DROPPED = ("PlatformIdentifier", "InstanceMetadataServiceConfiguration")

# What UpdateNotebookInstance takes, and where moto's model keeps it.
UPDATABLE = {
    "InstanceType": "instance_type",
    "RoleArn": "role_arn",
    "RootAccess": "root_access",
    "VolumeSizeInGB": "volume_size_in_gb",
    "LifecycleConfigName": "lifecycle_config_name",
}


def extend() -> None:
    """Put this module's behaviour into moto."""
    notebook = FakeSagemakerNotebookInstance
    notebook.dropped = {}
    notebook.to_dict = _describe_all(notebook.to_dict)
    # The clients that make stacks check the type against the API's own, current list.
    notebook.validate_instance_type = lambda _self, _instance_type: None
    SageMakerResponse.create_notebook_instance = _create_checked(SageMakerResponse.create_notebook_instance)
    SageMakerResponse.update_notebook_instance = _update_notebook_instance
    SageMakerResponse.update_notebook_instance_lifecycle_config = _update_lifecycle_config


def _describe_all(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    @functools.wraps(original)
    def to_dict(notebook: FakeSagemakerNotebookInstance) -> dict[str, Any]:
        return original(notebook) | notebook.dropped

    return to_dict


def _create_checked(original: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
    @functools.wraps(original)
    def create_notebook_instance(response: SageMakerResponse) -> ActionResult:
        _require_what_it_names(response)
        result = original(response)
        notebook = response.sagemaker_backend.get_notebook_instance(response._get_param("NotebookInstanceName"))
        notebook.dropped = {key: response._get_param(key) for key in DROPPED if response._get_param(key)}
        return result

    return create_notebook_instance


def _require_what_it_names(response: SageMakerResponse) -> None:
    role_arn, config = response._get_param("RoleArn"), response._get_param("LifecycleConfigName")
    if role_arn:
        iam_backends[response.current_account][response.partition].get_role_by_arn(role_arn)
    configs = response.sagemaker_backend.notebook_instance_lifecycle_configurations
    if config and config not in configs:
        raise ValidationError(message=f"Unable to describe Notebook Instance Lifecycle Config {config!r}.")


def _update_notebook_instance(response: SageMakerResponse) -> EmptyResult:
    notebook = response.sagemaker_backend.get_notebook_instance(response._get_param("NotebookInstanceName"))
    if notebook.status != "Stopped":
        raise ValidationError(
            message=f"Status ({notebook.status}) not in ([Stopped, Failed]). Unable to transition to (Updating)."
        )
    _require_what_it_names(response)
    volume = response._get_param("VolumeSizeInGB")
    if volume and volume < notebook.volume_size_in_gb:
        raise ValidationError(
            message="The requested volume size is smaller than the notebook's: volumes cannot shrink."
        )
    for parameter, attribute in UPDATABLE.items():
        if response._get_param(parameter) is not None:
            setattr(notebook, attribute, response._get_param(parameter))
    if response._get_param("DisassociateLifecycleConfig"):
        notebook.lifecycle_config_name = None
    metadata = response._get_param("InstanceMetadataServiceConfiguration")
    if metadata:
        notebook.dropped = notebook.dropped | {"InstanceMetadataServiceConfiguration": metadata}
    notebook.last_modified_time = utcnow()
    return EmptyResult()


def _update_lifecycle_config(response: SageMakerResponse) -> EmptyResult:
    name = response._get_param("NotebookInstanceLifecycleConfigName")
    config = response.sagemaker_backend.notebook_instance_lifecycle_configurations.get(name)
    if config is None:
        raise ValidationError(message=f"Unable to describe Notebook Instance Lifecycle Config {name!r}.")
    config.on_create = response._get_param("OnCreate")
    config.on_start = response._get_param("OnStart")
    config.last_modified_time = utcnow()
    return EmptyResult()
