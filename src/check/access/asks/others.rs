//! What nobody may of another's.

use super::actions::{CREDENTIALS, DELETE, JOB, KEYS, LIST, LOG_STREAM, NOTEBOOK, READ, ROLE, SECRET, USER, WRITE};
use super::{Ask, Over, Scene, Whose, notebook_log, one, resource_tags, several};
use crate::check::access::marks::{OTHER_NAME, OWN_NAME};

/// The name of a usual object of a folder.
const USUAL: &str = "model.tar.gz";

/// Whom a tag `user` may name.
const BOTH: [char; 2] = [OWN_NAME, OTHER_NAME];

impl Scene<'_> {
    /// What nobody may of another's.
    pub fn others(&self, own: &Whose<'_>, other: &Whose<'_>) -> Vec<Ask> {
        let who = OTHER_NAME;
        let bucket = &self.names.bucket_arn;
        let mut asks = Vec::new();
        let listed = [
            (READ.to_vec(), "read the folder of"),
            (WRITE.to_vec(), "write into the folder of"),
            (DELETE.to_vec(), "delete in the folder of"),
        ];
        for (actions, verb) in listed {
            for action in actions {
                let key = format!("{bucket}/{who}/{USUAL}");
                asks.push(self.ask(format!("{verb} `{who}`"), action, key, Vec::new()));
            }
        }
        for (action, verb) in LIST {
            let verb = format!("{verb} the folder of `{who}`");
            for prefix in [format!("{who}/{USUAL}"), who.to_string()] {
                asks.push(self.ask(verb.clone(), action, bucket, vec![one("s3:prefix", prefix)]));
            }
        }
        for notebook in &other.holdings.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            let tags = other.tags_of(&notebook.tags);
            for (action, verb) in NOTEBOOK {
                let verb = format!("{verb} the notebook of `{who}`");
                asks.push(self.ask(verb, &format!("sagemaker:{action}"), &arn, resource_tags("sagemaker", &tags)));
            }
            asks.extend(self.tagging(&format!("the notebook of `{who}`"), &arn, &tags, &BOTH));
            let log = format!("the log of the notebook of `{who}`");
            asks.extend(self.log_stream(&log, &notebook_log(notebook), &LOG_STREAM));
        }
        // Whoever makes a training job gives it its tags: no template does.
        let job = self.sagemaker(&format!("training-job/{who}-job"));
        for (action, verb) in JOB {
            let verb = format!("{verb} a training job of `{who}`");
            asks.push(self.ask(verb, &format!("sagemaker:{action}"), &job, resource_tags("sagemaker", other.tags)));
        }
        let stream = format!("TrainingJobs:log-stream:{who}-job/algo-1-1");
        asks.extend(self.log_stream(&format!("the log of a training job of `{who}`"), &stream, &LOG_STREAM[..1]));
        for (action, verb, arn) in [
            ("sagemaker:CreateTrainingJob", "make a training job in the name of", &job),
            (
                "sagemaker:CreateNotebookInstance",
                "make a notebook in the name of",
                &self.sagemaker("notebook-instance/any"),
            ),
        ] {
            let context = vec![one("aws:RequestTag/user", who), several("aws:TagKeys", "user")];
            asks.push(self.ask(format!("{verb} `{who}`"), action, arn, context));
        }
        asks.extend(self.tagging(&format!("a training job of `{who}`"), &job, other.tags, &BOTH));
        for notebook in &own.holdings.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            let tags = own.tags_of(&notebook.tags);
            asks.extend(self.tagging(&format!("their own notebook to `{who}`"), &arn, &tags, &[OTHER_NAME]));
        }
        for user in &other.holdings.users {
            let tags = || resource_tags("iam", &other.tags_of(&user.tags));
            for (action, verb) in KEYS {
                let verb = format!("{verb} the access keys of `{who}`");
                asks.push(self.ask(verb, &format!("iam:{action}"), &user.arn, tags()));
            }
            for action in CREDENTIALS {
                let verb = format!("change the credentials of `{who}`");
                asks.push(self.ask(verb, &format!("iam:{action}"), &user.arn, tags()));
            }
            asks.extend(self.identity(&format!("the user `{who}`"), &USER, &user.arn, &tags()));
        }
        for secret in &other.holdings.secrets {
            // Secrets Manager appends six characters of its own.
            let arn = self.arn("secretsmanager", &format!("secret:{}-AbCdEf", secret.name));
            for (action, verb) in SECRET {
                let verb = format!("{verb} the first password of `{who}`");
                let tags = resource_tags("secretsmanager", &other.tags_of(&secret.tags));
                asks.push(self.ask(verb, &format!("secretsmanager:{action}"), &arn, tags));
            }
        }
        let mfa = format!("arn:{}:iam::{}:mfa/{who}", self.names.partition, self.names.account_id);
        for action in ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"] {
            asks.push(self.ask(format!("change the credentials of `{who}`"), action, &mfa, Vec::new()));
        }
        for role in &other.holdings.roles {
            let tags = || resource_tags("iam", &other.tags_of(&role.agent.tags));
            asks.extend(self.pass(&format!("the notebook role of `{who}`"), &role.agent.arn, &tags()));
            asks.push(Ask {
                over: role.trust.map_or(Over::UnknownRole, Over::Role),
                ..self.ask(format!("take on the notebook role of `{who}`"), "sts:AssumeRole", &role.agent.arn, tags())
            });
            asks.extend(self.identity(&format!("the notebook role of `{who}`"), &ROLE, &role.agent.arn, &tags()));
        }
        asks
    }
}
