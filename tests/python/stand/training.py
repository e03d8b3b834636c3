"""A training job as SageMaker runs it: with the role that it was passed, and nothing else.

What a job needs of its role: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms
"""

import io
import tarfile
from typing import Any
from urllib.parse import urlparse

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core.utils import unix_time_millis
from moto.iam.models import iam_backends
from moto.sagemaker.models import FakeTrainingJob, sagemaker_backends
from moto.sts.models import sts_backends

from .callers import PARTITION, account_id
from .needs.need import REGION

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
METRICS_NAMESPACE = "/aws/sagemaker/TrainingJobs"
# The line that a job writes into its log.
LOG_LINE = "Training seed: 20221130"
# The hyperparameters with which the SDKs say where the code is that a job runs, and that of a job which does not end by itself.
CODE = "sagemaker_submit_directory"
ENDLESS = "endless"
SESSION = "SageMaker"
SESSION_SECONDS = 3_600


def run(name: str, endpoint: str) -> None:
    """Run a job to its end, or until it is stopped, on the stand itself. A job that is refused something has failed."""
    job = sagemaker_backends[account_id()][REGION].training_jobs[name]
    job.training_job_status, job.secondary_status = "InProgress", "Training"
    try:
        _work(job, endpoint)
    except ClientError as error:
        job.training_job_status, job.secondary_status = "Failed", "Failed"
        job.failure_reason = f"ClientError: {error}"
        return
    if _texts(job).get(ENDLESS) != "true":
        job.training_job_status, job.secondary_status = "Completed", "Completed"


def _work(job: FakeTrainingJob, endpoint: str) -> None:
    clients = _clients(job.role_arn, endpoint)
    _pull_image(clients["ecr"], job)
    s3 = clients["s3"]
    for channel in job.input_data_config or []:
        bucket, prefix = _place(channel["DataSource"]["S3DataSource"]["S3Uri"])
        for held in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            s3.get_object(Bucket=bucket, Key=held["Key"])
    if code := _texts(job).get(CODE):
        bucket, key = _place(code.strip('"'))
        s3.get_object(Bucket=bucket, Key=key)
    stream = f"{job.training_job_name}/algo-1-{int(unix_time_millis())}"
    logs = clients["logs"]
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
    event = {"timestamp": int(unix_time_millis()), "message": LOG_LINE}
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=stream, logEvents=[event])
    datum = {"MetricName": "reward", "Value": 1.0}
    clients["cloudwatch"].put_metric_data(Namespace=METRICS_NAMESPACE, MetricData=[datum])
    bucket, prefix = _place(job.output_data_config["S3OutputPath"])
    key = "/".join(filter(None, [prefix.rstrip("/"), job.training_job_name, "output", "model.tar.gz"]))
    s3.put_object(Bucket=bucket, Key=key, Body=_model(), **_encryption(job.output_data_config))


def _encryption(output: dict[str, str]) -> dict[str, str]:
    """How SageMaker has what a job writes encrypted: without a key, by the key that S3 has for the account.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
    """
    key = output.get("KmsKeyId")
    return {"ServerSideEncryption": "aws:kms"} | ({"SSEKMSKeyId": key} if key else {})


def _clients(role: str, endpoint: str) -> dict[str, Any]:
    # SageMaker may assume whatever role was passed to it: PassRole was asked before.
    assert iam_backends[account_id()][PARTITION].get_role_by_arn(role)
    made = sts_backends[account_id()][PARTITION].assume_role(
        region_name=REGION,
        role_session_name=SESSION,
        role_arn=role,
        policy="",
        duration=SESSION_SECONDS,
        external_id="",
    )
    session = boto3.Session(made.access_key_id, made.secret_access_key, made.session_token, region_name=REGION)
    config = Config(proxies={}, retries={"total_max_attempts": 1})
    services = ("s3", "logs", "ecr", "cloudwatch")
    return {service: session.client(service, endpoint_url=endpoint, config=config) for service in services}


def _pull_image(ecr: Any, job: FakeTrainingJob) -> None:
    image = job.algorithm_specification["TrainingImage"]
    repository, _, tag = image.partition("/")[2].partition(":")
    ecr.get_authorization_token()
    ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}])


def _texts(job: FakeTrainingJob) -> dict[str, str]:
    return job.hyper_parameters or {}


def _place(uri: str) -> tuple[str, str]:
    parsed = urlparse(uri)
    return parsed.netloc, parsed.path.lstrip("/")


def _model() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        content = b"weights"
        member = tarfile.TarInfo("model.pb")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
