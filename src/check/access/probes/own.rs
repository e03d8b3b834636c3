//! What everybody may of their own.

use super::actions::{KEYS, NOTEBOOK};
use super::{AccessProbe, ProbeBuilder, ProbedPerson, job_log, notebook_log, one, resource_tags};
use crate::check::access::owned::known_tags;

impl ProbeBuilder<'_> {
    /// What everybody may of their own: as a user, or from their notebook.
    pub fn own(&self, own: &ProbedPerson<'_>, from_notebook: bool) -> Vec<AccessProbe> {
        let who = own.name;
        let bucket = &self.names.bucket_arn;
        let mut probes = vec![
            self.probe("read their own folder", "s3:GetObject", format!("{bucket}/{who}/model.tar.gz"), Vec::new()),
            self.probe(
                "write into their own folder",
                "s3:PutObject",
                format!("{bucket}/{who}/model.tar.gz"),
                Vec::new(),
            ),
            self.probe(
                "delete in their own folder",
                "s3:DeleteObject",
                format!("{bucket}/{who}/model.tar.gz"),
                Vec::new(),
            ),
            self.probe("list their own folder", "s3:ListBucket", bucket, vec![one("s3:prefix", format!("{who}/"))]),
            self.probe(
                "read older versions in their own folder",
                "s3:GetObjectVersion",
                format!("{bucket}/{who}/model.tar.gz"),
                Vec::new(),
            ),
        ];
        for folder in &self.shared_folders.of_everybody {
            let verb = format!("read the shared folder `{folder}`");
            probes.push(self.probe(verb, "s3:GetObject", format!("{bucket}/{folder}/any"), Vec::new()));
        }
        if let Some(team) = own.team.filter(|_| self.shared_folders.of_teams) {
            for (action, verb) in [("s3:GetObject", "read"), ("s3:PutObject", "write into")] {
                let verb = format!("{verb} the folder of their team");
                probes.push(self.probe(verb, action, self.of_team(team), Vec::new()));
            }
        }
        for notebook in &own.resources.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            for (action, verb) in NOTEBOOK {
                let changes = action.starts_with("Update") || action.starts_with("Delete");
                let from_outside = action.starts_with("Create") || action.starts_with("Start");
                if !(changes || from_notebook && from_outside) {
                    let verb = format!("{verb} their own notebook");
                    let tags = resource_tags("sagemaker", &known_tags(&notebook.tags));
                    probes.push(self.probe(verb, &format!("sagemaker:{action}"), &arn, tags));
                }
            }
        }
        for notebook in &own.resources.notebooks {
            let read = [("GetLogEvents", "read")];
            let of_notebook = "the log of their own notebook";
            probes.extend(self.log_stream(of_notebook, &notebook_log(notebook), &read));
            if from_notebook {
                probes.extend(self.log_stream(of_notebook, &notebook_log(notebook), &[("PutLogEvents", "write into")]));
            }
            probes.extend(self.log_stream("the log of their own training job", &job_log(notebook), &read));
        }
        if !from_notebook {
            for user in &own.resources.users {
                for (action, verb) in KEYS {
                    let verb = format!("{verb} their own access keys");
                    let tags = resource_tags("iam", &known_tags(&user.tags));
                    probes.push(self.probe(verb, &format!("iam:{action}"), &user.arn, tags));
                }
            }
        }
        for role in own.resources.roles.iter().filter(|_| !own.resources.notebooks.is_empty()) {
            let mut context = resource_tags("iam", &known_tags(&role.tags));
            context.push(one("iam:PassedToService", "sagemaker.amazonaws.com"));
            probes.push(self.probe("pass their own notebook role", "iam:PassRole", &role.arn, context));
        }
        probes
    }
}
