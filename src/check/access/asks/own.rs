//! What everybody may of their own.

use super::actions::{KEYS, NOTEBOOK};
use super::{Ask, Scene, Whose, notebook_log, one, resource_tags};

impl Scene<'_> {
    /// What everybody may of their own: as a user, or from their notebook.
    pub fn own(&self, own: &Whose<'_>, from_notebook: bool) -> Vec<Ask> {
        let who = own.name;
        let bucket = &self.names.bucket_arn;
        let mut asks = vec![
            self.ask("read their own folder", "s3:GetObject", format!("{bucket}/{who}/model.tar.gz"), Vec::new()),
            self.ask("write into their own folder", "s3:PutObject", format!("{bucket}/{who}/model.tar.gz"), Vec::new()),
            self.ask(
                "delete in their own folder",
                "s3:DeleteObject",
                format!("{bucket}/{who}/model.tar.gz"),
                Vec::new(),
            ),
            self.ask("list their own folder", "s3:ListBucket", bucket, vec![one("s3:prefix", format!("{who}/"))]),
        ];
        for notebook in &own.holdings.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            for (action, verb) in NOTEBOOK {
                let changes = action.starts_with("Update") || action.starts_with("Delete");
                let from_outside = action.starts_with("Create") || action.starts_with("Start");
                if !(changes || from_notebook && from_outside) {
                    let verb = format!("{verb} their own notebook");
                    let tags = resource_tags("sagemaker", &own.tags_of(&notebook.tags));
                    asks.push(self.ask(verb, &format!("sagemaker:{action}"), &arn, tags));
                }
            }
        }
        for notebook in own.holdings.notebooks.iter().filter(|_| from_notebook) {
            let write = [("PutLogEvents", "write into")];
            asks.extend(self.log_stream("the log of their own notebook", &notebook_log(notebook), &write));
        }
        if !from_notebook {
            for user in &own.holdings.users {
                for (action, verb) in KEYS {
                    let verb = format!("{verb} their own access keys");
                    let tags = resource_tags("iam", &own.tags_of(&user.tags));
                    asks.push(self.ask(verb, &format!("iam:{action}"), &user.arn, tags));
                }
            }
        }
        for role in own.holdings.roles.iter().filter(|_| !own.holdings.notebooks.is_empty()) {
            let mut context = resource_tags("iam", &own.tags_of(&role.agent.tags));
            context.push(one("iam:PassedToService", "sagemaker.amazonaws.com"));
            asks.push(self.ask("pass their own notebook role", "iam:PassRole", &role.agent.arn, context));
        }
        asks
    }
}
