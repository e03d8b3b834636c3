"""What SageMaker's API does with training jobs, and with addresses of notebooks, and moto's does not.

To moto every job is completed at once: what runs jobs sets their state. It cannot stop any, and makes no presigned addresses.
"""

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeTrainingJob
from moto.sagemaker.responses import SageMakerResponse


def extend() -> None:
    """Put this module's behaviour into moto."""
    FakeTrainingJob.failure_reason = None
    SageMakerResponse.stop_training_job = _stop_training_job
    SageMakerResponse.delete_training_job = _delete_training_job
    SageMakerResponse.create_presigned_notebook_instance_url = _create_presigned_notebook_instance_url


def _stop_training_job(response: SageMakerResponse) -> EmptyResult:
    name = response._get_param("TrainingJobName")
    job = response.sagemaker_backend.training_jobs.get(name)
    if job is None:
        raise ValidationError(message="Requested resource not found.")
    if job.training_job_status != "InProgress":
        raise ValidationError(
            message=f"The request was rejected because the training job is in status {job.training_job_status}."
        )
    job.training_job_status, job.secondary_status = "Stopped", "Stopped"
    job.training_end_time = job.last_modified_time = utcnow()
    return EmptyResult()


def _delete_training_job(response: SageMakerResponse) -> EmptyResult:
    if response.sagemaker_backend.training_jobs.pop(response._get_param("TrainingJobName"), None) is None:
        raise ValidationError(message="Requested resource not found.")
    return EmptyResult()


def _create_presigned_notebook_instance_url(response: SageMakerResponse) -> ActionResult:
    notebook = response.sagemaker_backend.get_notebook_instance(response._get_param("NotebookInstanceName"))
    if notebook.status != "InService":
        raise ValidationError(message=f"Status ({notebook.status}) not in ([InService]).")
    return ActionResult({"AuthorizedUrl": f"https://{notebook.url}?authToken={mock_random.get_random_hex(32)}"})
