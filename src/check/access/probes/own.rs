//! What everybody may of their own.

use super::actions::{KEYS, NOTEBOOK};
use super::{AccessProbe, ProbeBuilder, ProbedPerson, notebook_log, one, resource_tags};

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
        ];
        for notebook in &own.resources.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            for (action, verb) in NOTEBOOK {
                let changes = action.starts_with("Update") || action.starts_with("Delete");
                let from_outside = action.starts_with("Create") || action.starts_with("Start");
                if !(changes || from_notebook && from_outside) {
                    let verb = format!("{verb} their own notebook");
                    let tags = resource_tags("sagemaker", &own.tags_of(&notebook.tags));
                    probes.push(self.probe(verb, &format!("sagemaker:{action}"), &arn, tags));
                }
            }
        }
        for notebook in own.resources.notebooks.iter().filter(|_| from_notebook) {
            let write = [("PutLogEvents", "write into")];
            probes.extend(self.log_stream("the log of their own notebook", &notebook_log(notebook), &write));
        }
        if !from_notebook {
            for user in &own.resources.users {
                for (action, verb) in KEYS {
                    let verb = format!("{verb} their own access keys");
                    let tags = resource_tags("iam", &own.tags_of(&user.tags));
                    probes.push(self.probe(verb, &format!("iam:{action}"), &user.arn, tags));
                }
            }
        }
        for role in own.resources.roles.iter().filter(|_| !own.resources.notebooks.is_empty()) {
            let mut context = resource_tags("iam", &own.tags_of(&role.principal.tags));
            context.push(one("iam:PassedToService", "sagemaker.amazonaws.com"));
            probes.push(self.probe("pass their own notebook role", "iam:PassRole", &role.principal.arn, context));
        }
        probes
    }
}
