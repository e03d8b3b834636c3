//! Whom the policies of roles and of other resources let in, which name principals.

use serde_json::{Value, json};

use super::problem::Problem;
use crate::inventory::{DYNAMIC_REFERENCE, IamInventory, one_or_more};
use crate::plan::Names;

/// What the names of services end with, in some partitions beside their own suffix.
pub const DNS_SUFFIX: &str = "amazonaws.com";

/// Whom a policy may let in. Conditions only narrow it.
#[derive(Debug, Clone, Copy)]
pub struct Allowed<'s> {
    /// Which services of AWS; with `None`, all.
    pub services: Option<&'s [&'s str]>,
    /// Whether these must do it for this account: without it, whoever has one of them point here from an account of their own is let in.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention>
    pub for_account: bool,
    /// Whether this account, which leaves it to its own policies.
    pub account: bool,
    /// Whether roles of this account that are no notebook's.
    pub roles: bool,
}

/// Whom the policies of racestack's own may let in, if the kind says nothing else.
pub const NOBODY: Allowed<'_> = Allowed { services: Some(&[]), for_account: false, account: false, roles: false };
/// Whom those of a company's own may let in, roles and resources that are about nobody's things.
pub const COMPANYS: Allowed<'_> = Allowed { services: None, for_account: false, account: true, roles: true };

impl Allowed<'_> {
    /// Whether a statement names nobody else.
    pub fn is_all_of(&self, statement: &Value, names: &Names) -> bool {
        let is_allowed = |(kind, named): (&String, &Value)| {
            one_or_more(Some(named)).all(|one| match one.as_str() {
                // That is a doubt of the inventory.
                _ if one.to_string().contains(DYNAMIC_REFERENCE) => {
                    ["AWS", "Service", "Fn::Sub"].contains(&kind.as_str())
                }
                Some(name) if kind == "Service" => {
                    let service = service(name, names);
                    service.is_some_and(|service| self.services.is_none_or(|all| all.contains(&service)))
                }
                Some(name) if kind == "AWS" => self.has_of_account(name, names),
                _ => false,
            })
        };
        let principals = statement.get("Principal").and_then(Value::as_object);
        principals.is_some_and(|principals| !principals.is_empty() && principals.iter().all(is_allowed))
            && statement.get("NotPrincipal").is_none()
            && (!self.for_account || is_for_account(statement, names))
    }

    fn has_of_account(&self, name: &str, names: &Names) -> bool {
        match name.strip_prefix(&format!("arn:{}:iam::{}:", names.partition, names.account_id)) {
            None => self.account && name == names.account_id,
            Some("root") => self.account,
            Some(what) => {
                let role = what.strip_prefix("role").filter(|path| path.starts_with('/') && !path.contains(['*', '?']));
                self.roles && role.is_some_and(|path| !path.starts_with(&names.notebook_role_path))
            }
        }
    }
}

/// The name of a service of AWS, without its suffix.
fn service<'p>(principal: &'p str, names: &Names) -> Option<&'p str> {
    let suffixes = [DNS_SUFFIX, names.dns_suffix.as_str()];
    let service = suffixes.iter().find_map(|suffix| principal.strip_suffix(*suffix)?.strip_suffix('.'))?;
    (!service.contains(['*', '?'])).then_some(service)
}

/// Whether a statement that names services is about what these do for this account.
fn is_for_account(statement: &Value, names: &Names) -> bool {
    let is_own = |(key, values): (&String, &Value)| {
        one_or_more(Some(values)).all(|value| match key.to_ascii_lowercase().as_str() {
            "aws:sourceaccount" => *value == names.account_id,
            "aws:sourcearn" => value.as_str().is_some_and(|arn| is_of(arn, names)),
            _ => false,
        })
    };
    let is_of_account = |(operator, keys): (&String, &Value)| {
        let operator = operator.to_ascii_lowercase();
        let is_known = ["arnequals", "arnlike", "stringequals", "stringlike"].contains(&operator.as_str());
        is_known && keys.as_object().is_some_and(|keys| keys.iter().any(is_own))
    };
    let names_service = statement.get("Principal").is_some_and(|principals| principals.get("Service").is_some());
    let conditions = statement.get("Condition").and_then(Value::as_object);
    !names_service || conditions.is_some_and(|all| all.iter().any(is_of_account))
}

/// Whether an ARN, or a pattern that ends with a wildcard, is of this account alone.
fn is_of(arn: &str, names: &Names) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    // As a text, a wildcard would reach beyond its segment.
    let are_plain = parts.iter().take(5).all(|part| !part.contains(['*', '?']));
    are_plain && matches!(parts.as_slice(), ["arn", _, _, _, account, _] if *account == names.account_id)
}

/// Whether a permission lets a service call a function, for a source of this account alone: a resource of the same template, or an
/// ARN.
pub fn is_called_for_account(permission: &Value, names: &Names) -> bool {
    let is_own = |source: &Value| match source.as_str() {
        Some(arn) => !arn.contains(['*', '?']) && is_of(arn, names),
        None => source.get("Fn::GetAtt").and_then(|steps| steps.get(1)).is_some_and(|attribute| attribute == "Arn"),
    };
    let caller = permission.get("Principal").and_then(Value::as_str);
    caller.is_some_and(|one| service(one, names).is_some()) && permission.get("SourceArn").is_some_and(is_own)
}

/// The problem for each statement of a policy, by its index, that lets somebody in and is not allowed.
pub fn opened(
    inventory: &IamInventory<'_>,
    index: usize,
    problem: &Problem,
    is_allowed: impl Fn(&Value) -> bool,
) -> Vec<Problem> {
    let document = inventory.policies.get(index).map(|policy| &policy.document);
    let statements = document.into_iter().flat_map(|document| document.statements()).enumerate();
    let open = statements.filter(|(_, one)| one.get("Effect") != Some(&json!("Deny")) && !is_allowed(one));
    let problem = |(at, one): (usize, &Value)| {
        let found = |key: &str| one.get(key).or(one.get(format!("Not{key}"))).map(Value::to_string).unwrap_or_default();
        let found = format!("found is `{}` for `{}`", found("Action"), found("Principal"));
        let notes = [vec![found], problem.notes.clone()].concat();
        Problem { statements: vec![(index, at)], notes, ..problem.clone() }
    };
    open.map(problem).collect()
}
