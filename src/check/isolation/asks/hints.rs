//! Hints: what the policies themselves compare requests with. A request that no list here has, but that some statement is
//! written for, is thus asked for as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::actions::{DELETE, PASSED_TO, READ, WRITE};
use super::circumstances::Circumstances;
use super::{Ask, Key};
use crate::check::isolation::estate::Estate;
use crate::check::isolation::marks::OWN_NAME;
use crate::iam::{self, Comparison, MANY, ONE, Test, Truth, Wanted};
use crate::inventory::one_or_more;

/// The name of a usual object of a folder.
const USUAL: &str = "model.tar.gz";

/// Condition keys that have several values, in lower case.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const MULTIPLE: [&str; 7] = [
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:tagkeys",
    "sagemaker:instancetypes",
    "sagemaker:vpcsecuritygroupids",
    "sagemaker:vpcsubnets",
];

/// Condition keys, in lower case, whose values the requests say themselves, or that no request of a person's has: who asks,
/// for what, and what it is tagged with. What begins with one that ends with `/` is meant, too.
const SAID: [&str; 17] = [
    "aws:multifactorauthpresent",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:principaltag/",
    "aws:requesttag/user",
    "aws:resourceaccount",
    "aws:resourcetag/",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:tagkeys",
    "aws:username",
    "iam:passedtoservice",
    "iam:resourcetag/",
    "s3:prefix",
    "sagemaker:resourcetag/",
    "sagemaker:taggingaction",
];

/// What the policies of an account compare requests with.
#[derive(Debug)]
pub struct Hints {
    /// What may stand behind the name of a folder in a key: a usual name, nothing, and what the policies' own patterns have
    /// there or behind a `*`, so that a statement about some files of every folder, or of one, meets one of them.
    pub(super) tails: Vec<String>,
    /// Beginnings of names that listings may be narrowed to: whoever is called so is listed.
    pub(super) prefixes: BTreeSet<String>,
    /// Actions on objects that some statement allows, and no list here has.
    pub(super) actions: BTreeSet<String>,
    /// Services that a role could be passed to.
    pub(super) passed_to: BTreeSet<String>,
    /// What a request may bring along besides: each a few keys.
    circumstances: Vec<Vec<Key>>,
}

impl Hints {
    /// None: what is asked for without looking at any policy.
    pub fn none() -> Self {
        Self {
            tails: vec![USUAL.to_owned()],
            prefixes: BTreeSet::new(),
            actions: BTreeSet::new(),
            passed_to: PASSED_TO.map(str::to_owned).into(),
            circumstances: Vec::new(),
        }
    }

    /// What the policies of an estate hint at.
    pub fn of(estate: &Estate) -> Self {
        let mut hints = Self::none();
        let mut tails = BTreeSet::new();
        let mut circumstances = Circumstances::default();
        for statement in estate.policies.iter().flat_map(|policy| one_or_more(policy.value.get("Statement"))) {
            let texts = |key: &str| one_or_more(statement.get(key)).filter_map(Value::as_str);
            for resource in texts("Resource").chain(texts("NotResource")) {
                if let Some((_, behind)) = resource.split_once(":s3:::") {
                    let key = behind.split_once('/').map_or("", |(_, key)| key);
                    tails.extend(endings(key));
                }
            }
            let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
            if allows {
                hints.actions.extend(texts("Action").filter_map(unlisted));
            }
            let mut wanted: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
            for (operator, key, values) in conditions(statement) {
                let key = key.to_lowercase();
                match key.as_str() {
                    "s3:prefix" => {
                        tails.extend(values.iter().flat_map(|value| endings(value)));
                        let plain = values.iter().map(|value| example(value));
                        hints.prefixes.extend(plain.filter(|prefix| !prefix.contains('/')));
                    }
                    "iam:passedtoservice" => hints.passed_to.extend(values.iter().map(|value| example(value))),
                    _ if iam::may_be_absent(&key) && !is_said(&key) => {
                        let values = values.iter().map(|value| without_variables(value)).collect();
                        wanted.entry(key).or_default().push((operator.to_owned(), values));
                    }
                    _ => {}
                }
            }
            circumstances.add(allows, wanted);
        }
        tails.insert(String::new());
        tails.remove(USUAL);
        hints.tails.extend(tails);
        hints.circumstances = circumstances.all();
        hints
    }

