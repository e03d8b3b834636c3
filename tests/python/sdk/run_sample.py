"""Run a sample with the SageMaker Python SDK, unchanged, as a kernel of a notebook or Python on a laptop runs it.

Arguments: the sample, the file that each kernel runs first (or nothing), and the file in which SageMaker tells a notebook what
it is (or nothing), which the SDK looks for in a place that only a notebook has.
"""

import importlib
import runpy
import sys
import time

import alone
import once

# Where the SDK's versions keep the place.
HOLDERS = ("sagemaker.session", "sagemaker.core.helper.session_helper")

LONGEST_WAIT = 0.1


def main() -> None:
    """Run the sample."""
    sample, startup, metadata = sys.argv[1:]
    alone.stay()
    once.check_schemas()
    # A job of the stand has ended when the SDK looks for the first time; version 2 waits ten seconds before it looks.
    wait = time.sleep
    time.sleep = lambda seconds: wait(min(seconds, LONGEST_WAIT))
    if startup:
        runpy.run_path(startup)
    if metadata:
        for name in HOLDERS:
            try:
                holder = importlib.import_module(name)
            except ImportError:
                continue
            holder.NOTEBOOK_METADATA_FILE = metadata
    runpy.run_path(sample, run_name="__main__")


if __name__ == "__main__":
    main()
