//! A case: policies and a request. Half of them start from policies that are written or prescribed, half from chance.

use serde_json::{Map, Value as Json, json};

use crate::oracle::catalogue::Catalogue;
use crate::oracle::chance::Chance;
use crate::oracle::corpus::{Corpus, Policies};
use crate::oracle::statement::{Place, statement};
use crate::oracle::who::{Kind, TAG, Who};
use crate::oracle::words::{self, ACCOUNT};
use crate::oracle::{aim, condition, mutate};

#[derive(Clone)]
pub struct Case {
    /// The policies of the user and of the group, or of the role.
    pub identity: Vec<Json>,
    pub boundary: Option<Json>,
    /// The bucket's policy, or the role's trust policy.
    pub resource_policy: Option<Json>,
    pub request: Request,
}

#[derive(Clone)]
pub struct Request {
    pub who: Who,
    pub action: String,
    pub resource: String,
    /// The account of the resource, which an S3 ARN does not say.
    pub account: String,
    pub context: Map<String, Json>,
    /// The keys that AWS may send with this action.
    pub possible: Vec<String>,
}

impl Case {
    pub fn json(&self) -> Json {
        let request = &self.request;
        json!({
            "identity": self.identity,
            "boundary": self.boundary,
            "resource_policy": self.resource_policy,
            "request": {
                "principal": request.who.principal,
                "action": request.action,
                "resource": request.resource,
                "account": request.account,
                "context": request.context,
            },
        })
    }
}

impl Case {
    /// Whether a policy asks for a tag of whoever asks.
    pub fn speaks_of_tags(&self) -> bool {
        let mut policies = self.identity.iter().chain(&self.boundary).chain(&self.resource_policy);
        policies.any(|policy| policy.to_string().to_ascii_lowercase().contains(&TAG.to_ascii_lowercase()))
    }

    /// Whose name the tag `user` of whoever asks says.
    pub fn tag_says(&self) -> &'static str {
        match self.request.context.get("aws:PrincipalTag/user") {
            Some(name) if *name == self.request.who.name => "the own name",
            Some(_) => "another name",
            None => "nothing",
        }
    }
}

pub fn case(corpus: &Corpus, catalogue: &Catalogue, chance: &mut Chance) -> Case {
    match chance.below(100) {
        0..=44 => from_corpus(corpus, catalogue, chance),
        45..=74 => from_chance(catalogue, chance),
        75..=91 => conditional(catalogue, chance),
        _ => trust(corpus, catalogue, chance),
    }
}

/// The policies of one principal as they are written, or changed in up to three places, asked for what a statement of theirs
/// speaks of or for something near that.
fn from_corpus(corpus: &Corpus, catalogue: &Catalogue, chance: &mut Chance) -> Case {
    let Policies { is_role, mut identity, boundary, bucket, .. } = chance.one(&corpus.policies).clone();
    let who = if is_role { Who::session(chance) } else { Who::user(chance) };
    let mut boundary = boundary.filter(|_| chance.percent(75));
    let mut resource_policy = bucket.filter(|_| chance.percent(60));
    let policy = if chance.percent(75) { chance.one(&identity) } else { boundary.as_ref().unwrap_or(&identity[0]) };
    let mut request = aim::request(policy, &who, catalogue, chance);
    if chance.percent(45) {
        aim::aside(&mut request, catalogue, chance);
    }
    if chance.percent(55) {
        for _ in 0..=chance.below(3) {
            let place = chance.below(identity.len());
            match chance.below(8) {
                0 | 1 => mutate::policy(boundary.as_mut(), Place::Identity, &request, &who, catalogue, chance),
                2 => mutate::policy(resource_policy.as_mut(), Place::Bucket, &request, &who, catalogue, chance),
                _ => mutate::policy(identity.get_mut(place), Place::Identity, &request, &who, catalogue, chance),
            }
        }
    }
    let resource_policy = resource_policy.filter(|_| request.resource.contains(":s3:::"));
    Case { identity, boundary, resource_policy, request }
}

/// Policies drawn around a request.
fn from_chance(catalogue: &Catalogue, chance: &mut Chance) -> Case {
    let who = if chance.percent(60) { Who::user(chance) } else { Who::session(chance) };
    let service =
        chance.pick(&["s3", "s3", "s3", "sagemaker", "sagemaker", "iam", "iam", "deepracer", "logs", "sts", "ec2"]);
    let action = &catalogue.actions[chance.pick(&catalogue.matching(&format!("{service}:*")))];
    let resource = action.resource(chance);
    let mut request = Request::new(&who, &action.name, &resource, catalogue, chance);
    let identity = (0..chance.below(4)).map(|_| drawn(Place::Identity, &request, &who, catalogue, chance)).collect();
    let boundary = chance.percent(40).then(|| drawn(Place::Identity, &request, &who, catalogue, chance));
    let has_policy = resource.contains(":s3:::") && chance.percent(50);
    let resource_policy = has_policy.then(|| drawn(Place::Bucket, &request, &who, catalogue, chance));
    if chance.percent(25) {
        aim::aside(&mut request, catalogue, chance);
    }
    let resource_policy = resource_policy.filter(|_| request.resource.contains(":s3:::"));
    Case { identity, boundary, resource_policy, request }
}

