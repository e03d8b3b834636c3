//! What opens something by no policy: a bucket that is public, a credential, a tag by which policies know a resource, and
//! what is known only when a stack is deployed. What changes in it is told as unknown, since nothing of it is evaluated.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::canonical::{canonical, text};
use super::super::resources::{property, type_of};
use super::account::{AccountIam, StackPlace};
use crate::facts::other_ways::other_way;
use crate::inventory::{DYNAMIC_REFERENCE, SECRET_REFERENCE, is_intrinsic, one_or_more, plain, references};
use crate::output::UserEntry;

const ACCESS_KEY: &str = "AWS::IAM::AccessKey";

/// What must be known of both sides to see what a resource, or an output, opens.
pub(super) struct Openings<'a> {
    /// What may give access that nothing shows, in words: what the new side has of it first.
    hidden: [BTreeMap<StackPlace<'a>, BTreeSet<String>>; 2],
    /// The keys of tags, in lower case, by which some policy knows resources.
    known_by: BTreeSet<String>,
    /// The names of the people of the new side.
    people: BTreeSet<&'a str>,
    /// The logical IDs of the access keys of each stack of the new side.
    keys: BTreeMap<&'a str, BTreeSet<String>>,
}

impl<'a> Openings<'a> {
    pub(super) fn of(before: &AccountIam<'a>, after: &AccountIam<'a>) -> Self {
        let mut keys: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (stack, id, one) in after.declared(before) {
            if let Some(stack) = after.name_of(stack).filter(|_| type_of(one) == ACCESS_KEY) {
                keys.entry(stack).or_default().insert(id.to_owned());
            }
        }
        Self {
            hidden: [after, before].map(AccountIam::hidden),
            known_by: before.known_by().into_iter().chain(after.known_by()).collect(),
            people: after.stacks.iter().flat_map(|stack| &stack.of.users).map(|user| user.name.as_str()).collect(),
            keys,
        }
    }

    /// What a resource, or an output, opens that it did not open before: why, in words. `is_told` says whether a change of its is told
    /// already, such as that of the role that it acts as.
    pub(super) fn between(
        &self,
        place: &StackPlace<'a>,
        [old, new]: [Option<&Value>; 2],
        own: Option<&UserEntry>,
        is_told: bool,
    ) -> Vec<String> {
        if !differ(old, new) {
            return Vec::new();
        }
        let mut why: Vec<String> =
            self.hidden.iter().find_map(|of| of.get(place)).into_iter().flatten().cloned().collect();
        if let Some(new) = new {
            why.extend(self.retagged(old, new, own));
            why.extend(opened_bucket(old, new));
            why.extend(credentials(old, new));
            let secret = place.1.starts_with("Outputs.") && text(new).contains(SECRET_REFERENCE);
            why.extend(secret.then(|| "whoever may see the stack reads a secret".to_owned()));
            why.extend(self.keys.get(place.0).filter(|_| !secret).and_then(|keys| gives_out_key(keys, new)));
            let by_itself = other_way(type_of(new)).filter(|_| !is_told && why.is_empty());
            why.extend(by_itself.map(|why| format!("an `{}` {why}", type_of(new))));
        }
        why
    }

    /// The tags by which policies know a resource, and that are other than before; of a new resource of somebody's, those that
    /// name somebody else.
    fn retagged(&self, old: Option<&Value>, new: &Value, own: Option<&UserEntry>) -> Vec<String> {
        let (before, now) = (old.map(tags).unwrap_or_default(), tags(new));
        let is_news = |key: &str| match (old, now.get(key)) {
            (None, value) => {
                value.zip(own).is_some_and(|(value, own)| *value != own.name && self.people.contains(&**value))
            }
            (Some(_), value) => before.get(key) != value,
        };
        let is_known = |key: &str| match key {
            SOME => !self.known_by.is_empty(),
            key => self.known_by.contains(&key.to_lowercase()),
        };
        let keys: BTreeSet<&str> = before.keys().chain(now.keys()).copied().collect();
        let said = |key: &str| match now.get(key) {
            _ if key == SOME => {
                "which tags it has is known only when the stack is deployed, and policies know it by tags".to_owned()
            }
            Some(value) => format!("the tag `{key}` is `{value}`, and policies know the resource by it"),
            None => format!("the tag `{key}` is gone, and policies know the resource by it"),
        };
        keys.into_iter().filter(|key| is_news(key) && is_known(key)).map(said).collect()
    }
}

fn differ(old: Option<&Value>, new: Option<&Value>) -> bool {
    let same = |value: Option<&Value>| value.map(|value| text(&canonical("", value)));
    old != new && same(old) != same(new)
}

