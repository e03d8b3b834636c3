//! Who asks: a user, a role's session, or a service.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::oracle::chance::Chance;
use crate::oracle::words::{self, ACCOUNT};

#[derive(Clone)]
pub struct Who {
    /// The ARN of a user or a session, or a service's name.
    pub principal: String,
    pub account: Option<&'static str>,
    /// The name of a user or role.
    pub name: String,
    /// The ARN that a policy names it by.
    pub arn: String,
    pub kind: Kind,
    /// The tags of a user or role, by key.
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    User,
    Session,
    Service,
}

impl Who {
    pub fn user(chance: &mut Chance) -> Self {
        let path = chance.pick(&words::USERS);
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/{path}");
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let tags = tags(&name, chance);
        Self { principal: arn.clone(), account: Some(ACCOUNT), name, arn, kind: Kind::User, tags }
    }

    pub fn session(chance: &mut Chance) -> Self {
        let path = chance.pick(&words::ROLES);
        let mut who = Self::role(path, BTreeMap::new());
        who.tags = tags(&who.name, chance);
        who
    }

    /// What acts on a notebook or in a job: the session of a role, by the role's path and name.
    pub fn role(path: &str, tags: BTreeMap<String, String>) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{path}");
        let principal = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/SageMaker");
        Self { principal, account: Some(ACCOUNT), name, arn, kind: Kind::Session, tags }
    }

    pub fn service(chance: &mut Chance) -> Self {
        let name = chance.pick(&words::SERVICE_PRINCIPALS).to_owned();
        let tags = BTreeMap::new();
        Self { principal: name.clone(), account: None, name: name.clone(), arn: name, kind: Kind::Service, tags }
    }

    /// What AWS says about the principal in every request.
    pub fn context(&self) -> Map<String, Json> {
        let mut context = Map::new();
        let mut say = |key: &str, value: &str| context.insert(key.to_owned(), json!(value));
        match self.kind {
            Kind::User => {
                say("aws:username", &self.name);
                say("aws:userid", "AIDACKCEVSQ6C2EXAMPLE");
                say("aws:PrincipalType", "User");
            }
            Kind::Session => {
                say("aws:userid", "AROACKCEVSQ6C2EXAMPLE:SageMaker");
                say("aws:PrincipalType", "AssumedRole");
            }
            Kind::Service => {
                say("aws:PrincipalIsAWSService", "true");
                say("aws:PrincipalServiceName", &self.name);
            }
        }
        if let Some(account) = self.account {
            say("aws:PrincipalAccount", account);
            say("aws:PrincipalArn", &self.arn);
        }
        for (key, value) in &self.tags {
            say(&format!("{TAG}{key}"), value);
        }
        context
    }
}

/// A key of this and a tag's name asks for a tag of whoever asks.
pub const TAG: &str = "aws:PrincipalTag/";

/// Tags that say the name of their holder, or of somebody else, or nothing.
fn tags(name: &str, chance: &mut Chance) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    match chance.below(10) {
        0..=5 => tags.insert("user".to_owned(), name.to_owned()),
        6 | 7 => tags.insert("user".to_owned(), chance.pick(&words::NAMES).to_owned()),
        _ => None,
    };
    match chance.below(10) {
        0..=4 => tags.insert("notebook".to_owned(), name.replace('.', "-")),
        5 | 6 => tags.insert("notebook".to_owned(), chance.pick(&words::NAMES).to_owned()),
        _ => None,
    };
    if chance.percent(45) {
        tags.insert("team".to_owned(), chance.pick(&words::NAMES).to_owned());
    }
    tags
}
