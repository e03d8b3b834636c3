//! The reference policies: the most that isolation permits to each kind of principal, and what it needs. They are part of
//! the program, and no template replaces them.

use std::collections::{BTreeMap, BTreeSet};

use include_dir::{Dir, File, include_dir};
use serde_json::{Value, json};

use super::kind::{PrincipalKind, Subject};
use crate::facts::actions::takes_no_resource;
use crate::iam::{AccessLine, Document, Request};
use crate::inventory::one_or_more;
use crate::model::Service;
use crate::plan::AccountPlan;
use crate::render::{PolicyValues, service_policy};

/// The templates of the reference policies.
pub(super) static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/check/isolation/reference");

/// Whether a template is filled with what the settings ask of training jobs.
const JOBS: &str = "jobs";
/// Whether a template is filled for a person, and whether it is for what is needed.
const PERSON: &str = "person";
const NEEDS: &str = "needs";

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
    /// Whether it denies: what it is about, nobody needs.
    pub is_denial: bool,
    /// What it is for, in words that fit behind "cannot".
    pub what: String,
    /// The statement, as a document of its own.
    pub document: Document,
    /// The actions of the statement.
    pub actions: Vec<String>,
    /// The condition keys of the statement, in lower case.
    pub keys: BTreeSet<String>,
    /// Whether its actions are asked with the resource `*` alone.
    pub is_of_no_resource: bool,
}

impl Need {
    /// A request of a line as it is made on the day: `None` where an action about no resource is refused for some ARN alone, of which
    /// nobody asks.
    pub fn as_asked(&self, line: &AccessLine, mut example: Request) -> Option<Request> {
        if self.is_of_no_resource {
            "*".clone_into(&mut example.resource);
        }
        (!self.is_of_no_resource || line.covers(&example)).then_some(example)
    }
}

/// The reference policies of an account.
#[derive(Debug)]
pub struct References {
    limits: BTreeMap<PrincipalKind, Document>,
    /// The most that permissions boundaries may allow: second factors, networks of people, security groups, keys that are too
    /// old and what training jobs are like are the matter of other policies.
    boundary_limits: BTreeMap<PrincipalKind, Document>,
    needs: BTreeMap<PrincipalKind, Vec<Need>>,
    /// The policies that racestack gives the roles of services.
    of_services: BTreeMap<Service, Value>,
    /// Everything that IAM can allow.
    pub everything: Document,
    /// `Document::of_other_accounts`.
    pub of_other_accounts: Document,
    /// What the guardrails must deny, whatever is allowed beside them.
    pub forbidden: Document,
    /// The statements of those that have an account's values, and are compared with what templates make.
    pub filled: Vec<Vec<Value>>,
}

impl References {
    /// The reference policies of an account.
    ///
    /// # Errors
    /// Why one cannot be made, which is a fault of the program.
    pub fn of(plan: &AccountPlan<'_>) -> Result<Self, String> {
        let values = &PolicyValues::of(plan);
        let of_boundary = values.with("security_group_ids", Value::Null).with("keys_rotated", false.into());
        let denials = fill(values, "denials")?;
        let forbidden = fill(values, "forbidden-person")?;
        let mut references = Self {
            limits: BTreeMap::new(),
            boundary_limits: BTreeMap::new(),
            needs: BTreeMap::new(),
            of_services: BTreeMap::new(),
            everything: parse(vec![json!({"Effect": "Allow", "Action": "*", "Resource": "*"})])?,
            of_other_accounts: Document::of_other_accounts(&plan.names.account_id),
            forbidden: parse(forbidden.clone())?,
            filled: vec![forbidden],
        };
        for kind in [
            PrincipalKind::Person,
            PrincipalKind::SuspendedPerson,
            PrincipalKind::Notebook,
            PrincipalKind::SuspendedNotebook,
            PrincipalKind::KeyRotation,
        ] {
            let limits = statements(values, kind, Bound::Limits)?;
            let needs = statements(values, kind, Bound::Needs)?;
            references.filled.extend([limits.clone(), needs.clone()]);
            references.limits.insert(kind, parse(limits)?);
            references.needs.insert(kind, needs.into_iter().map(need).collect::<Result<_, _>>()?);
        }
        let of_nobody = fill(values, "limits-external")?;
        let of_company = fill(values, "limits-company")?;
        references.add_services(plan, values, of_nobody.clone(), &of_company)?;
        let of_company = [of_nobody.clone(), of_company].concat();
        references.filled.push(of_company.clone());
        references.limits.insert(PrincipalKind::Company, parse(of_company)?);
        references.limits.insert(PrincipalKind::External, parse(of_nobody)?);
        for (kind, name) in [(PrincipalKind::Person, "limits-person"), (PrincipalKind::Notebook, "limits-notebook")] {
            references.boundary_limits.insert(kind, parse([fill(&of_boundary, name)?, denials.clone()].concat())?);
        }
        Ok(references)
    }

