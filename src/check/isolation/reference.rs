//! The reference policies: the most that isolation permits to each kind of principal, and what it needs. They are part of
//! the program, and no template replaces them.

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

/// A need: what it is for, in words that fit behind "cannot", and the statement.
#[derive(Debug)]
pub struct Need {
    /// What it is for.
    pub what: String,
    /// The statement, as a document of its own.
    pub document: Document,
    /// The condition keys of the statement, in lower case.
    keys: Vec<String>,
}

impl Need {
    /// Whether a condition, in words, is about one of the keys of the statement.
    pub fn mentions(&self, condition: &str) -> bool {
        let condition = condition.to_lowercase();
        self.keys.iter().any(|key| condition.contains(key))
    }
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
    nothing: Document,
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
        let (person, needs) = (fill(LIMITS_PERSON)?, statements(&fill(NEEDS_PERSON)?));
        let (person, needs) = if plan.account.mfa == Mfa::Required {
            let limits = statements(&person).into_iter().map(with_mfa);
            let limits = statements(&fill(LIMITS_WITHOUT_MFA)?).into_iter().chain(limits);
            let without = statements(&fill(NEEDS_WITHOUT_MFA)?);
            (policy(&limits.collect::<Vec<_>>()), needs.into_iter().map(with_mfa).chain(without).collect())
        } else {
            (person, needs)
        };
        let references = Self {
            person: document(&person)?,
            notebook: document(&fill(LIMITS_NOTEBOOK)?)?,
            person_boundary: document(&any_type.fill(LIMITS_PERSON)?)?,
            notebook_boundary: document(&any_type.fill(LIMITS_NOTEBOOK)?)?,
            suspended_notebook: document(&fill(LIMITS_SUSPENDED_NOTEBOOK)?)?,
            key_rotation: document(&fill(LIMITS_KEY_ROTATION)?)?,
            nothing: document(&policy(&[]))?,
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

/// The document of these statements, without the comments in them.
fn parse(mut statements: Vec<Value>) -> Result<Document, String> {
    for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
        statement.shift_remove("//");
    }
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
