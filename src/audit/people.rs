//! The isolation of people as it is: the proof that synth makes for prototypes, made for one of those who have the same
//! policies but for their names.

use std::collections::{BTreeMap, BTreeSet};

use super::observation::{Observation, Thing};
use super::sides::{Sides, tag};
use crate::check::{IsolationProblem, PrincipalKind, deployed};
use crate::finding::Rule;
use crate::iam::Statement;
use crate::inventory::{Boundary, IamInventory, PRINCIPAL_TAG, Principal, Tag, statement_name};
use crate::model::{NOTEBOOK, Profile, USER};
use crate::source::Place;

/// Stands for a person's name in what is compared, and for the name of the notebook.
const NAMES: [&str; 2] = ["\u{1}", "\u{2}"];

/// People who are alike: what is true of the first is true of all. `None` in the place of a key is nobody else's.
type PeopleClass = (PrincipalKind, String);

/// What does not hold of the isolation of the account's people, their notebooks' roles and racestack's service roles.
///
/// # Errors
/// As of `check::deployed`.
pub fn observations(sides: &Sides<'_>) -> Result<Vec<Observation>, String> {
    let live = &sides.live;
    let asked = Asked::of(live);
    let mut classes: BTreeMap<PeopleClass, Vec<usize>> = BTreeMap::new();
    for (index, principal) in live.principals.iter().enumerate() {
        let kind = sides.kind(principal).filter(|kind| *kind != PrincipalKind::External);
        if let Some(kind) = kind {
            classes.entry((kind, asked.key(live, principal))).or_default().push(index);
        }
    }
    let firsts: Vec<(usize, PrincipalKind)> =
        classes.iter().filter_map(|((kind, _), members)| Some((*members.first()?, *kind))).collect();
    let problems = deployed(sides.plan, live, &firsts)?;
    let documented = sides.plan.account.policies == Profile::Documented;
    let mut observations = Vec::new();
    for (members, problems) in classes.values().zip(problems) {
        for problem in problems {
            let notes: Vec<String> = statements(live, &problem).chain(problem.notes.iter().cloned()).collect();
            for member in members.iter().filter_map(|index| live.principals.get(*index)) {
                let topic = topic(live, &problem);
                let one = Observation::of(problem.rule, Thing::of(member), topic, &problem.message);
                let mut one = one.at(sides.export.place(&member.arn), problem.help);
                one.is_warning = problem.is_warning || documented;
                one.notes.clone_from(&notes);
                observations.push(one);
            }
        }
    }
    Ok(observations)
}

/// The statements of a problem, in words.
pub fn statements<'p>(live: &'p IamInventory<'_>, problem: &'p IsolationProblem) -> impl Iterator<Item = String> + 'p {
    problem.statements.iter().filter_map(|(policy, statement)| {
        let (name, sid) = statement_of(live, *policy, *statement)?;
        Some(format!("by the statement `{sid}` of the policy `{name}`"))
    })
}

/// What a problem is about, as suppressions know it: the policy and its statement.
fn topic(live: &IamInventory<'_>, problem: &IsolationProblem) -> String {
    let first = problem.statements.first().and_then(|(policy, statement)| statement_of(live, *policy, *statement));
    first.map_or_else(|| "isolation".to_owned(), |(name, sid)| format!("{name}/{sid}"))
}

/// The name of a policy, and the Sid or the number of a statement in it.
fn statement_of<'i>(live: &'i IamInventory<'_>, policy: usize, statement: usize) -> Option<(&'i str, String)> {
    let policy = live.policies.get(policy)?;
    Some((&policy.name, statement_name(policy.document.statements().nth(statement)?, statement)))
}

/// What policies ask of principals.
struct Asked {
    /// The keys of tags, in lower case.
    tags: BTreeSet<String>,
    /// Each document once, by its number: its text, and whether a statement of it singles out principals.
    documents: BTreeMap<usize, (String, bool)>,
    /// The numbers of the bucket's policies, which everybody's access hangs on.
    of_bucket: Vec<usize>,
}

impl Asked {
    fn of(live: &IamInventory<'_>) -> Self {
        let mut asked = Self { tags: BTreeSet::new(), documents: BTreeMap::new(), of_bucket: Vec::new() };
        for document in live.policies.iter().map(|policy| &policy.document) {
            asked.documents.entry(document.id).or_insert_with(|| {
                asked.tags.extend(document.tag_keys(PRINCIPAL_TAG));
                let singles_out = document.parsed().is_ok_and(|parsed| parsed.statements.iter().any(singles_out));
                (document.value.to_string(), singles_out)
            });
        }
        asked.of_bucket = live.bucket_policies().filter_map(|index| id(live, index)).collect();
        asked
    }

