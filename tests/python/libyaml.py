"""PyYAML's loaders by libyaml: they read the same, in a fifth of the time. To be imported before what asks PyYAML for a loader.

moto and the AWS CLI read each template several times for a deployment of it.
"""

import yaml

yaml.Loader = yaml.loader.Loader = yaml.CLoader
yaml.SafeLoader = yaml.loader.SafeLoader = yaml.CSafeLoader
