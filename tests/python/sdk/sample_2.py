"""Train with version 2 of the SageMaker Python SDK, as its samples do."""

import os

import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.rl import RLEstimator
from sagemaker.s3 import S3Downloader

session = sagemaker.Session()
print("bucket:", session.default_bucket())
data = session.upload_data("data.csv", key_prefix="data")
print("data:", data)

# On a notebook, the role is the notebook's; on a laptop, that of the SDK's defaults.
role = sagemaker.get_execution_role() if os.environ["ON_NOTEBOOK"] == "yes" else None
estimator = Estimator(
    os.environ["IMAGE"],
    role,
    instance_count=1,
    instance_type="ml.c5.xlarge",
    base_job_name=os.environ.get("BASE_JOB_NAME"),
)
estimator.fit({"train": data})
print("job:", estimator.latest_training_job.name)
print("model:", estimator.model_data)
S3Downloader.download(estimator.model_data, "model")

estimator = RLEstimator(
    entry_point="train.py",
    source_dir="src",
    image_uri=os.environ["IMAGE"],
    role=role,
    instance_count=1,
    instance_type="ml.c5.xlarge",
    base_job_name=os.environ.get("BASE_JOB_NAME"),
)
estimator.fit()
print("job:", estimator.latest_training_job.name)
