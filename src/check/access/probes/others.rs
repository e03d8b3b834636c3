//! What nobody may of another's.

use super::actions::{CREDENTIALS, DELETE, JOB, KEYS, LIST, LOG_STREAM, NOTEBOOK, READ, ROLE, SECRET, USER, WRITE};
use super::{AccessProbe, ProbeBuilder, ProbedPerson, job_log, notebook_log, one, resource_tags, several};
use crate::check::access::owned::known_tags;

/// The name of a usual object of a folder.
const USUAL: &str = "model.tar.gz";

impl ProbeBuilder<'_> {
    /// What nobody may of another's.
    pub fn others(&self, own: &ProbedPerson<'_>, other: &ProbedPerson<'_>) -> Vec<AccessProbe> {
        let who = other.name;
        let both = (Some(own.name), Some(who));
        let bucket = &self.names.bucket_arn;
        let mut probes = Vec::new();
        let listed = [
            (READ.to_vec(), "read the folder of"),
            (WRITE.to_vec(), "write into the folder of"),
            (DELETE.to_vec(), "delete in the folder of"),
        ];
        for (actions, verb) in listed {
            for action in actions {
                let key = format!("{bucket}/{who}/{USUAL}");
                probes.push(self.probe(format!("{verb} `{who}`"), action, key, Vec::new()));
            }
        }
        probes.extend(self.team_of_other(own, other));
        for (action, verb) in LIST {
            let verb = format!("{verb} the folder of `{who}`");
            for prefix in [format!("{who}/{USUAL}"), who.to_string()] {
                probes.push(self.probe(verb.clone(), action, bucket, vec![one("s3:prefix", prefix)]));
            }
        }
        for notebook in &other.resources.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            let tags = known_tags(&notebook.tags);
            for (action, verb) in NOTEBOOK {
                let verb = format!("{verb} the notebook of `{who}`");
                probes.push(self.probe(verb, &format!("sagemaker:{action}"), &arn, resource_tags("sagemaker", &tags)));
            }
            probes.extend(self.tagging(&format!("the notebook of `{who}`"), &arn, &tags, both));
            let log = format!("the log of the notebook of `{who}`");
            probes.extend(self.log_stream(&log, &notebook_log(notebook), &LOG_STREAM));
            let log = format!("the log of a training job of `{who}`");
            probes.extend(self.log_stream(&log, &job_log(notebook), &LOG_STREAM[..1]));
        }
        // Whoever makes a training job gives it its tags: no template does.
        let job = self.sagemaker(&format!("training-job/{who}-job"));
        for (action, verb) in JOB {
            let verb = format!("{verb} a training job of `{who}`");
            probes.push(self.probe(
                verb,
                &format!("sagemaker:{action}"),
                &job,
                resource_tags("sagemaker", &other.tags),
            ));
        }
        for (action, verb, arn) in [
            ("sagemaker:CreateTrainingJob", "make a training job in the name of", &job),
            (
                "sagemaker:CreateNotebookInstance",
                "make a notebook in the name of",
                &self.sagemaker("notebook-instance/any"),
            ),
        ] {
            let context = vec![one("aws:RequestTag/user", who), several("aws:TagKeys", "user")];
            probes.push(self.probe(format!("{verb} `{who}`"), action, arn, context));
        }
        probes.extend(self.tagging(&format!("a training job of `{who}`"), &job, &other.tags, both));
        for notebook in &own.resources.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            let tags = known_tags(&notebook.tags);
            probes.extend(self.tagging(&format!("their own notebook to `{who}`"), &arn, &tags, (None, Some(who))));
        }
        for user in &other.resources.users {
            let tags = || resource_tags("iam", &known_tags(&user.tags));
            for (action, verb) in KEYS {
                let verb = format!("{verb} the access keys of `{who}`");
                probes.push(self.probe(verb, &format!("iam:{action}"), &user.arn, tags()));
            }
            for action in CREDENTIALS {
                let verb = format!("change the credentials of `{who}`");
                probes.push(self.probe(verb, &format!("iam:{action}"), &user.arn, tags()));
            }
            probes.extend(self.identity(&format!("the user `{who}`"), &USER, &user.arn, &tags()));
        }
        for secret in &other.resources.secrets {
            // Secrets Manager appends six characters of its own.
            let arn = self.arn("secretsmanager", &format!("secret:{}-AbCdEf", secret.name));
            for (action, verb) in SECRET {
                let verb = format!("{verb} the first password of `{who}`");
                let tags = resource_tags("secretsmanager", &known_tags(&secret.tags));
                probes.push(self.probe(verb, &format!("secretsmanager:{action}"), &arn, tags));
            }
        }
        let mfa = format!("arn:{}:iam::{}:mfa/{who}", self.names.partition, self.names.account_id);
        for action in ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"] {
            probes.push(self.probe(format!("change the credentials of `{who}`"), action, &mfa, Vec::new()));
        }
        for role in &other.resources.roles {
            let tags = || resource_tags("iam", &known_tags(&role.tags));
            probes.extend(self.pass(&format!("the notebook role of `{who}`"), &role.arn, &tags()));
            probes.push(AccessProbe {
                over: self.account.trust(role),
                ..self.probe(format!("take on the notebook role of `{who}`"), "sts:AssumeRole", &role.arn, tags())
            });
            probes.extend(self.identity(&format!("the notebook role of `{who}`"), &ROLE, &role.arn, &tags()));
        }
        probes
    }

    /// What nobody may in the folder of another's team. That of one's own team is both's.
    fn team_of_other(&self, own: &ProbedPerson<'_>, other: &ProbedPerson<'_>) -> Vec<AccessProbe> {
        let team = other.team.filter(|team| self.shared_folders.of_teams && own.team != Some(*team));
        let Some(team) = team else { return Vec::new() };
        let listed = [(READ.to_vec(), "read"), (WRITE.to_vec(), "write into"), (DELETE.to_vec(), "delete in")];
        let probes = listed.into_iter().flat_map(|(actions, verb)| {
            let verb = format!("{verb} the folder of the team of `{}`", other.name);
            let of_action = |action| self.probe(&verb, action, self.of_team(team), Vec::new());
            actions.into_iter().map(of_action).collect::<Vec<_>>()
        });
        probes.collect()
    }
}
