//! Which users and roles are alike: what policies decide about one of them, they decide about the others, but for their names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::owners::{NO_NAMES, every_text, without_names};
use crate::iam::{self, Context, Distinctions, Request, Statement};
use crate::inventory::{
    Boundary, IamInventory, Location, PRINCIPAL_TAG, PolicyDocument, Principal, each_map, one_or_more,
};
use crate::model::{NOTEBOOK, NOTEBOOK_SEPARATOR, USER};

/// What of principals the policies of an account, or of both sides of one, depend on.
pub struct PrincipalClasses {
    /// The keys of the tags, in lower case, by which some policy knows whoever asks. Those that tell people apart and nothing else,
    /// such as their addresses, are in no policy, and so make nobody's access another than that of others.
    pub(super) asked_tags: BTreeSet<String>,
    /// Whom each document means, by its number.
    meant: BTreeMap<usize, MeantByName>,
    /// The texts of all documents that may be to each other as a principal's names are.
    distinctions: Distinctions,
}

/// Whom a document means by name.
struct MeantByName {
    /// The words that may be somebody's name, in lower case.
    words: BTreeSet<String>,
    /// Those of them that have wildcards.
    patterns: BTreeSet<String>,
    /// Whether some of these tell names apart by how long they are.
    measures: bool,
    /// Whether a statement may say something else of each principal, whatever their names are.
    singles_out: bool,
}

impl PrincipalClasses {
    /// What the policies of these inventories depend on, whose documents were made together.
    pub fn of(inventories: &[&IamInventory<'_>]) -> Self {
        let (mut asked_tags, mut meant, mut parsed) = (BTreeSet::new(), BTreeMap::new(), Vec::new());
        // Of each document, whose own it is; of one that stands by itself, that is nobody's.
        let mut owners: BTreeMap<usize, (&PolicyDocument, BTreeSet<Option<&str>>)> = BTreeMap::new();
        for inventory in inventories {
            let principals: BTreeSet<_> = inventory.principals.iter().map(|one| place(&one.location)).collect();
            for policy in &inventory.policies {
                let owner = Some(place(&policy.location)).filter(|at| principals.contains(at)).map(|(_, id)| id);
                let document = &policy.document;
                owners.entry(document.id).or_insert((document, BTreeSet::new())).1.insert(owner);
            }
        }
        for (id, (document, owners)) in owners {
            asked_tags.extend(document.tag_keys(PRINCIPAL_TAG));
            meant.insert(id, MeantByName::of(document));
            // One that one alone has may have their name written out.
            let is_shared = owners.len() > 1 || owners.contains(&None);
            parsed.extend(document.parsed().ok().filter(|_| is_shared));
        }
        // Somebody of whom each tag has a value of its own, but for that with the name.
        let with_tag = |context: Context, key: &String| {
            let value = if key == USER { NAME.to_owned() } else { format!("{NAME}{key}") };
            context.with(&tag_key(key), &value)
        };
        let context = asked_tags.iter().fold(Context::new().with("aws:username", NAME), with_tag);
        let principal = iam::Principal::User { arn: String::new(), account: String::new() };
        let distinctions =
            Distinctions::of(parsed.into_iter(), &request((principal, context)), &[], std::iter::empty());
        Self { asked_tags, meant, distinctions }
    }

    /// The same text for principals who are alike. `own` is the name of the person whose the principal is, and of their notebook.
    /// Whoever is meant by name, or by what else is theirs alone, is like nobody else.
    pub fn key(&self, inventory: &IamInventory<'_>, of: &Principal<'_>, own: Option<(&str, Option<&str>)>) -> String {
        let general = |text: &str| without_names(text, own);
        let own_notebook = own.and_then(|(_, notebook)| notebook);
        let document = |index: usize| {
            let policy = inventory.policies.get(index)?;
            let text = || every_text(&policy.document.value, &general, NO_NAMES).to_string();
            Some(if policy.location.is_within(&of.location) { text() } else { policy.document.id.to_string() })
        };
        let all = |policies: Vec<usize>| -> BTreeSet<String> { policies.into_iter().filter_map(document).collect() };
        let documents = policies_about(inventory, of).map(all);
        let unknown_boundary = of.boundary.as_ref().filter(|boundary| matches!(boundary, Boundary::Undefined(_)));
        let tag = |(key, value): (&str, Option<&str>)| {
            // Many a notebook is named like its user, and many cannot be.
            let is_own = key == NOTEBOOK && value.is_some() && value == own_notebook;
            (key.to_owned(), if is_own { Some("{notebook}".to_owned()) } else { value.map(general) })
        };
        let asked: BTreeSet<_> = self.asked(of).map(tag).collect();
        let relations = self.distinctions.relations(&request(of.asking("")), &str::to_owned);
        let alone = self.is_alone(inventory, of, own).then_some(&of.arn);
        let lengths = self.lengths(inventory, of, own);
        format!("{:?}", (of.kind, documents, &of.undefined, unknown_boundary, asked, alone, lengths, relations))
    }

    /// The tags of a principal by which some policy knows it.
    pub(super) fn asked<'p>(&self, of: &'p Principal<'_>) -> impl Iterator<Item = (&'p str, Option<&'p str>)> {
        tags(of).filter(|(key, _)| self.asked_tags.contains(&key.to_lowercase()))
    }

