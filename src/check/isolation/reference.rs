//! The reference policies: the most that isolation permits to each kind of principal, and what it needs. They are part of
//! the program, and no template replaces them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::kind::{Kind, Subject};
use crate::iam::Document;
use crate::inventory::one_or_more;
use crate::model::{Profile, Service};
use crate::plan::AccountPlan;
use crate::render::{PolicyValues, service_policy};

const LIMITS_PERSON: &str = include_str!("reference/limits-person.json.hbs");
const LIMITS_WITHOUT_MFA: &str = include_str!("reference/limits-without-mfa.json.hbs");
const LIMITS_NOTEBOOK: &str = include_str!("reference/limits-notebook.json.hbs");
const SUSPENDED_NOTEBOOK: &str = include_str!("reference/limits-suspended-notebook.json.hbs");
const KEY_ROTATION: &str = include_str!("reference/limits-key-rotation.json.hbs");
const LIMITS_STRANGER: &str = include_str!("reference/limits-stranger.json.hbs");
const LIMITS_COMPANY: &str = include_str!("reference/limits-company.json.hbs");
const NEEDS_PERSON: &str = include_str!("reference/needs-person.json.hbs");
const NEEDS_WITHOUT_MFA: &str = include_str!("reference/needs-without-mfa.json.hbs");
const NEEDS_NOTEBOOK: &str = include_str!("reference/needs-notebook.json.hbs");
const FORBIDDEN_PERSON: &str = include_str!("reference/forbidden-person.json.hbs");

/// All of them.
pub(super) const TEMPLATES: [&str; 11] = [
    LIMITS_PERSON,
    LIMITS_WITHOUT_MFA,
    LIMITS_NOTEBOOK,
    SUSPENDED_NOTEBOOK,
    KEY_ROTATION,
    LIMITS_STRANGER,
    LIMITS_COMPANY,
    NEEDS_PERSON,
    NEEDS_WITHOUT_MFA,
    NEEDS_NOTEBOOK,
    FORBIDDEN_PERSON,
];
/// Values that statements of several of them hang on.
const OF_STATEMENTS: [&str; 3] = [MFA_REQUIRED, ALLOWED_NETWORKS, BUCKET_KMS_KEY];
const MFA_REQUIRED: &str = "mfa_required";
const ALLOWED_NETWORKS: &str = "allowed_networks";
const BUCKET_KMS_KEY: &str = "bucket_kms_key";
/// Whether a template is filled with what the settings ask of training jobs.
const JOBS: &str = "jobs";

/// The words within the expressions of the templates, among which are the names of all values that fill them.
static NAMED: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let profiles = [Profile::Documented, Profile::Hardened];
    let of_services = Service::ALL.iter().flat_map(|service| profiles.map(|profile| service_policy(*service, profile)));
    let expressions = TEMPLATES
        .into_iter()
        .chain(of_services)
        .flat_map(|text| text.split("{{").skip(1))
        .map(|rest| rest.split("}}").next());
    let words = expressions.flatten().flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.chain(OF_STATEMENTS).collect()
});

/// An operator, a condition key, and the values that are permitted.
type Condition = (&'static str, &'static str, Value);

/// What a reference policy says of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The most that isolation permits.
    Limits,
    /// What is needed.
    Needs,
}

/// A need. Of needs with the same words, one has to be met: they are the forms in which AWS may name the same thing.
#[derive(Debug)]
pub struct Need {
    /// What it is for, in words that fit behind "cannot".
    pub what: String,
    /// The statement, as a document of its own.
    pub document: Document,
    /// The actions of the statement.
    pub actions: Vec<String>,
    /// The condition keys of the statement, in lower case.
    pub keys: BTreeSet<String>,
}

