//! Policies of the company's own, which other stacks than these define.

use std::collections::BTreeMap;

use super::names::{AccountId, PolicyPath, Region};
use super::reader::Reader;
use crate::config::{CompanyDocument, POLICIES_FOLDER, Profile};
use crate::finding::{Finding, Rule, Severity};
use crate::iam::Document;
use crate::source::Place;

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

impl CompanyPolicies {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.boundary.iter().chain(&self.people).chain(&self.notebooks)
    }
}

impl Reader<'_> {
    /// The company's policies. A name stands for the policy of that name in each account.
    pub(super) fn company_policies(&mut self, id: Option<&AccountId>, region: Option<&Region>) -> CompanyPolicies {
        let (Some(id), Some(region)) = (id, region) else { return CompanyPolicies::default() };
        let account = format!("arn:{}:iam::{id}:policy", region.partition());
        let settings = &self.config.settings;
        let arn = |text: &str| {
            let own = text.strip_prefix(&account).filter(|path| path.starts_with('/'));
            if own.is_none() && text.starts_with("arn:") {
                return Err(
                    "a policy of the account, by its path and name alone, such as `company/Boundary`: each account has its own",
                );
            }
            PolicyPath::parse(own.unwrap_or(text))
                .map(|path| format!("{account}/{}", path.as_str().trim_start_matches('/')))
        };
        let mut policies = CompanyPolicies {
            boundary: self.optional("permissions_boundary", arn),
            people: self.list(PEOPLE, arn),
            notebooks: self.list(NOTEBOOKS, arn),
            documents: BTreeMap::new(),
        };
        let known = |arn: &String| {
            let document = self.people.policies.get(arn.rsplit('/').next()?)?;
            Some((arn.clone(), document.clone()))
        };
        policies.documents = policies.all().filter_map(known).collect();
        let mut by_name = BTreeMap::new();
        let name_of = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        // Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
        if let Some(arn) = policies.all().find(|arn| *by_name.entry(name_of(arn)).or_insert(*arn) != *arn) {
            let message = format!("found `{arn}` beside another policy of its name, and an account has one of a name");
            self.contradict("extra_policies", message, "write the same path wherever you name the policy");
        }
        let keys = [
            ("permissions_boundary", policies.boundary.as_slice()),
            (PEOPLE, &policies.people),
            (NOTEBOOKS, &policies.notebooks),
        ];
        for (key, arn) in keys.iter().flat_map(|(key, arns)| arns.iter().map(move |arn| (*key, arn))) {
            let name = arn.rsplit('/').next().unwrap_or_default();
            let place = self.config.node.place_of(key);
            if let Some((source, document)) = policies.documents.get(arn) {
                if let Err(malformed) = Document::parse(document) {
                    let message = format!("`{POLICIES_FOLDER}/{name}.json` is no policy: {}", malformed.message);
                    let finding = Finding::new(Rule::IsolationUndecided, message).at(Place::whole(source));
                    self.findings.push(finding.help("write the document into it that IAM has"));
                }
                continue;
            }
            // A file that cannot be read is a finding already.
            if !self.people.sound {
                continue;
            }
            let message =
                format!("what the policy `{arn}` says is not known: there is no `{POLICIES_FOLDER}/{name}.json`");
            let mut finding = Finding::new(Rule::IsolationUndecided, message).at(place);
            if settings.policies == Some(Profile::Documented) {
                finding.severity = Severity::Warning;
            }
            let help = "write its document into that file of the config folder: `aws iam get-policy-version` prints it";
            self.findings.push(finding.help(help));
        }
        policies
    }
}