    /// What racestack gives the roles of services, and what is about nobody's things, without what acts as another role.
    fn add_services(
        &mut self,
        plan: &AccountPlan<'_>,
        values: &PolicyValues,
        mut besides: Vec<Value>,
        of_company: &[Value],
    ) -> Result<(), String> {
        let denied = of_company.iter().filter(|one| one.get("Effect").is_some_and(|effect| effect == "Deny"));
        let denied: Vec<Value> = denied.flat_map(|one| one_or_more(one.get("Action"))).cloned().collect();
        for others in besides.iter_mut().filter_map(|one| one.get_mut("NotAction")?.as_array_mut()) {
            others.extend(denied.iter().cloned());
        }
        for service in plan.account.services.keys() {
            let built_in = fill_text(values, service_policy(*service, plan.account.policies))?;
            let limits = parse([built_in.clone(), besides.clone()].concat())?;
            self.limits.insert(PrincipalKind::Service(*service), limits);
            self.of_services.insert(*service, policy(built_in));
        }
        Ok(())
    }

    /// The most that a kind may.
    pub fn limits(&self, kind: PrincipalKind) -> Option<&Document> {
        self.limits.get(&kind)
    }

    /// Whether a role of a service has the very policy that racestack gives it, and no other.
    pub fn is_built_in(&self, subject: &Subject<'_, '_>) -> bool {
        let PrincipalKind::Service(service) = subject.kind else { return false };
        let mut policies = subject.identity.policies.iter().filter_map(|index| subject.inventory.policies.get(*index));
        policies.all(|policy| self.of_services.get(&service) == Some(&policy.document.value))
    }

    /// The most that the permissions boundary of a kind may allow; `None` where it needs none.
    pub fn boundary_limits(&self, kind: PrincipalKind) -> Option<&Document> {
        self.boundary_limits.get(&kind.active())
    }

    pub fn needs(&self, kind: PrincipalKind) -> &[Need] {
        self.needs.get(&kind).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What nobody may do, statement by statement, each with whether it is about what is somebody's own.
///
/// # Errors
/// Why it cannot be made, which is a fault of the program.
pub fn forbidden(plan: &AccountPlan<'_>) -> Result<Vec<(bool, Need)>, String> {
    let is_own = |statement: &Value| statement.to_string().contains("${aws:username}");
    fill(&PolicyValues::of(plan), "forbidden-person")?.into_iter().map(|one| Ok((is_own(&one), need(one)?))).collect()
}

/// The reference policy of a kind as IAM and its Access Analyzer take it, with an account's values: the most that isolation
/// permits, or what is needed. Policy variables stay as they are. Who is permitted nothing, or needs nothing, has a policy
/// that denies everything: IAM knows none without statements.
///
/// # Errors
/// Why it cannot be made, which is a fault of the program.
pub fn reference_policy(plan: &AccountPlan<'_>, kind: PrincipalKind, bound: Bound) -> Result<Value, String> {
    let mut all = statements(&PolicyValues::of(plan), kind, bound)?;
    if all.is_empty() {
        all.push(json!({"Sid": "Nothing", "Effect": "Deny", "Action": "*", "Resource": "*"}));
    }
    Ok(policy(all))
}

/// The statements that the access of a kind lies within, or that lie within it.
fn statements(values: &PolicyValues, kind: PrincipalKind, bound: Bound) -> Result<Vec<Value>, String> {
    let values = values.with(JOBS, true.into()).with(PERSON, (kind == PrincipalKind::Person).into());
    let values = values.with(NEEDS, (bound == Bound::Needs).into());
    let of_person = |name| Ok([fill(&values, name)?, fill(&values, "denials")?].concat());
    match (kind, bound) {
        (PrincipalKind::Person, Bound::Limits) => of_person("limits-person"),
        (PrincipalKind::Person, Bound::Needs) => of_person("needs-person"),
        (PrincipalKind::Notebook, Bound::Limits) => of_person("limits-notebook"),
        (PrincipalKind::Notebook, Bound::Needs) => of_person("needs-notebook"),
        // These may do what they need, and nothing else.
        (PrincipalKind::SuspendedNotebook, _) => fill(&values, "limits-suspended-notebook"),
        (PrincipalKind::KeyRotation, _) => fill(&values, "limits-key-rotation"),
        _ => Ok(Vec::new()),
    }
}

/// The statements of a reference policy, by the name of its template.
fn fill(values: &PolicyValues, name: &str) -> Result<Vec<Value>, String> {
    let template = TEMPLATES.get_file(format!("{name}.json.hbs")).and_then(File::contents_utf8);
    fill_text(values, template.ok_or_else(|| format!("there is no reference policy `{name}`"))?)
}

fn fill_text(values: &PolicyValues, template: &str) -> Result<Vec<Value>, String> {
    let policy = values.fill(template)?;
    Ok(policy.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default())
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
    let actions: Vec<String> =
        one_or_more(statement.get("Action")).filter_map(Value::as_str).map(str::to_owned).collect();
    let is_denial = statement.get("Effect").is_some_and(|effect| effect == "Deny");
    let is_of_no_resource = !actions.is_empty() && actions.iter().all(|action| takes_no_resource(action));
    Ok(Need { is_denial, what, actions, document: parse(vec![statement])?, keys, is_of_no_resource })
}
