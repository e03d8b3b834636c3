//! Who asks: a user, a role's session, or a service.

use serde_json::{Map, Value as Json, json};

use crate::chance::Chance;
use crate::words::{self, ACCOUNT};

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
        Self { principal: arn.clone(), account: Some(ACCOUNT), name, arn, kind: Kind::User }
    }

    pub fn session(chance: &mut Chance) -> Self {
        let path = chance.pick(&words::ROLES);
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{path}");
        let principal = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/SageMaker");
        Self { principal, account: Some(ACCOUNT), name, arn, kind: Kind::Session }
    }

    pub fn service(chance: &mut Chance) -> Self {
        let name = chance.pick(&words::SERVICE_PRINCIPALS).to_owned();
        Self { principal: name.clone(), account: None, name: name.clone(), arn: name, kind: Kind::Service }
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
        context
    }
}
