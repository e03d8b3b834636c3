//! Hygiene: old and unused keys, missing second factors, notebooks that should not run as they do, and what belongs to nobody.

use std::collections::BTreeSet;

use serde_json::Value;

use super::observation::{Observation, ResourceKind};
use super::sides::{Sides, user_tag};
use crate::account::AccessKey;
use crate::facts::date::Date;
use crate::facts::retired::retired;
use crate::finding::{Rule, counted};
use crate::model::{FolderName, TEAMS_FOLDER};
use crate::source::Place;

/// After how many days without use a key is to go.
/// Source: <https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-22>
const UNUSED_DAYS: i64 = 45;
/// After how many days a notebook that still runs is told of. A day of training and the night after it are no news; over a
/// weekend, it was forgotten.
const RUNNING_DAYS: i64 = 3;
/// How the credential report calls the root user.
const ROOT: &str = "<root_account>";

const KEEP: &str = "save what is worth keeping, then delete it: `racestack offboard` prints the steps";

/// What is found on the day `today`.
pub fn observations(sides: &Sides<'_>, today: Date) -> Vec<Observation> {
    let mut found = credentials(sides, today);
    found.extend(notebooks(sides, today));
    found.extend(ownerless(sides));
    found
}

fn credentials(sides: &Sides<'_>, today: Date) -> Vec<Observation> {
    let max_age = sides.plan.account.settings.access_keys.clone().unwrap_or_default().max_age_days;
    let place = |name: &str| {
        sides.users.get(name).map_or_else(|| sides.export.credentials_place.clone(), |arn| sides.export.place(arn))
    };
    let mut found = Vec::new();
    for (name, credentials) in &sides.export.credentials {
        let resource = (ResourceKind::User, if name == ROOT { "root" } else { name.as_str() });
        if !credentials.has_mfa && (credentials.has_password || name == ROOT) {
            let what = "a password for the console without a second factor";
            let one = Observation::of(Rule::AuditNoMfa, resource, "mfa", what);
            found.push(one.at(place(name), "set up a second factor, or take the password away"));
        }
        for (number, AccessKey { made, used }) in credentials.keys.iter().enumerate() {
            let topic = format!("key-{}", number + 1);
            let age = made.map(|made| made.days_until(today));
            if let Some(age) = age.filter(|age| *age > i64::from(max_age)) {
                let what = format!("an active access key is older than {}", counted(max_age as usize, "day", "days"));
                let one = Observation::of(Rule::AuditOldKey, resource, topic.clone(), what)
                    .at(place(name), "make a new key, use it, then delete the old one");
                found.push(Observation { detail: Some(format!("{age} days")), ..one });
            }
            let unused = used.or(*made).map(|since| since.days_until(today)).filter(|days| *days > UNUSED_DAYS);
            if let Some(days) = unused {
                let never = if used.is_none() { "never used" } else { "not used" };
                let what = format!("an active access key was {never} for more than {UNUSED_DAYS} days");
                let one = Observation::of(Rule::AuditUnusedKey, resource, topic, what)
                    .at(place(name), "deactivate it, and delete it once nobody misses it");
                found.push(Observation { detail: Some(format!("{days} days")), ..one });
            }
        }
    }
    found
}

fn notebooks(sides: &Sides<'_>, today: Date) -> Vec<Observation> {
    let mut found = Vec::new();
    for one in sides.export.notebooks.values() {
        let resource = (ResourceKind::Notebook, one.name.as_str());
        let platform = one.properties.get("PlatformIdentifier").and_then(Value::as_str);
        let retirement = platform.and_then(|platform| retired("platform", platform));
        if let Some(retirement) = retirement.filter(|row| row.day().is_some_and(|day| day <= today)) {
            let what = format!("on {}, which AWS retired {}", retirement.name, retirement.when());
            let help = format!("move it to `{}`: docs/notebook.md says how", retirement.instead);
            found.push(
                Observation::of(Rule::AuditRetiredPlatform, resource, "platform", what).at(one.place.clone(), help),
            );
        }
        let days = one.modified.filter(|_| one.status == "InService").map(|since| since.days_until(today));
        if let Some(days) = days.filter(|days| *days >= RUNNING_DAYS) {
            let what = format!("running for {RUNNING_DAYS} days or more");
            let running = Observation::of(Rule::AuditRunning, resource, "running", what).at(
                one.place.clone(),
                "stop it, or ask its person: `notebooks.idle_stop_minutes` stops it when it is idle",
            );
            found.push(Observation { detail: Some(format!("{days} days")), ..running });
        }
    }
    found
}

/// Notebooks, jobs and folders of those who left, and those that are nobody's.
fn ownerless(sides: &Sides<'_>) -> Vec<Observation> {
    let mut found = Vec::new();
    let mut of_tag = |resource: (ResourceKind, &str), tag: Option<&str>, place: &Place| {
        let (what, help) = match tag {
            Some(name) if sides.people.contains_key(name) => return,
            Some(name) => (format!("the tag `user` names `{name}`, who is not in the roster"), KEEP),
            None if resource.0 == ResourceKind::Notebook && !sides.notebooks.contains_key(resource.1) => (
                "no tag `user`, and in no stack of the out folder, so that it belongs to nobody".to_owned(),
                "give it the tags `user` and `notebook` of its person, or delete it once nobody misses it",
            ),
            None => (
                "no tag `user`, so that it belongs to nobody".to_owned(),
                "give it the tag `user` of its person, or stop it",
            ),
        };
        found.push(Observation::of(Rule::AuditOwnerless, resource, "owner", what).at(place.clone(), help));
    };
    for (name, (tags, place)) in &sides.export.jobs {
        of_tag((ResourceKind::Job, name), user_tag(tags), place);
    }
    for one in sides.export.notebooks.values() {
        // Of one that no stack has, and that acts as the role of somebody's notebook, the difference tells.
        let is_declared = sides.notebooks.contains_key(one.name.as_str());
        if is_declared || user_tag(&one.tags).is_some() || sides.owner(one).is_none() {
            of_tag((ResourceKind::Notebook, &one.name), user_tag(&one.tags), &one.place);
        }
    }
    let settings = &sides.plan.account.settings.bucket;
    let known =
        settings.shared_folders.iter().map(FolderName::as_str).chain(settings.team_folders.then_some(TEAMS_FOLDER));
    let known: BTreeSet<&str> = known.chain(sides.people.keys().copied()).collect();
    let bucket = &sides.export.bucket;
    for folder in bucket.folders.iter().filter(|name| !known.contains(name.as_str())) {
        let what = if sides.former.contains(folder) {
            "belongs to somebody who is not in the roster any more"
        } else {
            "belongs to nobody in the roster, and is not shared"
        };
        let one = Observation::of(Rule::AuditOwnerless, (ResourceKind::Folder, folder), "owner", what);
        found.push(one.at(bucket.folders_place.clone(), KEEP));
    }
    found
}
