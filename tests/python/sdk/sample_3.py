"""Train with version 3 of the SageMaker Python SDK, as its samples do."""

import logging
import os

from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.shapes import Tag
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

# Where logging is not set up, version 3 shows nothing of a job's log.
logging.basicConfig(level=logging.INFO, format="%(message)s")

session = Session()
print("bucket:", session.default_bucket())
data = session.upload_data("data.csv", key_prefix="data")
print("data:", data)

# On a notebook, the role is the notebook's; on a laptop, that of the SDK's defaults.
role = get_execution_role() if os.environ["ON_NOTEBOOK"] == "yes" else None
trainer = ModelTrainer(
    training_image=os.environ["IMAGE"],
    role=role,
    source_code=SourceCode(source_dir="src", entry_script="train.py"),
    compute=Compute(instance_type="ml.c5.xlarge", instance_count=1),
    base_job_name=os.environ.get("BASE_JOB_NAME"),
    # `ModelTrainer` (sagemaker-train 1.27) does not take the tags of the SDK's defaults: a laptop has to say them.
    tags=[Tag(key="user", value=os.environ["OWNER"])] if "OWNER" in os.environ else None,
)
trainer.train(input_data_config=[InputData(channel_name="train", data_source=data)])
job = trainer._latest_training_job
print("job:", job.training_job_name)
print("model:", job.model_artifacts.s3_model_artifacts)