/// The reference policies of an account.
#[derive(Debug)]
pub struct References {
    limits: BTreeMap<Kind, Document>,
    /// The most that permissions boundaries may allow: second factors, networks of people, security groups, keys that are too
    /// old and what training jobs are like are the matter of other policies.
    boundary_limits: BTreeMap<Kind, Document>,
    needs: BTreeMap<Kind, Vec<Need>>,
    /// The policies that racestack gives the roles of services.
    of_services: BTreeMap<Service, Value>,
    /// Nothing at all.
    pub nothing: Document,
    /// Everything that IAM can allow.
    pub everything: Document,
    /// A resource policy by which every other account leaves its things to this account: what theirs say is not known.
    pub of_other_accounts: Document,
    /// What the guardrails must deny, whatever is allowed beside them.
    pub forbidden: Document,
    /// The statements of those that have an account's values, and are compared with what templates make.
    pub filled: Vec<Vec<Value>>,
}

/// The values of an account that the reference policies name: nothing else of the account is known to these.
pub fn values(plan: &AccountPlan<'_>) -> PolicyValues {
    PolicyValues::of(plan).only(|key| NAMED.contains(key))
}

impl References {
    /// The reference policies of an account with these `values`.
    ///
    /// # Errors
    /// Why one cannot be made, which is a fault of the program.
    pub fn of(plan: &AccountPlan<'_>, values: &PolicyValues) -> Result<Self, String> {
        let mut references = Self::filled_with(values)?;
        if !plan.account.services.is_empty() {
            references.add_services(plan.account.services.keys().copied(), plan.account.policies, values)?;
        }
        Ok(references)
    }

