//! The requests that the isolation of people is made of: what of another's nobody may, what of everybody's nobody may, and
//! what everybody may of their own. Where one can ask for the same in several ways, each is a request of its own.

use super::owned::{OwnedInventory, PersonResources, ResourcePolicyRef, known_tags};
use crate::iam::Context;
use crate::inventory::{PolicyKind, Principal, Tag};
use crate::model::{SharedFolders, TEAM, TEAMS_FOLDER, User};
use crate::plan::{AccountPlan, Names};

/// The requests; the file says how they are written.
const ROWS: &str = include_str!("probes.txt");
/// The services whose ARNs name a region, and begin with `{SERVICE}`.
const REGIONAL: [&str; 6] = ["cloudformation", "lambda", "logs", "s3", "sagemaker", "secretsmanager"];

/// A request.
#[derive(Debug, Clone)]
pub struct AccessProbe {
    /// What it is for, such as "read the folder of" somebody.
    pub verb: String,
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// What AWS says of the request besides who asks.
    pub context: Context,
    /// Whose policy takes part in the decision.
    pub over: ResourcePolicyRef,
}

/// Whose thing a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The person's own.
    Own,
    /// Another person's.
    Others,
    /// Everybody's, or nobody's.
    Shared,
}

/// What a request is about: a name or an ARN, the tags, and who may take it if it is a role.
struct Thing {
    name: String,
    tags: Vec<(String, String)>,
    trust: ResourcePolicyRef,
}

/// A person as the requests name them.
struct ProbedPerson<'a> {
    resources: &'a PersonResources<'a>,
    /// The tags that their things may get, as far as a policy asks for them.
    tags: Vec<(String, String)>,
    /// Their team, where a policy asks for it.
    team: Option<&'a str>,
    name: &'a str,
}

impl<'a> ProbedPerson<'a> {
    fn of(user: &'a User, account: &'a OwnedInventory<'a>) -> Option<Self> {
        let asked = |tag: &&crate::model::Tag| account.tag_keys.contains(&tag.key.to_lowercase());
        let tags = user.tags.iter().filter(asked).map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        let team = user.tags.iter().chain(&user.person_tags).filter(asked).find(|tag| tag.key == TEAM);
        let (name, team) = (user.name.as_str(), team.map(|tag| tag.value.as_str()));
        Some(Self { resources: account.of_person(name)?, tags, team, name })
    }
}

/// The requests of a person's, about what is another's, too, if there is one.
pub fn probes(
    plan: &AccountPlan<'_>,
    account: &OwnedInventory<'_>,
    user: &User,
    other: Option<&User>,
) -> Vec<(Owner, AccessProbe)> {
    let Some(own) = ProbedPerson::of(user, account) else { return Vec::new() };
    let other = other.and_then(|other| ProbedPerson::of(other, account));
    let builder = ProbeBuilder { names: &plan.names, account, own, other };
    let mut probes = Vec::new();
    for block in rows().chunk_by(|a, b| a[..2] == b[..2]) {
        let [whose, each, ..] = block[0];
        let owner = match whose {
            "own" => Owner::Own,
            "others" => Owner::Others,
            _ => Owner::Shared,
        };
        let things = if owner == Owner::Others && builder.other.is_none() {
            Vec::new()
        } else {
            builder.things(each, &plan.account.shared_folders).unwrap_or_default()
        };
        for thing in &things {
            for row in block {
                probes.extend(builder.row(row, thing).into_iter().map(|probe| (owner, probe)));
            }
        }
    }
    probes
}

fn rows() -> Vec<[&'static str; 6]> {
    let rows = ROWS.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split(" | ").collect::<Vec<_>>().try_into().ok()).collect()
}

struct ProbeBuilder<'a> {
    names: &'a Names,
    account: &'a OwnedInventory<'a>,
    own: ProbedPerson<'a>,
    other: Option<ProbedPerson<'a>>,
}

