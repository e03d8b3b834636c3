//! Policies of the company's own, which other stacks than these define.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::config::{AccountId, CompanyDocument, POLICIES_FOLDER, PolicyPath, Region};
use crate::finding::{Finding, Rule};
use crate::iam::Document;
use crate::source::Place;

const BOUNDARY: &str = "permissions_boundary";
const PEOPLE: &str = "extra_policies.people";
const NOTEBOOKS: &str = "extra_policies.notebooks";

/// The company's policies that principals of the stacks have, by ARN.
#[derive(Debug, Clone, Default)]
pub struct CompanyPolicies {
    /// The permissions boundary of all roles; `None` where nobody demands one.
    pub boundary: Option<String>,
    /// What people have besides.
    pub people: Vec<String>,
    /// What notebook roles have besides.
    pub notebooks: Vec<String>,
    /// The documents, as far as the config folder holds them.
    pub documents: BTreeMap<String, CompanyDocument>,
}

impl Reader<'_> {
    /// The company's policies. A name stands for the policy of that name in each account.
    pub(super) fn company_policies(&mut self, id: &AccountId, region: &Region) -> CompanyPolicies {
        let account = format!("arn:{}:iam::{id}:policy", region.partition());
        let mut policies = CompanyPolicies::default();
        let mut by_name = BTreeMap::new();
        let [boundary, people, notebooks] = [BOUNDARY, PEOPLE, NOTEBOOKS].map(|key| {
            let named = self.placed(key, PolicyPath::parse).into_iter();
            let arns = named.filter_map(|(policy, place)| self.arn(&account, key, &policy, place));
            arns.collect::<Vec<String>>()
        });
        for (key, arns) in [(BOUNDARY, &boundary), (PEOPLE, &people), (NOTEBOOKS, &notebooks)] {
            for arn in arns {
                let name = arn.rsplit('/').next().unwrap_or_default();
                // Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
                if by_name.insert(name.to_ascii_lowercase(), arn).is_some_and(|other| other != arn) {
                    let message =
                        format!("found `{arn}` beside another policy of its name, and an account has one of a name");
                    self.contradict("extra_policies", message, "write the same path wherever you name the policy");
                }
                if let Some(document) = self.people.policies.get(name) {
                    self.check_document(name, document);
                    policies.documents.insert(arn.clone(), document.clone());
                } else if self.people.sound {
                    self.unknown_document(key, arn, name);
                }
            }
        }
        CompanyPolicies { boundary: boundary.into_iter().next(), people, notebooks, ..policies }
    }

    /// The ARN of a policy, which must be one of the account.
    fn arn(&mut self, account: &str, key: &str, policy: &PolicyPath, place: Place) -> Option<String> {
        let text = policy.as_str();
        let own = text.strip_prefix(account).filter(|path| path.starts_with('/'));
        if own.is_none() && text.starts_with("arn:") {
            let message = format!(
                "found `{text}` for `{key}`, allowed is a policy of the account, by its path and name alone, such as \
                 `company/Boundary`: each account has its own"
            );
            let finding = Finding::new(Rule::SettingsInvalidName, message).at(place);
            self.findings.push(finding.help(format!("correct `{key}`")));
            return None;
        }
        Some(format!("{account}/{}", own.unwrap_or(text).trim_start_matches('/')))
    }

    fn check_document(&mut self, name: &str, (source, document): &CompanyDocument) {
        if let Err(malformed) = Document::parse(document) {
            let message = format!("`{POLICIES_FOLDER}/{name}.json` is no policy: {}", malformed.message);
            let finding = Finding::new(Rule::IsolationUndecided, message).at(Place::whole(source));
            self.findings.push(finding.help("write the document into it that IAM has"));
        }
    }

    fn unknown_document(&mut self, key: &str, arn: &str, name: &str) {
        let message = format!("what the policy `{arn}` says is not known: there is no `{POLICIES_FOLDER}/{name}.json`");
        let mut finding = Finding::new(Rule::IsolationUndecided, message).at(self.config.node.place_of(key));
        finding.severity = self.config.settings.policies.severity_of(finding.rule);
        let help = "write its document into that file of the config folder: `aws iam get-policy-version` prints it";
        self.findings.push(finding.help(help));
    }
}