    fn filled_with(values: &PolicyValues) -> Result<Self, String> {
        let of_boundary = values.with("security_group_ids", Value::Null).with("keys_rotated", false.into());
        let one = |statement: Value| parse(vec![statement]);
        let forbidden = fill(values, FORBIDDEN_PERSON)?;
        let mut references = Self {
            limits: BTreeMap::new(),
            boundary_limits: BTreeMap::new(),
            needs: BTreeMap::new(),
            of_services: BTreeMap::new(),
            nothing: parse(Vec::new())?,
            everything: one(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}))?,
            of_other_accounts: one(json!({
                "Effect": "Allow", "Principal": {"AWS": values.get("account_id")}, "Action": "*", "Resource": "*"
            }))?,
            forbidden: parse(forbidden.clone())?,
            filled: vec![forbidden],
        };
        for kind in [Kind::Person, Kind::SuspendedPerson, Kind::Notebook, Kind::SuspendedNotebook, Kind::KeyRotation] {
            let limits = statements(values, kind, Bound::Limits)?;
            let needs = statements(values, kind, Bound::Needs)?;
            references.filled.extend([limits.clone(), needs.clone()]);
            references.limits.insert(kind, parse(limits)?);
            references.needs.insert(kind, needs.into_iter().map(need).collect::<Result<_, _>>()?);
        }
        let of_nobody = fill(values, LIMITS_STRANGER)?;
        let of_company = [of_nobody.clone(), fill(values, LIMITS_COMPANY)?].concat();
        references.filled.push(of_company.clone());
        references.limits.insert(Kind::Other, parse(of_company)?);
        references.limits.insert(Kind::Stranger, parse(of_nobody)?);
        for (kind, template) in [(Kind::Person, LIMITS_PERSON), (Kind::Notebook, LIMITS_NOTEBOOK)] {
            references.boundary_limits.insert(kind, parse(encrypted(fill(&of_boundary, template)?, values))?);
        }
        Ok(references)
    }

    /// What racestack gives the roles of services, and what is about nobody's things, without what acts as another role.
    fn add_services(
        &mut self,
        services: impl Iterator<Item = Service>,
        profile: Profile,
        values: &PolicyValues,
    ) -> Result<(), String> {
        let mut besides = fill(values, LIMITS_STRANGER)?;
        let of_company = fill(values, LIMITS_COMPANY)?;
        let denied = of_company.iter().filter(|one| one.get("Effect").is_some_and(|effect| effect == "Deny"));
        let denied: Vec<Value> = denied.flat_map(|one| one_or_more(one.get("Action"))).cloned().collect();
        for others in besides.iter_mut().filter_map(|one| one.get_mut("NotAction")?.as_array_mut()) {
            others.extend(denied.iter().cloned());
        }
        for service in services {
            let built_in = fill(values, service_policy(service, profile))?;
            let limits = parse([built_in.clone(), besides.clone()].concat())?;
            self.limits.insert(Kind::Service(service), limits);
            self.of_services.insert(service, policy(built_in));
        }
        Ok(())
    }

    /// The most that a kind may.
    pub fn limits(&self, kind: Kind) -> Option<&Document> {
        self.limits.get(&kind)
    }

    /// Whether a role of a service has the very policy that racestack gives it, and no other.
    pub fn is_built_in(&self, subject: &Subject<'_, '_>) -> bool {
        let Kind::Service(service) = subject.kind else { return false };
        let mut policies = subject.identity.policies.iter().filter_map(|index| subject.inventory.policies.get(*index));
        policies.all(|policy| self.of_services.get(&service) == Some(&policy.document.value))
    }

    /// The most that the permissions boundary of a kind may allow; `None` where it needs none.
    pub fn boundary_limits(&self, kind: Kind) -> Option<&Document> {
        self.boundary_limits.get(&kind.active())
    }

    pub fn needs(&self, kind: Kind) -> &[Need] {
        self.needs.get(&kind).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The reference policy of a kind as IAM and its Access Analyzer take it, with an account's values: the most that isolation
/// permits, or what is needed. Policy variables stay as they are. Who is permitted nothing, or needs nothing, has a policy
/// that denies everything: IAM knows none without statements.
///
/// # Errors
/// Why it cannot be made, which is a fault of the program.
pub fn reference_policy(plan: &AccountPlan<'_>, kind: Kind, bound: Bound) -> Result<Value, String> {
    let mut all = statements(&values(plan), kind, bound)?;
    if all.is_empty() {
        all.push(json!({"Sid": "Nothing", "Effect": "Deny", "Action": "*", "Resource": "*"}));
    }
    Ok(policy(all))
}

/// The statements that the access of a kind lies within, or that lie within it.
fn statements(values: &PolicyValues, kind: Kind, bound: Bound) -> Result<Vec<Value>, String> {
    let (template, without_mfa) = match (kind, bound) {
        (Kind::Person, Bound::Limits) => (LIMITS_PERSON, Some(LIMITS_WITHOUT_MFA)),
        (Kind::Person, Bound::Needs) => (NEEDS_PERSON, Some(NEEDS_WITHOUT_MFA)),
        (Kind::Notebook, Bound::Limits) => (LIMITS_NOTEBOOK, None),
        (Kind::Notebook, Bound::Needs) => (NEEDS_NOTEBOOK, None),
        // These may do what they need, and nothing else.
        (Kind::SuspendedNotebook, _) => (SUSPENDED_NOTEBOOK, None),
        (Kind::KeyRotation, _) => (KEY_ROTATION, None),
        _ => return Ok(Vec::new()),
    };
    let mut all = encrypted(fill(&values.with(JOBS, true.into()), template)?, values);
    if let (Kind::SuspendedNotebook, Bound::Needs, Some(stop)) = (kind, bound, all.first_mut()) {
        // It stops itself, and nothing of another type.
        let own = ["partition", "region", "account_id"].map(|key| values.get(key).as_str().unwrap_or_default());
        let [partition, region, account_id] = own;
        stop["Resource"] = format!("arn:{partition}:sagemaker:{region}:{account_id}:notebook-instance/*").into();
    }
    let all = match without_mfa.filter(|_| *values.get(MFA_REQUIRED) == true) {
        Some(without) => {
            let without = fill(values, without)?.into_iter();
            // What is permitted without one is permitted with one, too; what is needed with one is told by the others.
            let without = without.map(|one| if bound == Bound::Needs { with_no_factor(one) } else { one });
            without.chain(all.into_iter().map(with_mfa)).collect()
        }
        None => all,
    };
    Ok(if kind == Kind::Person { from_networks(all, values) } else { all })
}

fn fill(values: &PolicyValues, template: &str) -> Result<Vec<Value>, String> {
    let policy = values.fill(template)?;
    Ok(policy.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default())
}

/// A statement that asks for a second factor besides.
fn with_mfa(mut statement: Value) -> Value {
    if statement.is_object() {
        statement["Condition"]["Bool"]["aws:MultiFactorAuthPresent"] = "true".into();
    }
    statement
}

/// A statement of those who have no second factor at hand.
fn with_no_factor(mut statement: Value) -> Value {
    statement["Condition"]["BoolIfExists"]["aws:MultiFactorAuthPresent"] = "false".into();
    statement
}

/// The statements of an account whose bucket has a key: uploads name no encryption, or that key.
fn encrypted(statements: Vec<Value>, values: &PolicyValues) -> Vec<Value> {
    let Some(key) = values.get(BUCKET_KMS_KEY).as_str() else { return statements };
    let split = |statement: Value| {
        let actions: Vec<Value> = statement.get("Action").and_then(Value::as_array).cloned().unwrap_or_default();
        let (uploads, others): (Vec<Value>, Vec<Value>) = actions.into_iter().partition(|one| *one == "s3:PutObject");
        if uploads.is_empty() {
            return vec![statement];
        }
        let with = |actions: Vec<Value>, words: &str, conditions: Vec<Condition>| {
            let mut statement = statement.clone();
            statement["Action"] = actions.into();
            with_conditions(statement, words, conditions)
        };
        let (algorithm, id) = ("s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id");
        let named = vec![("StringEquals", algorithm, "aws:kms".into()), ("ArnEquals", id, key.into())];
        vec![
            with(others, "", Vec::new()),
            with(uploads.clone(), ", with the bucket's encryption", vec![("Null", algorithm, "true".into())]),
            with(uploads, ", with the bucket's key by name", named),
        ]
    };
    statements.into_iter().flat_map(split).collect()
}

/// The statements, each for the networks that people may come from, and for services that do what somebody asked for.
fn from_networks(statements: Vec<Value>, values: &PolicyValues) -> Vec<Value> {
    let networks = values.get(ALLOWED_NETWORKS);
    if networks.is_null() {
        return statements;
    }
    let of = |kind: &str| networks.get(kind).filter(|all| all.as_array().is_some_and(|all| !all.is_empty())).cloned();
    let mut ways: Vec<(&str, Condition)> = vec![(", through a service", ("Bool", "aws:ViaAWSService", "true".into()))];
    let ranges = of("ranges").map(|ranges| (", from an allowed network", ("IpAddress", "aws:SourceIp", ranges)));
    let endpoints =
        of("endpoints").map(|all| (", through an allowed endpoint", ("StringEquals", "aws:SourceVpce", all)));
    ways.extend(ranges.into_iter().chain(endpoints));
    let each_way = |statement: Value| {
        let with = |(words, way): &(&str, Condition)| with_conditions(statement.clone(), words, vec![way.clone()]);
        ways.iter().map(with).collect::<Vec<Value>>()
    };
    statements.into_iter().flat_map(each_way).collect()
}

/// A statement that asks for these besides, with these words at the end of what it is for.
fn with_conditions(mut statement: Value, words: &str, conditions: Vec<Condition>) -> Value {
    for (operator, key, values) in conditions {
        statement["Condition"][operator][key] = values;
    }
    if let Some(Value::String(what)) = statement.get_mut("//") {
        what.push_str(words);
    }
    statement
}

/// The policy of these statements, without the comments in them.
fn policy(mut statements: Vec<Value>) -> Value {
    for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
        statement.shift_remove("//");
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn parse(statements: Vec<Value>) -> Result<Document, String> {
    Document::parse(&policy(statements)).map_err(|malformed| malformed.message)
}

fn need(statement: Value) -> Result<Need, String> {
    let what = statement.get("//").and_then(Value::as_str).unwrap_or_default().to_owned();
    let conditions = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let keys = conditions.filter_map(|(_, keys)| keys.as_object()).flat_map(|keys| keys.keys());
    let keys = keys.map(|key| key.to_lowercase()).collect();
    let actions = one_or_more(statement.get("Action")).filter_map(Value::as_str).map(str::to_owned).collect();
    Ok(Need { what, actions, document: parse(vec![statement])?, keys })
}