impl ProbeBuilder<'_> {
    /// What lines are about one by one; `None` where there is no such person, and for words that say nothing.
    fn things(&self, each: &str, folders: &SharedFolders) -> Option<Vec<Thing>> {
        let thing = |name: &str, tags: Vec<(String, String)>| Thing {
            name: name.to_owned(),
            tags,
            trust: ResourcePolicyRef::UnknownRole,
        };
        let plain = |name: &str| thing(name, Vec::new());
        let tagged = |name: &str, tags: &[Tag]| thing(name, known_tags(tags));
        let role = |one: &&Principal<'_>| Thing { trust: self.account.trust(one), ..tagged(&one.arn, &one.tags) };
        let (person, of) = match each.split_once(' ') {
            Some(("own", of)) => (Some(&self.own), of),
            Some(("other", of)) => (self.other.as_ref(), of),
            _ => (None, each),
        };
        Some(match of {
            "-" => vec![plain("")],
            "folder" => folders.of_everybody.iter().map(|folder| plain(folder.as_str())).collect(),
            "group" => self.account.inventory.groups.iter().map(|group| plain(&group.arn)).collect(),
            "policy" => {
                let readable = self.account.inventory.policies.iter().filter(|one| one.document.parsed().is_ok());
                let arn = readable.filter_map(|one| match &one.kind {
                    PolicyKind::Managed(arn) => Some(plain(arn)),
                    _ => None,
                });
                arn.collect()
            }
            "role" if person.is_none() => {
                let foreign = plain(&self.filled("{iam}:role/any", &plain("")));
                let untagged = |one| Thing { tags: Vec::new(), ..role(one) };
                self.account.roles.iter().map(untagged).chain([foreign]).collect()
            }
            "notebook" => person?.resources.notebooks.iter().map(|one| tagged(&one.name, &one.tags)).collect(),
            "secret" => person?.resources.secrets.iter().map(|one| tagged(&one.name, &one.tags)).collect(),
            "user" => person?.resources.users.iter().map(|one| tagged(&one.arn, &one.tags)).collect(),
            "notebook's role" if person?.resources.notebooks.is_empty() => Vec::new(),
            "role" | "notebook's role" => person?.resources.roles.iter().map(role).collect(),
            // Whoever makes a training job gives it its tags: no template does.
            "job" => vec![thing(person?.name, person?.tags.clone())],
            "team" => {
                // The folder of one's own team is both's.
                let team = person?.team.filter(|_| folders.of_teams);
                let is_shared = each == "other team" && team == self.own.team;
                team.filter(|_| !is_shared).map(plain).into_iter().collect()
            }
            _ => return None,
        })
    }

    /// The requests of a line about a thing.
    fn row(&self, [_, _, verb, actions, resource, contexts]: &[&str; 6], thing: &Thing) -> Vec<AccessProbe> {
        let (verb, resource) = (self.filled(verb, thing), self.filled(resource, thing));
        let service = resource.split(':').nth(2).unwrap_or_default();
        let probe = |action: &str, context: &str| {
            let over = match (action.starts_with("s3:"), self.account.bucket_policies.first()) {
                (true, Some((_, policy))) => ResourcePolicyRef::Bucket(*policy),
                _ if action == "sts:AssumeRole" => thing.trust,
                _ => ResourcePolicyRef::Nothing,
            };
            let words = context.split(' ');
            let context = words.fold(Context::new(), |context, words| self.keys(context, words, service, thing));
            AccessProbe { verb: verb.clone(), action: action.to_owned(), resource: resource.clone(), context, over }
        };
        let of_action = |action| contexts.split(" ; ").map(move |context| (action, context));
        actions.split(' ').flat_map(of_action).map(|(action, context)| probe(action, context)).collect()
    }

    /// A context with the keys of a part of one.
    fn keys(&self, context: Context, words: &str, service: &str, thing: &Thing) -> Context {
        match words.split_once('=') {
            Some((name, value)) => match name.strip_suffix('+') {
                Some(name) => context.with_all(name, [self.filled(value, thing)]),
                None => context.with(name, self.filled(value, thing)),
            },
            None if words == "tags" => {
                tag_keys(service, &thing.tags).fold(context, |context, (key, value)| context.with(&key, value))
            }
            None => context,
        }
    }

    fn filled(&self, text: &str, thing: &Thing) -> String {
        let Names { partition, region, account_id, bucket, bucket_arn, group, key_rotation_function, .. } = self.names;
        let of_service = |text: String, service: &&str| {
            text.replace(&format!("{{{service}}}"), &format!("arn:{partition}:{service}:{region}:{account_id}"))
        };
        let text = text.replace("{iam}", &format!("arn:{partition}:iam::{account_id}"));
        REGIONAL
            .iter()
            .fold(text, of_service)
            .replace("{partition}", partition)
            .replace("{bucket}", bucket_arn)
            .replace("{bucket name}", bucket)
            .replace("{teams}", TEAMS_FOLDER)
            .replace("{group}", group)
            .replace("{rotation}", key_rotation_function)
            .replace("{own}", self.own.name)
            .replace("{other}", self.other.as_ref().map_or("", |other| other.name))
            .replace("{thing}", &thing.name)
    }
}

/// The condition keys of a resource's tags, with their values: as those of all services and of its own.
pub fn tag_keys(service: &str, tags: &[(String, String)]) -> impl Iterator<Item = (String, String)> {
    let both = move |(tag, value): &(String, String)| {
        ["aws", service].map(|prefix| (format!("{prefix}:ResourceTag/{tag}"), value.clone()))
    };
    tags.iter().flat_map(both)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_six_parts_that_are_understood() {
        let lines = ROWS.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(rows().len(), lines);
        for [whose, each, _, actions, ..] in rows() {
            assert!(["own", "others", "shared"].contains(&whose), "{whose}");
            let of = each.strip_prefix("own ").or_else(|| each.strip_prefix("other ")).unwrap_or(each);
            let known = [
                "-",
                "folder",
                "group",
                "policy",
                "role",
                "notebook",
                "secret",
                "user",
                "notebook's role",
                "job",
                "team",
            ];
            assert!(known.contains(&of), "{each}");
            for action in actions.split(' ') {
                assert!(crate::facts::actions::service_action(action).is_some(), "{action}");
            }
        }
    }
}
