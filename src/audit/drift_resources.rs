//! Drift of what is not IAM's: notebooks, the lifecycle configuration, the bucket.

use std::collections::BTreeMap;

use serde_json::Value;

use super::drift::{document, missing, properties, tags, unknown, value};
use super::observation::{Observation, Thing};
use super::owners::{owner_of_role, tag};
use super::sides::{Declared, Sides};
use crate::account::NOTEBOOK_PROPERTIES;
use crate::finding::Rule;
use crate::inventory::{BUCKET_POLICY, Tag, one_or_more};
use crate::model::USER;

/// What of the public is blocked.
const PUBLIC_ACCESS: [&str; 4] = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// What differs, and what only one side has.
pub fn observations(sides: &Sides<'_>) -> Vec<Observation> {
    let mut found = notebooks(sides);
    found.extend(lifecycles(sides));
    found.extend(bucket(sides));
    found
}

fn text<'v>(declared: Declared<'v>, key: &str) -> &'v str {
    declared.properties.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn notebooks(sides: &Sides<'_>) -> Vec<Observation> {
    let mut found = Vec::new();
    let roles: BTreeMap<&str, Option<&str>> =
        sides.declared.notebooks.iter().map(|one| (one.name.as_str(), one.role_arn.as_deref())).collect();
    for (name, declared) in &sides.notebooks {
        let thing = (Thing::Notebook, *name);
        let Some(live) = sides.live_notebook(name) else {
            found.push(missing(declared.stack, thing));
            continue;
        };
        let place = live.place();
        found.extend(properties(thing, place.clone(), NOTEBOOK_PROPERTIES, (&live.properties, declared.properties)));
        for (topic, of_live, key) in [
            ("the platform", &live.platform, "PlatformIdentifier"),
            ("the lifecycle configuration", &live.lifecycle, "LifecycleConfigName"),
        ] {
            // Of a notebook that was made by hand, no stack says on which platform it is.
            if declared.properties.get(key).is_some() {
                let both = (of_live.as_deref().unwrap_or_default(), text(*declared, key));
                found.extend(value(thing, place.clone(), topic, both));
            }
        }
        let wanted = roles.get(name).copied().flatten();
        if wanted.is_some_and(|wanted| wanted != live.role_arn) {
            let what = format!("acts as `{}`, which is not its person's own role", live.role_arn);
            let help = "let it act as the role of its person: deploy the out folder, or stop it until that is done";
            found.push(Observation::of(Rule::AuditNotebookRole, thing, "role", what).at(place.clone(), help));
        }
        let of_template: Vec<Tag> = one_or_more(declared.properties.get("Tags"))
            .map(|tag| {
                let text = |key: &str| tag.get(key).and_then(Value::as_str).map(str::to_owned);
                Tag { key: text("Key"), value: text("Value") }
            })
            .collect();
        found.extend(tags(thing, place, &crate::account::tags(&live.tags), &of_template));
    }
    for live in sides.live.notebooks.iter().filter(|one| !sides.notebooks.contains_key(one.name.as_str())) {
        let thing = (Thing::Notebook, live.name.as_str());
        let place = sides.place_of_notebook(&live.name);
        let owner = tag(&live.tags, USER).map(String::as_str);
        let owner = owner.or_else(|| owner_of_role(sides.plan, live.role_arn.as_deref().unwrap_or_default()));
        if owner.is_some() {
            found.push(unknown(thing, place));
        } else {
            let what = "no tag `user`, and in no stack of the out folder, so that it belongs to nobody";
            let help = "give it the tags `user` and `notebook` of its person, or delete it once nobody misses it";
            found.push(Observation::of(Rule::AuditOwnerless, thing, "owner", what).at(place, help));
        }
    }
    found
}

/// The script that every notebook runs as root.
fn lifecycles(sides: &Sides<'_>) -> Vec<Observation> {
    let mut found = Vec::new();
    for declared in sides.declared_of_type("AWS::SageMaker::NotebookInstanceLifecycleConfig") {
        let name = text(declared, "NotebookInstanceLifecycleConfigName");
        let thing = (Thing::Lifecycle, name);
        let Some((live, place)) = sides.export.lifecycles.get(name) else {
            found.push(missing(declared.stack, thing));
            continue;
        };
        let of_template: Vec<String> = ["OnCreate", "OnStart"]
            .into_iter()
            .flat_map(|key| one_or_more(declared.properties.get(key)))
            .map(|hook| hook.get("Content").and_then(content).unwrap_or_default())
            .collect();
        if *live != of_template {
            let what = "the script that notebooks run as root is another one than in the out folder";
            let help = "deploy the out folder again: stack `notebooks`";
            found.push(Observation::of(Rule::AuditDrift, thing, "script", what).at(place.clone(), help));
        }
    }
    found
}

/// A script as SageMaker has it: in Base64.
fn content(value: &Value) -> Option<String> {
    use base64::Engine;
    match value {
        Value::String(text) => Some(text.clone()),
        other => Some(base64::engine::general_purpose::STANDARD.encode(other.get("Fn::Base64")?.as_str()?)),
    }
}

fn bucket(sides: &Sides<'_>) -> Vec<Observation> {
    let live = &sides.export.bucket;
    let thing = (Thing::Bucket, sides.plan.names.bucket.as_str());
    let mut found = Vec::new();
    for declared in sides.declared_of_type("AWS::S3::Bucket") {
        if let (Some((block, place)), Some(wanted)) =
            (&live.public_access_block, declared.properties.get("PublicAccessBlockConfiguration"))
        {
            let block: BTreeMap<String, Value> =
                block.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
            found.extend(properties(thing, place.clone(), &PUBLIC_ACCESS, (&block, wanted)));
            let wanted = declared.properties.get("VersioningConfiguration");
            let wanted = wanted.and_then(|one| one.get("Status")).and_then(Value::as_str).unwrap_or_default();
            let both = (live.versioning.as_deref().unwrap_or_default(), wanted);
            found.extend(value(thing, place.clone(), "the versioning", both));
        }
    }
    let place = live.public_access_block.as_ref().map(|(_, place)| place.clone());
    let place = live.policy.as_ref().map(|(_, place)| place.clone()).or(place);
    let declared = sides.declared.resource_policies.iter().find(|one| one.resource_type == BUCKET_POLICY);
    let declared = declared.and_then(|one| sides.declared.policies.get(*one.policies.first()?));
    if let (Some(declared), Some(place)) = (declared, place) {
        let of_live = live.policy.as_ref().map(|(policy, _)| policy);
        found.extend(document(thing, place, "the bucket policy", (of_live, Some(&declared.document.value))));
    }
    found
}