/// What stands for the tags whose keys are known only when the stack is deployed.
const SOME: &str = "*";

fn tags(resource: &Value) -> BTreeMap<&str, String> {
    let mut found: BTreeMap<&str, String> = BTreeMap::new();
    match property(resource, "Tags") {
        Some(Value::Object(tags)) if !tags.contains_key("Fn::If") && !is_intrinsic(&Value::Object(tags.clone())) => {
            found.extend(tags.iter().map(|(key, value)| (key.as_str(), plain(value))));
        }
        list => {
            for tag in one_or_more(list) {
                match tag.get("Key").and_then(Value::as_str).filter(|key| !key.contains(DYNAMIC_REFERENCE)) {
                    Some(key) => _ = found.insert(key, tag.get("Value").map(plain).unwrap_or_default()),
                    None => *found.entry(SOME).or_default() += &text(tag),
                }
            }
        }
    }
    found
}

/// What of a bucket's settings lets ACLs and policies open it to the public.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
const BLOCKS: [&str; 4] = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// The ACLs that let in nobody but the owner.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>
const OWNERS_ACLS: [&str; 3] = ["Private", "BucketOwnerRead", "BucketOwnerFullControl"];

/// The settings of a bucket, or of an access point, that are looser than before. A new bucket has the safe ones; what a
/// template no longer says is taken for gone.
fn opened_bucket(old: Option<&Value>, new: &Value) -> Vec<String> {
    let setting = |key: &str| (old.and_then(|old| property(old, key)), property(new, key));
    let mut found = Vec::new();
    let (old_blocks, new_blocks) = setting("PublicAccessBlockConfiguration");
    let is_on = |blocks: &Value, flag: &str| blocks.get(flag).is_some_and(|on| plain(on) == "true");
    if old_blocks.map(text) != new_blocks.map(text) {
        let was_on = |flag: &str| old_blocks.is_none_or(|blocks| is_on(blocks, flag));
        let stays = |flag: &str| new_blocks.map_or(old.is_none(), |blocks| is_on(blocks, flag));
        let off = BLOCKS.into_iter().filter(|flag| was_on(flag) && !stays(flag)).map(|flag| format!("`{flag}`"));
        let off = off.collect::<Vec<_>>().join(", ");
        found.extend((!off.is_empty()).then(|| format!("it may be public, since it is without {off}")));
    }
    let (old_acl, new_acl) = setting("AccessControl");
    let wide = new_acl.map(plain).filter(|acl| old_acl.map(plain).as_ref() != Some(acl));
    let wide = wide.filter(|acl| !OWNERS_ACLS.contains(&acl.as_str()));
    found.extend(wide.map(|acl| format!("its `AccessControl` is `{acl}`")));
    let (old_owner, new_owner) = setting("OwnershipControls");
    let enforced = |owner: &Value| {
        let mut rules = one_or_more(owner.get("Rules"));
        rules.all(|rule| rule.get("ObjectOwnership").is_some_and(|owner| owner == "BucketOwnerEnforced"))
    };
    if old_owner.map(text) != new_owner.map(text) && !new_owner.is_some_and(enforced) {
        found.push("its `ObjectOwnership` lets ACLs decide".to_owned());
    }
    found
}

/// The credentials that are new or other than before. A new user whose password a secret holds is one like the others.
fn credentials(old: Option<&Value>, new: &Value) -> Vec<String> {
    let key = (type_of(new) == ACCESS_KEY).then(|| "whoever has this access key acts as its user".to_owned());
    let profile = property(new, "LoginProfile").filter(|profile| {
        let before = old.and_then(|old| property(old, "LoginProfile"));
        let usual = old.is_none() && text(profile).contains(SECRET_REFERENCE);
        !usual && differ(before, Some(profile))
    });
    let profile = profile.map(|profile| {
        let password = profile.get("Password").and_then(Value::as_str);
        let in_plain = password.is_some_and(|password| !password.contains(DYNAMIC_REFERENCE));
        let who = if in_plain { "reads the template" } else { "knows the new password" };
        format!("whoever {who} signs in as this user")
    });
    key.into_iter().chain(profile).collect()
}

/// What is said of a value that holds the secret of one of these access keys.
fn gives_out_key(keys: &BTreeSet<String>, value: &Value) -> Option<String> {
    let mut found = Vec::new();
    references(value, &mut Vec::new(), keys, &mut found);
    let (_, key, _) = found.into_iter().find(|(.., value)| value.to_string().contains("SecretAccessKey"))?;
    Some(format!("whoever sees this value has the access key `{key}`"))
}