    /// How long the names of a principal are, where a policy may say something else of longer ones (`???`).
    fn lengths(
        &self,
        inventory: &IamInventory<'_>,
        of: &Principal<'_>,
        own: Option<(&str, Option<&str>)>,
    ) -> Option<[usize; 3]> {
        let measures = |index: usize| {
            let policy = inventory.policies.get(index)?;
            Some(self.meant.get(&policy.document.id)?.measures)
        };
        let notebook = own.and_then(|(_, notebook)| notebook).unwrap_or_default();
        let names = [of.name.as_str(), own.map_or("", |(name, _)| name), notebook];
        let mut policies = policies_about(inventory, of).into_iter().flatten();
        policies.any(|index| measures(index) == Some(true)).then(|| names.map(|name| name.chars().count()))
    }

    /// Whether a policy may mean a principal by name, or by what else is theirs alone.
    pub(super) fn is_alone(
        &self,
        inventory: &IamInventory<'_>,
        of: &Principal<'_>,
        own: Option<(&str, Option<&str>)>,
    ) -> bool {
        let names = [Some(of.name.as_str()), own.map(|(name, _)| name), own.and_then(|(_, notebook)| notebook)];
        let names: BTreeSet<String> = names.into_iter().flatten().map(str::to_lowercase).collect();
        let mut policies = policies_about(inventory, of).into_iter().flatten();
        policies.any(|index| {
            let policy = inventory.policies.get(index);
            policy.and_then(|policy| Some((policy, self.meant.get(&policy.document.id)?))).is_some_and(
                |(policy, meant)| {
                    // In a policy of their own, a name of theirs is that of whoever has it.
                    meant.singles_out
                        || !policy.location.is_within(&of.location) && names.iter().any(|name| meant.is_about(name))
                },
            )
        })
    }
}

/// A name that nobody has.
const NAME: &str = "\u{1}";

/// The condition key of a principal's tag.
pub(super) fn tag_key(tag: &str) -> String {
    format!("aws:{PRINCIPAL_TAG}{tag}")
}

/// The resource that something stands in.
fn place<'l>(location: &Location<'l>) -> (usize, &'l str) {
    (location.stack, location.logical_id)
}

/// What all requests of somebody have.
fn request((principal, context): (iam::Principal, Context)) -> Request {
    Request { principal, action: String::new(), resource: String::new(), context }
}

/// The policies that decide about a principal, by their indexes: the identity policies, the boundary, the trust policy, the buckets'.
fn policies_about(inventory: &IamInventory<'_>, of: &Principal<'_>) -> [Vec<usize>; 4] {
    let [boundary, trust] = [of.boundary_policy(), of.trust].map(|one| one.into_iter().collect());
    [of.policies.clone(), boundary, trust, inventory.bucket_policies().collect()]
}

/// The tags of a principal: of a key that is known only when the stack is deployed, it is empty, and of such a value, `None`.
pub(super) fn tags<'p>(of: &'p Principal<'_>) -> impl Iterator<Item = (&'p str, Option<&'p str>)> {
    of.tags.iter().map(|tag| (tag.key.as_deref().unwrap_or_default(), tag.value.as_deref()))
}

impl MeantByName {
    fn of(document: &PolicyDocument) -> Self {
        let is_of_name = |c: char| c.is_alphanumeric() || "_+=,.@-*?".contains(c);
        let mut words = BTreeSet::new();
        each_map(&document.value, &mut |entries| {
            let values = entries.iter().filter(|(key, _)| !NO_NAMES.contains(&key.as_str()));
            let texts = values.flat_map(|(_, value)| one_or_more(Some(value))).filter_map(Value::as_str);
            words.extend(texts.flat_map(|text| text.split(|c| !is_of_name(c))).map(str::to_lowercase));
        });
        let (patterns, words): (BTreeSet<String>, BTreeSet<String>) =
            words.into_iter().partition(|word| word.contains(['*', '?']));
        // What names a path is taken for one that names somebody.
        let singles_out =
            document.parsed().is_ok_and(|parsed| parsed.statements.iter().any(Statement::tells_each_apart));
        let measures = patterns.iter().any(|pattern| pattern.contains('?'));
        Self { words, patterns, measures, singles_out }
    }

    /// Whether a name, in lower case, may be meant: by itself, or by a word that begins with it where a wildcard stands behind a variable.
    /// A wildcard may also match what stands beside the name; behind that of a notebook stands what a training job is called besides.
    fn is_about(&self, name: &str) -> bool {
        let may_match = |pattern: &String| {
            let mut parts = pattern.split(['*', '?']);
            // The part may be longer: in the name of a training job, `--` ends that of the notebook.
            let is_before_job = |part: &str| {
                part.split_once(NOTEBOOK_SEPARATOR).is_some_and(|(own, _)| !own.is_empty() && name.ends_with(own))
            };
            let is_at = |part: Option<&str>, is_there: fn(&str, &str) -> bool| {
                part.is_some_and(|part| {
                    !part.is_empty() && (is_there(name, part) || is_there(part, name) || is_before_job(part))
                })
            };
            is_at(parts.next(), |text, start| text.starts_with(start))
                || is_at(parts.next_back(), |text, end| text.ends_with(end))
                || parts.any(|part| is_at(Some(part), |text, part| text.contains(part)))
        };
        self.words.range(name.to_owned()..).next().is_some_and(|word| word.starts_with(name))
            || self.patterns.iter().any(may_match)
    }
}
