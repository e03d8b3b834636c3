//! Which requests there are: the actions that the oracle knows, their resources, and the keys that AWS sends with them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::oracle::chance::Chance;
use crate::oracle::words::{self, ACCOUNT, OTHER_ACCOUNT};

/// The services whose actions the policies name, and those around them.
pub const SERVICES: [&str; 20] = [
    "s3",
    "sagemaker",
    "iam",
    "sts",
    "deepracer",
    "robomaker",
    "lambda",
    "logs",
    "ec2",
    "cloudformation",
    "cloudwatch",
    "ecr",
    "states",
    "kinesisvideo",
    "application-autoscaling",
    "sns",
    "events",
    "secretsmanager",
    "budgets",
    "kms",
];

/// "You cannot use policies to control authentication operations", and the oracle decides it by policies.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html>
const UNDECIDED: &str = "sts:GetSessionToken";

pub struct Catalogue {
    pub actions: Vec<Action>,
    /// The type of each condition key, such as `String` or `ArrayOfString`; a key with a variable part under its prefix.
    types: BTreeMap<String, String>,
    /// The actions that a pattern matches, as found before.
    matched: RefCell<BTreeMap<String, Rc<Vec<usize>>>>,
}

pub struct Action {
    pub name: String,
    /// None: the action takes no resource, and is asked for with `*`.
    pub resources: Vec<ResourceType>,
    keys: Vec<String>,
}

pub struct ResourceType {
    arn: String,
    keys: Vec<String>,
}

impl Catalogue {
    #[track_caller]
    pub fn new(json: &Json) -> Self {
        let types = json["types"].as_object().unwrap();
        // The keys of a list that have a type.
        let keys = |value: &Json| -> Vec<String> {
            let keys = value.as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned());
            keys.filter(|key| types.contains_key(key)).collect()
        };
        let resource =
            |value: &Json| ResourceType { arn: value["arn"].as_str().unwrap().to_owned(), keys: keys(&value["keys"]) };
        let action = |value: &Json| Action {
            name: value["action"].as_str().unwrap().to_owned(),
            resources: value["resources"].as_array().unwrap().iter().map(resource).collect(),
            keys: keys(&value["keys"]),
        };
        Self {
            actions: json["actions"]
                .as_array()
                .unwrap()
                .iter()
                .map(action)
                .filter(|one| one.name != UNDECIDED)
                .collect(),
            types: types.iter().map(|(key, kind)| (prefix(key), kind.as_str().unwrap().to_owned())).collect(),
            matched: RefCell::default(),
        }
    }

    /// The actions that an `Action` such as `s3:Get*` names, as places in the list.
    pub fn matching(&self, pattern: &str) -> Rc<Vec<usize>> {
        let pattern = pattern.to_ascii_lowercase();
        let found = self.matched.borrow().get(&pattern).cloned();
        found.unwrap_or_else(|| {
            let of = |(place, action): (usize, &Action)| {
                words::glob(&pattern, &action.name.to_ascii_lowercase()).then_some(place)
            };
            let found: Rc<Vec<usize>> = Rc::new(self.actions.iter().enumerate().filter_map(of).collect());
            self.matched.borrow_mut().insert(pattern, Rc::clone(&found));
            found
        })
    }

    /// The type of a condition key.
    pub fn kind(&self, key: &str) -> &str {
        let key = prefix(key);
        let found = self.types.iter().find(|(known, _)| known.eq_ignore_ascii_case(&key));
        found.map_or("String", |(_, kind)| kind)
    }
}

impl Action {
    /// The ARN of a resource of this action, or `*` where it takes none.
    pub fn resource(&self, chance: &mut Chance) -> String {
        if self.resources.is_empty() { "*".to_owned() } else { filled(&chance.one(&self.resources).arn, chance) }
    }

    /// The ARN of a resource of each type of this action, or `*` where it takes none.
    pub fn resource_of_each(&self, chance: &mut Chance) -> Vec<String> {
        let each = self.resources.iter().map(|known| filled(&known.arn, chance)).collect::<Vec<_>>();
        if each.is_empty() { vec!["*".to_owned()] } else { each }
    }

    /// Whether a request for this action may name this resource.
    pub fn takes(&self, resource: &str) -> bool {
        if self.resources.is_empty() {
            return resource == "*";
        }
        self.resources.iter().any(|known| words::glob(&open(&known.arn), resource))
    }

    /// The keys, besides the global ones, that AWS sends with this action on this resource. A variable part stands as the
    /// name of a tag.
    pub fn keys(&self, resource: &str, chance: &mut Chance) -> Vec<String> {
        let of_types = self.resources.iter().filter(|known| words::glob(&open(&known.arn), resource));
        let keys = self.keys.iter().chain(of_types.flat_map(|known| &known.keys));
        keys.map(|key| named(key, chance)).collect()
    }
}

/// `aws:ResourceTag/${TagKey}` without its variable part: `aws:ResourceTag/`.
fn prefix(key: &str) -> String {
    key.find('/').map_or_else(|| key.to_owned(), |slash| key[..=slash].to_owned())
}

fn named(key: &str, chance: &mut Chance) -> String {
    if key.contains('/') { prefix(key) + chance.pick(&words::TAGS) } else { key.to_owned() }
}

/// `arn:${Partition}:s3:::${BucketName}` as a pattern of wildcards.
fn open(arn: &str) -> String {
    let mut parts = arn.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |open, part| open + "*" + part.split_once('}').map_or("", |(_, rest)| rest))
}

fn filled(arn: &str, chance: &mut Chance) -> String {
    let mut parts = arn.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |filled, part| {
        let (variable, rest) = part.split_once('}').unwrap();
        let value = match variable {
            "Partition" => "aws",
            "Region" => chance.pick(&words::REGIONS),
            "Account" => {
                if chance.percent(96) {
                    ACCOUNT
                } else {
                    OTHER_ACCOUNT
                }
            }
            "BucketName" => chance.pick(&words::BUCKETS),
            "ObjectName" | "Key" => chance.pick(&words::OBJECTS),
            "RoleNameWithPath" => chance.pick(&words::ROLES),
            "UserNameWithPath" => chance.pick(&words::USERS),
            _ => chance.pick(&words::NAMES),
        };
        filled + value + rest
    })
}