/// Everything is allowed or denied, if only the conditions hold.
fn conditional(catalogue: &Catalogue, chance: &mut Chance) -> Case {
    let who = if chance.percent(75) { Who::user(chance) } else { Who::session(chance) };
    let action = chance.one(&catalogue.actions);
    let request = Request::new(&who, &action.name, &action.resource(chance), catalogue, chance);
    let allows = chance.percent(50);
    let mut statement = |effect: &str, conditions: usize| {
        let mut statement = json!({"Effect": effect, "Action": "*", "Resource": "*"});
        for _ in 0..conditions {
            condition::add(statement.as_object_mut().unwrap(), &request, catalogue, chance);
        }
        statement
    };
    let statements =
        if allows { vec![statement("Allow", 2)] } else { vec![statement("Allow", 0), statement("Deny", 1)] };
    let identity = vec![json!({"Version": "2012-10-17", "Statement": statements})];
    Case { identity, boundary: None, resource_policy: None, request }
}

/// A service, a user or a session takes on a role.
fn trust(corpus: &Corpus, catalogue: &Catalogue, chance: &mut Chance) -> Case {
    let who = match chance.below(3) {
        0 => Who::service(chance),
        1 => Who::user(chance),
        _ => Who::session(chance),
    };
    let resource = format!("arn:aws:iam::{ACCOUNT}:role/{}", chance.pick(&words::ROLES));
    let request = Request::new(&who, "sts:AssumeRole", &resource, catalogue, chance);
    let mut trust = if chance.percent(40) {
        chance.one(&corpus.trusts).clone()
    } else {
        drawn(Place::Trust, &request, &who, catalogue, chance)
    };
    if chance.percent(30) {
        mutate::policy(Some(&mut trust), Place::Trust, &request, &who, catalogue, chance);
    }
    let policies = if who.kind == Kind::Service { 0 } else { chance.below(3) };
    let identity = (0..policies).map(|_| drawn(Place::Identity, &request, &who, catalogue, chance)).collect();
    let has_boundary = who.kind != Kind::Service && chance.percent(40);
    let boundary = has_boundary.then(|| drawn(Place::Identity, &request, &who, catalogue, chance));
    Case { identity, boundary, resource_policy: Some(trust), request }
}

fn drawn(place: Place, request: &Request, who: &Who, catalogue: &Catalogue, chance: &mut Chance) -> Json {
    let statements: Vec<Json> =
        (0..=chance.below(3)).map(|_| statement(place, request, who, catalogue, chance)).collect();
    match statements.as_slice() {
        [only] if chance.percent(30) => json!({"Version": "2012-10-17", "Statement": only}),
        _ => json!({"Version": "2012-10-17", "Statement": statements}),
    }
}

/// The keys that AWS sends with every request, besides those about the principal.
pub const ALWAYS: [&str; 7] = [
    "aws:SecureTransport",
    "aws:SourceIp",
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:RequestedRegion",
    "aws:UserAgent",
    "aws:ViaAWSService",
];

/// The keys that AWS may send with any request.
const GLOBAL: [&str; 4] = ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:CalledVia", "aws:username"];

/// The tags that whoever asks may have.
const TAGS: [&str; 3] = ["aws:PrincipalTag/user", "aws:PrincipalTag/notebook", "aws:PrincipalTag/team"];

impl Request {
    /// A request with what AWS always says, and some of the keys that it may send.
    pub fn new(who: &Who, action: &str, resource: &str, catalogue: &Catalogue, chance: &mut Chance) -> Self {
        let known = catalogue.matching(action);
        let of_action = known.first().map(|place| catalogue.actions[*place].keys(resource, chance)).unwrap_or_default();
        let mut context = who.context();
        let some = GLOBAL.iter().map(|key| (*key).to_owned()).chain(of_action);
        let mut keys: Vec<String> = ALWAYS.iter().map(|key| (*key).to_owned()).chain(some).collect();
        for (index, key) in keys.iter().enumerate() {
            let is_known = context.keys().any(|known| known.eq_ignore_ascii_case(key)) || key == "aws:username";
            if !is_known && (index < ALWAYS.len() || chance.percent(45)) {
                context.insert(key.clone(), said(key, catalogue, chance));
            }
        }
        if who.kind != Kind::Service {
            keys.extend(TAGS.iter().map(|key| (*key).to_owned()));
        }
        let account = match resource.split(':').nth(4) {
            Some(account) if !account.is_empty() => account,
            _ => ACCOUNT,
        };
        Self {
            who: who.clone(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            account: account.to_owned(),
            context,
            possible: keys,
        }
    }
}

/// What the request says under a key: a text, or a list where the key has many values.
pub fn said(key: &str, catalogue: &Catalogue, chance: &mut Chance) -> Json {
    let kind = catalogue.kind(key);
    if !kind.starts_with("ArrayOf") {
        return json!(words::value(key, kind, chance));
    }
    let count = chance.pick(&[0, 1, 1, 2, 2, 3]);
    json!((0..count).map(|_| words::value(key, kind, chance)).collect::<Vec<_>>())
}
