"""The AWS CLI, running command after command: arguments in; status, output and errors out; one JSON list a line.

Starting `aws` anew for each of the many questions that reading an account back takes would cost minutes. It has a
process of its own because it brings a botocore of its own, which gets in the way of boto3's.
"""

import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver


def main() -> None:
    """Run the commands that come on standard input."""
    driver = create_clidriver()
    for line in sys.stdin:
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            status = driver.main(json.loads(line))
        print(json.dumps([status, output.getvalue(), errors.getvalue()]), flush=True)


if __name__ == "__main__":
    main()
