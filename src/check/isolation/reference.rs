//! The reference policies: the most that isolation permits to each kind of principal, and what it needs. They are part of
//! the program, and no template replaces them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::kind::Kind;
use crate::iam::Document;
use crate::model::Mfa;
use crate::plan::AccountPlan;
use crate::render::PolicyValues;

const LIMITS_PERSON: &str = include_str!("reference/limits-person.json.hbs");
const LIMITS_WITHOUT_MFA: &str = include_str!("reference/limits-without-mfa.json.hbs");
const LIMITS_NOTEBOOK: &str = include_str!("reference/limits-notebook.json.hbs");
const LIMITS_SUSPENDED_NOTEBOOK: &str = include_str!("reference/limits-suspended-notebook.json.hbs");
const LIMITS_KEY_ROTATION: &str = include_str!("reference/limits-key-rotation.json.hbs");
const NEEDS_PERSON: &str = include_str!("reference/needs-person.json.hbs");
const NEEDS_WITHOUT_MFA: &str = include_str!("reference/needs-without-mfa.json.hbs");
const NEEDS_NOTEBOOK: &str = include_str!("reference/needs-notebook.json.hbs");
const FORBIDDEN_PERSON: &str = include_str!("reference/forbidden-person.json.hbs");

/// What a reference policy says of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The most that isolation permits.
    Limits,
    /// What is needed.
    Needs,
}

/// A need: what it is for, in words that fit behind "cannot", and the statement. Of needs with the same words, one has to be
/// met: they are the forms in which AWS may name the same thing.
#[derive(Debug)]
pub struct Need {
    /// What it is for.
    pub what: String,
    /// The statement, as a document of its own.
    pub document: Document,
    /// The condition keys of the statement, in lower case.
    pub keys: BTreeSet<String>,
}

/// The reference policies of an account.
#[derive(Debug)]
pub struct References {
    person: Document,
    notebook: Document,
    /// The same for permissions boundaries: second factors and instance types are the matter of other policies.
    person_boundary: Document,
    notebook_boundary: Document,
    suspended_notebook: Document,
    key_rotation: Document,
    /// Nothing at all.
    pub nothing: Document,
    /// Everything that IAM can allow.
    pub everything: Document,
    /// A resource policy by which every other account leaves its things to this account: what theirs say is not known.
    pub of_other_accounts: Document,
    needs_person: Vec<Need>,
    needs_notebook: Vec<Need>,
    /// What the guardrails must deny, whatever is allowed beside them.
    pub forbidden: Document,
    /// All of them as they are filled.
    pub filled: Vec<Value>,
}

impl References {
    /// The reference policies, with an account's values.
    ///
    /// # Errors
    /// Why one cannot be made, which is a fault of the program.
    pub fn of(plan: &AccountPlan<'_>) -> Result<Self, String> {
        let values = PolicyValues::of(plan);
        let any_type = values.without("allowed_training_types");
        let mut filled = Vec::new();
        let mut fill = |template: &str| -> Result<Value, String> {
            let value = values.fill(template)?;
            filled.push(value.clone());
            Ok(value)
        };
        let document = |value: &Value| parse(statements(value));
        let (person, needs) = (person(plan, Bound::Limits, &mut fill)?, person(plan, Bound::Needs, &mut fill)?);
        let references = Self {
            person: parse(person)?,
            notebook: document(&fill(LIMITS_NOTEBOOK)?)?,
            person_boundary: document(&any_type.fill(LIMITS_PERSON)?)?,
            notebook_boundary: document(&any_type.fill(LIMITS_NOTEBOOK)?)?,
            suspended_notebook: document(&fill(LIMITS_SUSPENDED_NOTEBOOK)?)?,
            key_rotation: document(&fill(LIMITS_KEY_ROTATION)?)?,
            nothing: document(&policy(&[]))?,
            everything: document(&policy(&[json!({"Effect": "Allow", "Action": "*", "Resource": "*"})]))?,
            of_other_accounts: document(&policy(&[json!({
                "Effect": "Allow", "Principal": {"AWS": plan.names.account_id}, "Action": "*", "Resource": "*"
            })]))?,
            needs_person: read_needs(needs)?,
            needs_notebook: read_needs(statements(&fill(NEEDS_NOTEBOOK)?))?,
            forbidden: document(&fill(FORBIDDEN_PERSON)?)?,
            filled: Vec::new(),
        };
        Ok(Self { filled, ..references })
    }