    /// The same text for principals of which the same is true: what decides about them, but for their own names. Whoever is
    /// meant by name, or by what else is theirs alone, is like nobody else.
    fn key(&self, live: &IamInventory<'_>, principal: &Principal<'_>) -> String {
        let mut names = [&principal.name, tag(&principal.tags, NOTEBOOK).unwrap_or_default()];
        // The longer first, so that one within the other is not taken apart.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let without_names = |text: &str| {
            let known = names.iter().filter(|name| !name.is_empty());
            known.fold(text.to_owned(), |text, name| {
                text.replace(*name, if **name == principal.name { NAMES[0] } else { NAMES[1] })
            })
        };
        let is_about =
            |(text, singles_out): &(String, bool)| *singles_out || names.iter().any(|name| mentions(text, name));
        let mut is_alone = self.of_bucket.iter().filter_map(|id| self.documents.get(id)).any(is_about);
        let mut key_of = |index: usize| {
            let policy = live.policies.get(index)?;
            let document = self.documents.get(&policy.document.id)?;
            // In a policy of their own, a name of theirs is that of whoever has it.
            let is_own = policy.location.logical_id == principal.arn;
            is_alone |= if is_own { document.1 } else { is_about(document) };
            Some(if is_own { without_names(&document.0) } else { format!("#{}", policy.document.id) })
        };
        let mut identity: Vec<_> = principal.policies.iter().map(|index| key_of(*index)).collect();
        identity.sort();
        let boundary = match &principal.boundary {
            Some(Boundary::Policy(index)) => key_of(*index),
            Some(Boundary::Undefined(arn)) => Some(arn.clone()),
            None => None,
        };
        let trust = principal.trust.map(key_of);
        if is_alone {
            return principal.arn.clone();
        }
        let tags = principal.tags.iter().filter_map(|tag| Some((tag.key.as_deref()?, tag.value.as_deref()?)));
        let asked = tags.filter(|(key, _)| self.tags.contains(&key.to_lowercase()));
        let tags: BTreeSet<(&str, String)> = asked.map(|(key, value)| (key, without_names(value))).collect();
        format!("{:?}", (without_names(&principal.arn), identity, boundary, trust, &principal.undefined, tags))
    }
}

/// The number of a policy's document.
fn id(live: &IamInventory<'_>, index: usize) -> Option<usize> {
    live.policies.get(index).map(|policy| policy.document.id)
}

/// Whether a text has a name in it that is not a part of a longer one.
fn mentions(text: &str, name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let (before, behind) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
            !before.is_some_and(is_of_name) && !behind.is_some_and(is_of_name)
        })
}

/// Whether a statement singles out principals by more than the tags that are compared.
fn singles_out(statement: &Statement) -> bool {
    // What names a path is taken for one that names somebody: it is compared of each then.
    statement.singled_out_by("").is_some_and(|key| !key.to_lowercase().starts_with("aws:principaltag/"))
}

/// Owner tags that say another name than they must, and notebooks that act as another role. What lacks a tag is told as drift.
pub fn wrong_owners(sides: &Sides<'_>) -> Vec<Observation> {
    const HELP: &str = "correct the tag: policies know by it whose a thing is; `racestack synth` and deploy.sh set it";
    let mut found = Vec::new();
    let mut wrong = |thing: (Thing, &str), tags: &[Tag<'_>], wanted: [&str; 2], place: &Place| {
        for (key, wanted) in [USER, NOTEBOOK].into_iter().zip(wanted) {
            // SageMaker tells keys apart by case, which conditions do not.
            let values = tags.iter().filter(|tag| tag.key.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(key)));
            if let Some(value) = values.filter_map(|tag| tag.value.as_deref()).find(|value| *value != wanted) {
                let what =
                    format!("the tag `{key}` says `{value}`, and must say the name of its own person or notebook");
                let one = Observation::of(Rule::IsolationWrongTag, thing, format!("tag-{key}"), what);
                found.push(one.at(place.clone(), HELP));
            }
        }
    };
    for one in sides.live.principals.iter().filter(|one| sides.kind(one).is_some_and(PrincipalKind::is_persons)) {
        let user = sides.people.get(one.name.as_str());
        let notebook = user.and_then(|user| user.notebook.as_ref()).map_or("", |notebook| notebook.name.as_str());
        wrong(Thing::of(one), &one.tags, [&one.name, notebook], &sides.export.place(&one.arn));
    }
    for one in &sides.live.notebooks {
        let declared = sides.owners.get(one.name.as_str()).copied();
        let owner = declared.or_else(|| sides.owner_of_role(one.role_arn.as_deref()?));
        if let Some((owner, known)) = owner.zip(sides.export.notebooks.get(&one.name)) {
            wrong((Thing::Notebook, &one.name), &one.tags, [owner, &one.name], &known.place);
        }
    }
    for declared in &sides.declared.notebooks {
        let Some(one) = sides.export.notebooks.get(declared.name.as_str()) else { continue };
        if declared.role_arn.as_ref().is_some_and(|wanted| *wanted != one.role_arn) {
            let what = format!("acts as `{}`, which is not its person's own role", one.role_arn);
            let help = "let it act as the role of its person: deploy the out folder, or stop it until that is done";
            let acts = Observation::of(Rule::AuditNotebookRole, (Thing::Notebook, &one.name), "role", what);
            found.push(acts.at(one.place.clone(), help));
        }
    }
    found
}
