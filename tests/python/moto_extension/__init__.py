"""moto's server, made to deploy stacks as CloudFormation does.

moto 5.2.5 imitates the services that these tests read back from well, and CloudFormation itself poorly. Found by
experiment:

- a resource type that it does not know is skipped with a warning, `AWS::IAM::Group` among them;
- a property that it does not know is dropped: a user's tags, a notebook's name, a role's tags;
- named users, notebooks and lifecycle configurations are updated by deleting them and making them anew;
- `DeletionPolicy` is ignored when a resource leaves a template;
- a resource that fails ends in HTTP 500 and a half-made stack rather than in a roll-back;
- capabilities and the size of a template are not looked at, nor the parameters of a StackSet;
- outputs of a stack that a change set made are lost.

So `engine` and `stacks` replace the part that turns a template into resources. The resource types (`iam_resources`,
`s3_resources`, `sagemaker_resources`, `secrets_resources`) call the services' own APIs, as CloudFormation does, on this very server.
`iam_service`, `sts_service`, `sagemaker_service`, `training_jobs` and `exports` add what these APIs lack in moto. Whatever is not covered fails the stack: nothing
passes silently.
"""
