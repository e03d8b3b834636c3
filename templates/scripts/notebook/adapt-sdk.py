# Written at each start of the notebook, and run by each kernel. It adapts the SageMaker SDK to what you may do:
# - The names that the SDK makes for training jobs begin with your notebook's, since you can read the logs of such jobs alone.
#   A name that you give in full stays as it is.
# - Version 3 takes the tags, the network and the keys of training jobs from the SDK's defaults file, as version 2 does.
# - No job asks for more time than a job may have.
def _racestack(prefix, longest):
    import importlib.abc, importlib.machinery, re, sys, time

    def named(base, stamp):
        room = 63 - len(prefix)
        if len(stamp) + 2 > room:
            base, stamp = "", f"{time.time_ns() // 10**6:x}"[-8:]
        base = base[len(prefix):] if base.startswith(prefix) else base
        base = re.sub("[^A-Za-z0-9]+", "-", base).strip("-")[: max(0, room - len(stamp) - 1)]
        return prefix + f"{base}-{stamp}".strip("-")

    def shorter(seconds):
        if not longest or isinstance(seconds, int) and seconds <= longest:
            return seconds
        print(f"A training job may run for {longest} seconds: it gets no more.")
        return longest

    def estimators(module):
        made = module.EstimatorBase.__init__

        def __init__(self, *args, **job):
            made(self, *args, **job)
            self.max_run = shorter(self.max_run)

        module.EstimatorBase.__init__ = __init__

        def _get_or_create_name(self, name=None):
            if not name:
                self._ensure_base_job_name()
                return named(self.base_job_name, sys.modules["sagemaker.utils"].sagemaker_timestamp())
            if not name.startswith(prefix):
                print(f"`{name}` does not begin with `{prefix}`: you cannot read the log of a training job of this name.")
            return name

        module.EstimatorBase._get_or_create_name = _get_or_create_name

    def trainers(module):
        module._get_unique_name = lambda base, max_length=63: named(base, time.strftime("%Y%m%d%H%M%S"))[:max_length]

    def training_jobs(module):
        create = module.TrainingJob.create

        def with_defaults(*args, **job):
            from sagemaker.core.config.config_manager import SageMakerConfig

            defaults = SageMakerConfig().load_sagemaker_config().get("SageMaker", {}).get("TrainingJob", {})
            tags = list(job.get("tags") or [])
            given = {tag.get("key") if isinstance(tag, dict) else tag.key for tag in tags}
            missing = [tag for tag in defaults.get("Tags", []) if tag["Key"] not in given]
            job["tags"] = tags + [{"key": tag["Key"], "value": tag["Value"]} for tag in missing]
            network = defaults.get("VpcConfig")
            if network and not job.get("vpc_config"):
                job["vpc_config"] = {"subnets": network["Subnets"], "security_group_ids": network["SecurityGroupIds"]}
            key, machines = defaults.get("ResourceConfig", {}).get("VolumeKmsKeyId"), job.get("resource_config")
            if key and machines and not isinstance(getattr(machines, "volume_kms_key_id", None), str):
                machines.volume_kms_key_id = key
            key, output = defaults.get("OutputDataConfig", {}).get("KmsKeyId"), job.get("output_data_config")
            if key and output and not isinstance(getattr(output, "kms_key_id", None), str):
                output.kms_key_id = key
            stop = job.get("stopping_condition")
            if longest and not stop:
                job["stopping_condition"] = {"max_runtime_in_seconds": longest}
            elif longest:
                stop.max_runtime_in_seconds = shorter(getattr(stop, "max_runtime_in_seconds", None))
            return create(*args, **job)

        module.TrainingJob.create = staticmethod(with_defaults)

    changes = {
        "sagemaker.estimator": estimators,  # version 2
        "sagemaker.modules.utils": trainers,  # version 2.2xx, which has version 3's trainer, too
        "sagemaker.train.utils": trainers,  # version 3
        "sagemaker.core.resources": training_jobs,
    }

    # Changes a module when it is imported: most kernels never import the SDK, which takes seconds.
    class Finder(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            spec = name in changes and importlib.machinery.PathFinder.find_spec(name, path, target)
            if not spec:
                return None
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                try:
                    changes[name](module)
                except Exception as error:
                    print(f"The SageMaker SDK is not adapted: {name}: {error}")

            spec.loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, Finder())


_racestack("$NOTEBOOK--", $LONGEST)
del _racestack