    /// The requests, and each again with what it may bring along.
    pub fn with_circumstances(&self, mut asks: Vec<Ask>) -> Vec<Ask> {
        let mut by_service: BTreeMap<String, BTreeSet<Vec<Key>>> = BTreeMap::new();
        let mut more = Vec::new();
        for ask in &asks {
            let service = ask.action.split(':').next().unwrap_or_default();
            let circumstances = by_service.entry(service.to_owned()).or_insert_with(|| self.circumstances_of(service));
            for keys in &*circumstances {
                let context = ask.context.iter().chain(keys).cloned().collect();
                more.push(Ask { context, ..ask.clone() });
            }
        }
        asks.extend(more);
        asks
    }

    /// What requests to a service may bring along: keys of its own, and of all services.
    fn circumstances_of(&self, service: &str) -> BTreeSet<Vec<Key>> {
        let is_of = |key: &&Key| {
            let of = key.name.split(':').next().unwrap_or_default();
            of == "aws" || of == service
        };
        let of_service = self.circumstances.iter().map(|keys| keys.iter().filter(is_of).cloned().collect());
        of_service.filter(|keys: &Vec<Key>| !keys.is_empty()).collect()
    }
}

/// Whether a condition key, in lower case, is one of several values.
pub fn is_multiple(key: &str) -> bool {
    MULTIPLE.contains(&key)
}

fn is_said(key: &str) -> bool {
    SAID.iter().any(|said| key == *said || said.ends_with('/') && key.starts_with(said))
}

/// The conditions of a statement: operator, key and values. Numbers and truths count as the texts that IAM makes of them.
fn conditions(statement: &Value) -> impl Iterator<Item = (&str, &str, Vec<String>)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let keys =
        operators.flat_map(|(operator, keys)| keys.as_object().into_iter().flatten().map(move |of| (operator, of)));
    keys.map(move |(operator, (key, values))| {
        (operator.as_str(), key.as_str(), one_or_more(Some(values)).map(text).collect())
    })
}

/// What a pattern of keys has behind the name of a folder, and behind each `*`.
fn endings(pattern: &str) -> impl Iterator<Item = String> {
    let behind_slash = pattern.split_once('/').map(|(_, behind)| behind);
    let behind_stars = pattern.match_indices('*').filter_map(|(at, _)| pattern.get(at + 1..));
    behind_slash.into_iter().chain(behind_stars).map(|behind| example(behind.trim_start_matches('/')))
}

/// A text that matches a pattern, with whoever asks in the place of their name, and a letter in that of any other policy
/// variable.
fn example(pattern: &str) -> String {
    without_wildcards(&without_variables(pattern))
}

fn without_variables(pattern: &str) -> String {
    let text = pattern.replace("${aws:username}", &OWN_NAME.to_string());
    let mut parts = text.split("${");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push('x');
        plain.push_str(part.split_once('}').map_or(part, |(_, behind)| behind));
    }
    plain
}

/// A text that matches a pattern without variables.
pub(super) fn without_wildcards(pattern: &str) -> String {
    pattern.replace('*', "").replace('?', "x")
}

/// An action that a pattern names, if it is one on objects that is in no list here.
fn unlisted(pattern: &str) -> Option<String> {
    let lower = pattern.to_lowercase();
    let on_objects = lower.starts_with("s3:") && (lower.contains("object") || lower.contains("upload"));
    let marked = lower.replace('*', &MANY.to_string()).replace('?', &ONE.to_string());
    let is_it = |action: &&str| Comparison::holds(Test::Like, &marked, &action.to_lowercase()) == Truth::Yes;
    let listed = READ.iter().chain(&WRITE).chain(&DELETE).any(is_it);
    (on_objects && !listed && !lower.contains("bucket")).then(|| example(pattern))
}
