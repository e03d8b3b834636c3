//! Policies of the company's own that the settings name by ARN: their documents, as files of the config folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::names::PolicyPath;
use super::settings::Settings;
use super::{encoding, yaml};
use crate::files::{self, FileError};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// The folder of the documents, in the config folder: each in `NAME.json`, by the policy's name.
pub const POLICIES_FOLDER: &str = "policies";

/// A policy of the company's: the file that says it, and what it says.
pub type CompanyDocument = (Arc<SourceFile>, Value);

/// The documents of the company's policies that the settings of an account name, by the policy's name, with their files
/// relative to the config folder. A policy without a file is left out.
pub fn read(
    folder: &Path,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<String, (PathBuf, CompanyDocument)>, FileError> {
    let extra = settings.extra_policies.people.iter().chain(&settings.extra_policies.notebooks);
    let mut documents = BTreeMap::new();
    for name in settings.permissions_boundary.iter().chain(extra).map(PolicyPath::name) {
        let file = Path::new(POLICIES_FOLDER).join(format!("{name}.json"));
        let path = folder.join(&file);
        let source = files::read(&path)?.and_then(|bytes| encoding::merged_utf8(&path, &bytes, findings));
        let Some(source) = source else { continue };
        match serde_json::from_str(&source.text) {
            Ok(document) => {
                // Of a key that is there twice, serde takes the last, and IAM refuses the document.
                yaml::parse(&source, findings);
                documents.insert(name.to_owned(), (file, (source, document)));
            }
            Err(error) => {
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or_default();
                let finding = Finding::new(Rule::FileSyntax, format!("this is no JSON: {message}"));
                let help = "write the policy's document into it: `aws iam get-policy-version` prints it";
                findings.push(finding.at(Place::line(&source, error.line())).help(help));
            }
        }
    }
    Ok(documents)
}
