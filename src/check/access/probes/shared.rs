//! What nobody may of what is everybody's.

use super::actions::{
    ACCESS_POINT, BUCKET, DELETE, FUNCTION, GROUP, LIFECYCLE, LIST, LOG_GROUP, POLICY, ROLE, STACK, USER, WRITE,
};
use super::{AccessProbe, ProbeBuilder, ProbedPerson, ResourcePolicyRef, one, resource_tags};
use crate::check::access::owned::known_tags;
use crate::inventory::PolicyKind;

impl ProbeBuilder<'_> {
    /// What nobody may of what belongs to everybody, and of their own that says who they are.
    pub fn shared(&self, own: &ProbedPerson<'_>) -> Vec<AccessProbe> {
        let who = own.name;
        let (partition, account) = (&self.names.partition, &self.names.account_id);
        let bucket = &self.names.bucket_arn;
        let mut probes = Vec::new();
        for (action, verb) in LIST {
            let verb = format!("{verb} the root of the bucket");
            probes.push(self.probe(verb.clone(), action, bucket, Vec::new()));
            for prefix in [String::new(), who.to_string()] {
                probes.push(self.probe(verb.clone(), action, bucket, vec![one("s3:prefix", prefix)]));
            }
        }
        for folder in &self.shared_folders.of_everybody {
            let verb = format!("write into the shared folder `{folder}`");
            let key = format!("{bucket}/{folder}/any");
            let actions = WRITE.iter().chain(&DELETE);
            probes.extend(actions.map(|action| self.probe(&verb, action, &key, Vec::new())));
        }
        // Uploads are listed of all or none.
        let uploads = "s3:ListBucketMultipartUploads";
        probes.push(self.probe("list the uploads in the bucket", uploads, bucket, Vec::new()));
        for action in BUCKET {
            probes.push(self.probe("change or delete the bucket", &format!("s3:{action}"), bucket, Vec::new()));
        }
        for name in [self.names.bucket.as_str(), "another-bucket"] {
            let arn = format!("arn:{partition}:s3:::{name}");
            probes.push(self.probe("make a bucket", "s3:CreateBucket", arn, Vec::new()));
        }
        for (action, kind) in ACCESS_POINT {
            let arn = self.arn("s3", kind);
            probes.push(self.probe("make other ways to the bucket", &format!("s3:{action}"), arn, Vec::new()));
        }
        for group in ["NotebookInstances", "TrainingJobs"] {
            // A log group's ARN is written with and without what stands for its streams.
            for streams in ["", ":log-stream:any"] {
                let arn = self.arn("logs", &format!("log-group:/aws/sagemaker/{group}{streams}"));
                for (action, verb) in LOG_GROUP {
                    probes.push(self.probe(
                        format!("{verb} everybody's logs"),
                        &format!("logs:{action}"),
                        &arn,
                        Vec::new(),
                    ));
                }
            }
        }
        for function in [self.names.key_rotation_function.as_str(), "deepracer-any"] {
            let arn = self.arn("lambda", &format!("function:{function}"));
            for action in FUNCTION {
                let verb = "read, run or change functions";
                probes.push(self.probe(verb, &format!("lambda:{action}"), &arn, Vec::new()));
            }
        }
        let stack = self.arn("cloudformation", &format!("stack/{}-001/any", self.names.group));
        for action in STACK {
            probes.push(self.probe("change stacks", &format!("cloudformation:{action}"), &stack, Vec::new()));
        }
        let lifecycle = self.sagemaker("notebook-instance-lifecycle-config/any");
        for action in LIFECYCLE {
            let action = format!("sagemaker:{action}");
            probes.push(self.probe("write lifecycle configurations", &action, &lifecycle, Vec::new()));
        }
        for notebook in &own.resources.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            probes.extend(self.tagging("their own notebook", &arn, &known_tags(&notebook.tags), (Some(who), None)));
        }
        for group in &self.account.inventory.groups {
            probes.extend(self.identity("groups", &GROUP, &group.arn, &[]));
        }
        for policy in &self.account.inventory.policies {
            if let (PolicyKind::Managed(arn), Ok(_)) = (&policy.kind, policy.document.parsed()) {
                probes.extend(self.identity("policies", &POLICY, arn, &[]));
            }
        }
        for user in &own.resources.users {
            let tags = resource_tags("iam", &known_tags(&user.tags));
            probes.extend(self.identity("their own user", &USER, &user.arn, &tags));
        }
        for role in &own.resources.roles {
            let tags = resource_tags("iam", &known_tags(&role.tags));
            probes.extend(self.identity("their own notebook role", &ROLE, &role.arn, &tags));
        }
        for (verb, action, kind) in [
            ("make users", "iam:CreateUser", "user/any"),
            ("make roles", "iam:CreateRole", "role/any"),
            ("make policies", "iam:CreatePolicy", "policy/any"),
            ("make groups", "iam:CreateGroup", "group/any"),
        ] {
            let arn = format!("arn:{partition}:iam::{account}:{kind}");
            probes.push(self.probe(verb, action, arn, Vec::new()));
        }
        let foreign = format!("arn:{partition}:iam::{account}:role/any");
        let roles = self.account.roles.iter().map(|role| (&role.arn, self.account.trust(role)));
        for (arn, over) in roles.chain([(&foreign, ResourcePolicyRef::UnknownRole)]) {
            probes.extend(self.pass("roles that are not theirs", arn, &[]));
            let take = self.probe("take on roles that are not theirs", "sts:AssumeRole", arn, Vec::new());
            probes.push(AccessProbe { over, ..take });
        }
        probes
    }
}