    /// The most that a kind may; `None` where only its trust counts.
    pub fn limits(&self, kind: Kind) -> Option<&Document> {
        match kind {
            Kind::Person => Some(&self.person),
            Kind::SuspendedPerson => Some(&self.nothing),
            Kind::Notebook => Some(&self.notebook),
            Kind::SuspendedNotebook => Some(&self.suspended_notebook),
            Kind::KeyRotation => Some(&self.key_rotation),
            Kind::Service | Kind::Other => None,
        }
    }

    /// The most that the permissions boundary of a kind may allow; `None` where it needs none.
    pub fn boundary_limits(&self, kind: Kind) -> Option<&Document> {
        match kind {
            Kind::Person | Kind::SuspendedPerson => Some(&self.person_boundary),
            Kind::Notebook | Kind::SuspendedNotebook => Some(&self.notebook_boundary),
            Kind::KeyRotation | Kind::Service | Kind::Other => None,
        }
    }

    /// What a kind needs.
    pub fn needs(&self, kind: Kind) -> &[Need] {
        match kind {
            Kind::Person => &self.needs_person,
            Kind::Notebook => &self.needs_notebook,
            _ => &[],
        }
    }
}

/// The reference policy of a kind as IAM and its Access Analyzer take it, with an account's values: the most that isolation
/// permits, or what is needed. Policy variables stay as they are. Who is permitted nothing, or needs nothing, has a policy
/// that denies everything: IAM knows none without statements.
///
/// # Errors
/// Why it cannot be made, which is a fault of the program.
pub fn reference_policy(plan: &AccountPlan<'_>, kind: Kind, bound: Bound) -> Result<Value, String> {
    let values = PolicyValues::of(plan);
    let mut fill = |template: &str| values.fill(template);
    let mut all = match (kind, bound) {
        (Kind::Person, _) => person(plan, bound, &mut fill)?,
        (Kind::Notebook, Bound::Limits) => statements(&fill(LIMITS_NOTEBOOK)?),
        (Kind::Notebook, Bound::Needs) => statements(&fill(NEEDS_NOTEBOOK)?),
        (Kind::SuspendedNotebook, Bound::Limits) => statements(&fill(LIMITS_SUSPENDED_NOTEBOOK)?),
        (Kind::KeyRotation, Bound::Limits) => statements(&fill(LIMITS_KEY_ROTATION)?),
        _ => Vec::new(),
    };
    if all.is_empty() {
        all.push(json!({"Sid": "Nothing", "Effect": "Deny", "Action": "*", "Resource": "*"}));
    }
    all.iter_mut().for_each(without_comment);
    Ok(policy(&all))
}

/// The statements that a person's access lies within, or that lie within it.
fn person(
    plan: &AccountPlan<'_>,
    bound: Bound,
    fill: &mut impl FnMut(&str) -> Result<Value, String>,
) -> Result<Vec<Value>, String> {
    let (with, without) = match bound {
        Bound::Limits => (LIMITS_PERSON, LIMITS_WITHOUT_MFA),
        Bound::Needs => (NEEDS_PERSON, NEEDS_WITHOUT_MFA),
    };
    let with = statements(&fill(with)?);
    if plan.account.mfa != Mfa::Required {
        return Ok(with);
    }
    let without = statements(&fill(without)?);
    Ok(without.into_iter().chain(with.into_iter().map(with_mfa)).collect())
}

fn statements(policy: &Value) -> Vec<Value> {
    policy.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// A statement that asks for a second factor besides.
fn with_mfa(mut statement: Value) -> Value {
    if let Some(statement) = statement.as_object_mut() {
        let condition = statement.entry("Condition").or_insert_with(|| json!({}));
        if let Some(condition) = condition.as_object_mut() {
            let truths = condition.entry("Bool").or_insert_with(|| json!({}));
            if let Some(truths) = truths.as_object_mut() {
                truths.insert("aws:MultiFactorAuthPresent".to_owned(), "true".into());
            }
        }
    }
    statement
}

fn without_comment(statement: &mut Value) {
    if let Some(statement) = statement.as_object_mut() {
        statement.shift_remove("//");
    }
}

/// The document of these statements, without the comments in them.
fn parse(mut statements: Vec<Value>) -> Result<Document, String> {
    statements.iter_mut().for_each(without_comment);
    Document::parse(&policy(&statements)).map_err(|malformed| malformed.message)
}

fn read_needs(statements: Vec<Value>) -> Result<Vec<Need>, String> {
    let need = |statement: Value| {
        let what = statement.get("//").and_then(Value::as_str).unwrap_or_default().to_owned();
        let conditions = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
        let keys = conditions.filter_map(|(_, keys)| keys.as_object()).flat_map(|keys| keys.keys());
        let keys = keys.map(|key| key.to_lowercase()).collect();
        Ok(Need { what, document: parse(vec![statement])?, keys })
    };
    statements.into_iter().map(need).collect()
}
