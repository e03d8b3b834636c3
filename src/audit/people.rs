//! The isolation of people as it is: the proof that synth makes for prototypes, made for one of those who have the same
//! policies but for their names.

use std::collections::{BTreeMap, BTreeSet};

use super::observation::{Observation, ResourceKind};
use super::sides::{Sides, tag};
use crate::check::{IsolationProblem, PrincipalKind, deployed};
use crate::diff::PrincipalClasses;
use crate::finding::Rule;
use crate::inventory::{IamInventory, Tag, statement_name};
use crate::model::{NOTEBOOK, USER};
use crate::source::Place;

/// What stands before the key of a thing's tag in condition keys, in lower case.
const RESOURCE_TAG: &str = "resourcetag/";

/// What does not hold of the isolation of the account's people, their notebooks' roles and racestack's service roles.
///
/// # Errors
/// As of `check::deployed`.
pub fn observations(sides: &Sides<'_>) -> Result<Vec<Observation>, String> {
    let live = &sides.live;
    let alike = PrincipalClasses::of(&[live]);
    let of_things = TagsOfThings::of(live);
    // What is true of the first of a class is true of all. Their limits are about their path, too; policies may say something else
    // of those whose notebook is named like them; and needs hang on the tags of a person's things.
    let mut classes: BTreeMap<(PrincipalKind, &str, bool, String, ThingTags<'_>), Vec<usize>> = BTreeMap::new();
    for (index, principal) in live.principals.iter().enumerate() {
        let kind = sides.kind(principal).filter(|kind| *kind != PrincipalKind::External);
        if let Some(kind) = kind {
            let path = principal.arn.strip_suffix(&principal.name).unwrap_or_default();
            let own = (principal.name.as_str(), tag(&principal.tags, NOTEBOOK));
            let is_named_alike = own.1 == Some(own.0);
            let class = (kind, path, is_named_alike, alike.key(live, principal, Some(own)), of_things.key(own));
            classes.entry(class).or_default().push(index);
        }
    }
    let firsts: Vec<(usize, PrincipalKind)> =
        classes.iter().filter_map(|((kind, ..), members)| Some((*members.first()?, *kind))).collect();
    let problems = deployed(sides.plan, live, &firsts)?;
    let mut observations = Vec::new();
    for (members, problems) in classes.values().zip(problems) {
        for problem in problems {
            let severity = problem.severity(sides.plan.account.policies);
            let notes: Vec<String> = statements(live, &problem).chain(problem.notes.iter().cloned()).collect();
            for member in members.iter().filter_map(|index| live.principals.get(*index)) {
                let topic = topic(live, &problem);
                let one = Observation::of(problem.rule, ResourceKind::of(member), topic, &problem.message);
                let one = one.at(sides.export.place(&member.arn), problem.help);
                observations.push(Observation { severity, notes: notes.clone(), ..one });
            }
        }
    }
    Ok(observations)
}

/// Tags, each with its key in lower case; of no value, `None` is the own name, or what is known only when the stack is deployed.
type ThingTags<'t> = BTreeSet<(String, Option<&'t str>)>;

/// The tags of people's users, roles and notebooks by which some policy knows things, by the tag `user`.
struct TagsOfThings<'t>(BTreeMap<&'t str, Vec<(String, Option<&'t str>)>>);

impl<'t> TagsOfThings<'t> {
    fn of(live: &'t IamInventory<'_>) -> Self {
        let asked: BTreeSet<String> =
            live.policies.iter().flat_map(|policy| policy.document.tag_keys(RESOURCE_TAG)).collect();
        let mut by_owner: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        let of_notebooks = live.notebooks.iter().map(|one| &one.tags);
        for tags in live.principals.iter().map(|one| &one.tags).chain(of_notebooks) {
            let Some(owner) = tag(tags, USER) else { continue };
            let tags = tags.iter().filter_map(|tag| Some((tag.key.as_ref()?.to_lowercase(), tag.value.as_deref())));
            by_owner.entry(owner).or_default().extend(tags.filter(|(key, _)| asked.contains(key)));
        }
        Self(by_owner)
    }

    /// Those of the person whose name and notebook these are.
    fn key(&self, (name, notebook): (&str, Option<&str>)) -> ThingTags<'t> {
        let all = self.0.get(name).into_iter().flatten();
        all.map(|(key, value)| (key.clone(), value.filter(|value| *value != name && Some(*value) != notebook)))
            .collect()
    }
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

/// Owner tags that say another name than they must, and notebooks that act as another role. What lacks a tag is told as drift.
pub fn wrong_owners(sides: &Sides<'_>) -> Vec<Observation> {
    const HELP: &str = "correct the tag: policies know by it whose a thing is; `racestack synth` and deploy.sh set it";
    let mut found = Vec::new();
    let mut wrong = |resource: (ResourceKind, &str), tags: &[Tag<'_>], wanted: [&str; 2], place: &Place| {
        for (key, wanted) in [USER, NOTEBOOK].into_iter().zip(wanted) {
            // SageMaker tells keys apart by case, which conditions do not.
            let values = tags.iter().filter(|tag| tag.has_key(key));
            if let Some(value) = values.filter_map(|tag| tag.value.as_deref()).find(|value| *value != wanted) {
                let what =
                    format!("the tag `{key}` says `{value}`, and must say the name of its own person or notebook");
                let one = Observation::of(Rule::IsolationWrongTag, resource, format!("tag-{key}"), what);
                found.push(one.at(place.clone(), HELP));
            }
        }
    };
    for one in sides.live.principals.iter().filter(|one| sides.kind(one).is_some_and(PrincipalKind::is_persons)) {
        let user = sides.people.get(one.name.as_str());
        let notebook = user.and_then(|user| user.notebook.as_ref()).map_or("", |notebook| notebook.name.as_str());
        wrong(ResourceKind::of(one), &one.tags, [&one.name, notebook], &sides.export.place(&one.arn));
    }
    for one in &sides.live.notebooks {
        let declared = sides.owners.get(one.name.as_str()).copied();
        let owner = declared.or_else(|| sides.owner_of_role(one.role_arn.as_deref()?));
        if let Some((owner, known)) = owner.zip(sides.export.notebooks.get(&one.name)) {
            wrong((ResourceKind::Notebook, &one.name), &one.tags, [owner, &one.name], &known.place);
        }
    }
    for declared in &sides.declared.notebooks {
        let Some(one) = sides.export.notebooks.get(declared.name.as_str()) else { continue };
        if declared.role_arn.as_ref().is_some_and(|wanted| *wanted != one.role_arn) {
            let what = format!("acts as `{}`, which is not its person's own role", one.role_arn);
            let help = "let it act as the role of its person: deploy the out folder, or stop it until that is done";
            let acts = Observation::of(Rule::AuditNotebookRole, (ResourceKind::Notebook, &one.name), "role", what);
            found.push(acts.at(one.place.clone(), help));
        }
    }
    found
}
