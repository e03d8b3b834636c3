"""AWS::SageMaker::NotebookInstance and its lifecycle configuration, through SageMaker's API.

moto's own types drop the names, tags, platform and metadata version, and update by deleting and making anew.
"""

from .clients import Clients
from .resource_type import Properties, ResourceType, tags_gone

# What UpdateNotebookInstance takes, under the template's names.
UPDATABLE = ("InstanceType", "InstanceMetadataServiceConfiguration", "RoleArn", "RootAccess", "VolumeSizeInGB")


def _create_notebook(clients: Clients, properties: Properties) -> str:
    return clients.sagemaker.create_notebook_instance(**properties)["NotebookInstanceArn"]


def _update_notebook(clients: Clients, arn: str, old: Properties, new: Properties) -> None:
    """CloudFormation stops a notebook to change it, and starts it again."""
    if not old:
        return
    name = new["NotebookInstanceName"]
    removed = tags_gone(old, new)
    if removed:
        clients.sagemaker.delete_tags(ResourceArn=arn, TagKeys=removed)
    if new.get("Tags") and new["Tags"] != old.get("Tags"):
        clients.sagemaker.add_tags(ResourceArn=arn, Tags=new["Tags"])
    changes: Properties = {key: new[key] for key in UPDATABLE if key in new and new[key] != old.get(key)}
    if new.get("LifecycleConfigName") != old.get("LifecycleConfigName"):
        if "LifecycleConfigName" in new:
            changes["LifecycleConfigName"] = new["LifecycleConfigName"]
        else:
            changes["DisassociateLifecycleConfig"] = True
    if changes:
        clients.sagemaker.stop_notebook_instance(NotebookInstanceName=name)
        clients.sagemaker.update_notebook_instance(NotebookInstanceName=name, **changes)
        clients.sagemaker.start_notebook_instance(NotebookInstanceName=name)


def _delete_notebook(clients: Clients, _arn: str, properties: Properties) -> None:
    name = properties["NotebookInstanceName"]
    clients.sagemaker.stop_notebook_instance(NotebookInstanceName=name)
    clients.sagemaker.delete_notebook_instance(NotebookInstanceName=name)


def _create_lifecycle_config(clients: Clients, properties: Properties) -> str:
    made = clients.sagemaker.create_notebook_instance_lifecycle_config(**properties)
    return made["NotebookInstanceLifecycleConfigArn"]


def _update_lifecycle_config(clients: Clients, _arn: str, old: Properties, new: Properties) -> None:
    if old:
        clients.sagemaker.update_notebook_instance_lifecycle_config(**new)


NOTEBOOK = ResourceType(
    name="AWS::SageMaker::NotebookInstance",
    name_property="NotebookInstanceName",
    properties=frozenset(
        {
            *UPDATABLE,
            "DirectInternetAccess",
            "KmsKeyId",
            "LifecycleConfigName",
            "NotebookInstanceName",
            "PlatformIdentifier",
            "SecurityGroupIds",
            "SubnetId",
            "Tags",
        }
    ),
    create=_create_notebook,
    update=_update_notebook,
    delete=_delete_notebook,
    attributes=lambda _, arn: {"NotebookInstanceName": arn.rpartition("/")[2], "NotebookInstanceArn": arn},
)

LIFECYCLE_CONFIG = ResourceType(
    name="AWS::SageMaker::NotebookInstanceLifecycleConfig",
    name_property="NotebookInstanceLifecycleConfigName",
    properties=frozenset({"NotebookInstanceLifecycleConfigName", "OnCreate", "OnStart"}),
    create=_create_lifecycle_config,
    update=_update_lifecycle_config,
    delete=lambda clients, arn, _: clients.sagemaker.delete_notebook_instance_lifecycle_config(
        NotebookInstanceLifecycleConfigName=arn.rpartition("/")[2]
    ),
    attributes=lambda _, arn: {
        "NotebookInstanceLifecycleConfigName": arn.rpartition("/")[2],
        "NotebookInstanceLifecycleConfigArn": arn,
    },
)
