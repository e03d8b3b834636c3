//! What an audit finds, before those of whom the same is true are put together.

use std::collections::BTreeMap;

use crate::finding::{Finding, LISTED_NAMES, Rule, Severity, listed};
use crate::inventory::{IdentityKind, Principal};
use crate::source::Place;

/// What kind of resource of an account is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceKind {
    User,
    Group,
    Role,
    Policy,
    Notebook,
    Lifecycle,
    Job,
    Bucket,
    Folder,
    Key,
    Topic,
    AccessPoint,
}

impl ResourceKind {
    /// What a user, a group or a role is.
    pub fn of<'p>(principal: &'p Principal<'_>) -> (Self, &'p str) {
        let kind = match principal.kind {
            IdentityKind::User => ResourceKind::User,
            IdentityKind::Group => ResourceKind::Group,
            IdentityKind::Role => ResourceKind::Role,
        };
        (kind, &principal.name)
    }

    /// The word for one of them, the one for several, and the one in the names of resources that suppressions know.
    pub fn words(self) -> [&'static str; 3] {
        match self {
            ResourceKind::User => ["user", "users", "user"],
            ResourceKind::Group => ["group", "groups", "group"],
            ResourceKind::Role => ["role", "roles", "role"],
            ResourceKind::Policy => ["policy", "policies", "policy"],
            ResourceKind::Notebook => ["notebook", "notebooks", "notebook"],
            ResourceKind::Lifecycle => ["lifecycle configuration", "lifecycle configurations", "lifecycle"],
            ResourceKind::Job => ["training job", "training jobs", "job"],
            ResourceKind::Bucket => ["bucket", "buckets", "bucket"],
            ResourceKind::Folder => ["folder", "folders", "folder"],
            ResourceKind::Key => ["key", "keys", "key"],
            ResourceKind::Topic => ["topic", "topics", "topic"],
            ResourceKind::AccessPoint => ["access point", "access points", "access-point"],
        }
    }
}

/// What is found of one user, role, notebook or the like.
#[derive(Debug, Clone)]
pub struct Observation {
    pub rule: Rule,
    pub kind: ResourceKind,
    pub name: String,
    /// What of it, as a part of the name that suppressions know: `tag-team`.
    pub topic: String,
    /// What is so, the same words for everything of which the same is true.
    pub what: String,
    /// What is not the same for all of these, such as an age.
    pub detail: Option<String>,
    /// Reasons, statements, requests.
    pub notes: Vec<String>,
    /// What to do.
    pub help: String,
    /// Where it is told.
    pub place: Option<Place>,
    pub severity: Severity,
}

impl Observation {
    /// An observation of a resource, without notes.
    pub fn of(
        rule: Rule,
        (kind, name): (ResourceKind, &str),
        topic: impl Into<String>,
        what: impl Into<String>,
    ) -> Self {
        let (name, topic, what) = (name.to_owned(), topic.into(), what.into());
        let (detail, notes, help, place) = Default::default();
        Self { rule, kind, name, topic, what, detail, notes, help, place, severity: rule.info().severity }
    }

    /// The same, with where it is told and what to do.
    pub fn at(self, place: Place, help: impl Into<String>) -> Self {
        Self { place: Some(place), help: help.into(), ..self }
    }

    /// The name, with what is not the same for all.
    fn shown_name(&self) -> String {
        let detail = self.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        format!("`{}`{detail}", self.name)
    }

    /// The finding about this resource alone.
    pub fn finding(&self, account: &str) -> Finding {
        let [word, _, key] = self.kind.words();
        let who = format!("{word} {}", self.shown_name());
        let mut finding = Finding::new(self.rule, format!("in the account `{account}`, {}: {who}", self.what))
            .help(&self.help)
            .notes(self.notes.iter().cloned())
            .about(format!("{account}/{key}/{}/{}", self.name, self.topic));
        finding.place.clone_from(&self.place);
        finding.severity = self.severity;
        finding
    }
}

/// The findings of observations: those that are suppressed each by itself, and of the others one for all of which the same is
/// true. `apply` marks what is suppressed.
pub fn findings(observations: &[Observation], account: &str, apply: impl Fn(&mut [Finding])) -> Vec<Finding> {
    type FindingKey<'o> = (Rule, ResourceKind, &'o str, &'o [String], Severity);
    let mut all: Vec<Finding> = observations.iter().map(|one| one.finding(account)).collect();
    apply(&mut all);
    let mut found = Vec::new();
    let mut groups: BTreeMap<FindingKey<'_>, Vec<(&Observation, Finding)>> = BTreeMap::new();
    for (one, finding) in observations.iter().zip(all) {
        if finding.suppressed.is_some() {
            found.push(finding);
        } else {
            let key = (one.rule, one.kind, one.what.as_str(), one.notes.as_slice(), finding.severity);
            groups.entry(key).or_default().push((one, finding));
        }
    }
    for mut group in groups.into_values() {
        let count = group.len();
        let names: Vec<String> = group.iter().map(|(one, _)| one.shown_name()).collect();
        let (one, mut finding) = group.swap_remove(0);
        if count > 1 {
            if count > LISTED_NAMES {
                finding.notes.push(format!("all of them: {}", names.join(", ")));
            }
            let [_, plural, _] = one.kind.words();
            finding.message = format!("in the account `{account}`, {}: {plural} {}", one.what, listed(&names));
        }
        found.push(finding);
    }
    found
}
