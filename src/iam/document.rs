//! Policy documents as types.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde_json::{Map, Value};

use super::condition::Condition;
use super::grammar::{Malformed, known, texts};
use super::operator::Operator;
use super::pattern::{ANY_CHAR, ANY_RUN, Filled, Pattern, is_like, is_resource_like, shown};
use super::principal::{PrincipalMatch, Principals};
use super::request::{Principal, Request};
use super::tri_bool::{Doubts, TriBool};

/// The keys of a statement.
const KEYS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// A policy document.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The statements, in the document's order.
    pub statements: Vec<Statement>,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Whether it allows or denies.
    pub effect: Effect,
    pub(super) principals: Option<Listed<Principals>>,
    pub(super) actions: Listed<Vec<String>>,
    pub(super) resources: Option<Listed<Vec<Pattern>>>,
    pub(super) conditions: Vec<Condition>,
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

/// What a list names, or everything else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listed<T> {
    all_but: bool,
    pub(super) list: T,
}

impl Document {
    /// Reads a document. What a reader of policies must not guess about is refused: a key or an effect that IAM does not
    /// have, and texts that are none.
    ///
    /// # Errors
    /// The first place that is not as IAM's grammar has it.
    pub fn parse(value: &Value) -> Result<Self, Malformed> {
        let map = value.as_object().ok_or_else(|| Malformed::at("", "found no map"))?;
        // Without a version, a document is of the older one.
        let variables = match map.get("Version").map(Value::as_str) {
            None | Some(Some("2008-10-17")) => false,
            Some(Some("2012-10-17")) => true,
            Some(_) => return Err(Malformed::at("Version", "found a version that IAM does not have")),
        };
        known(map, "", &["Version", "Id", "Statement"])?;
        let statements = match map.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(statement @ Value::Object(_)) => vec![statement],
            _ => return Err(Malformed::at("Statement", "found no statements")),
        };
        let statements = statements
            .into_iter()
            .enumerate()
            .map(|(index, value)| Statement::parse(value, &format!("Statement/{index}"), variables));
        Ok(Self { statements: statements.collect::<Result<_, _>>()? })
    }

    /// A resource policy by which every other account leaves its things to this account: what theirs say is not known.
    pub fn of_other_accounts(account: &str) -> Self {
        let statement = Statement {
            effect: Effect::Allow,
            principals: Some(Listed { all_but: false, list: Principals::account(account) }),
            actions: Listed { all_but: false, list: vec![Pattern::action("*")] },
            resources: Some(Listed { all_but: false, list: vec![Pattern::parse("*", false)] }),
            conditions: Vec::new(),
        };
        Self { statements: vec![statement] }
    }

    /// The document with another condition key in the place of `from`, which is in lower case, in conditions and variables.
    pub fn with_key_renamed(mut self, from: &str, to: &str) -> Self {
        for statement in &mut self.statements {
            statement.conditions.iter_mut().for_each(|condition| condition.rename_key(from, to));
            let patterns = statement.resources.iter_mut().flat_map(|resources| &mut resources.list);
            patterns.for_each(|pattern| pattern.rename_key(from, to));
        }
        self
    }

    /// Whether some statement may allow an action: one that allows names it, whatever else it asks for.
    pub fn may_allow(&self, action: &str) -> bool {
        self.statements.iter().any(|statement| statement.may_allow(action))
    }

    /// Whether some statement names an action.
    pub fn is_about(&self, action: &str) -> bool {
        self.statements.iter().any(|statement| statement.names_action(&action.to_ascii_lowercase()))
    }
}

impl Statement {
    fn parse(value: &Value, path: &str, variables: bool) -> Result<Self, Malformed> {
        let map = value.as_object().ok_or_else(|| Malformed::at(path, "found no map"))?;
        known(map, path, &KEYS)?;
        let effect = match map.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err(Malformed::at(&format!("{path}/Effect"), "found neither `Allow` nor `Deny`")),
        };
        let principals = listed(map, path, "Principal", Principals::parse)?;
        let actions = listed(map, path, "Action", |value, path| {
            Ok(texts(value, path)?.iter().map(|text| Pattern::action(text)).collect())
        })?;
        let Some(actions) = actions else { return Err(Malformed::at(path, "found no `Action`")) };
        let resources = listed(map, path, "Resource", |value, path| {
            Ok(texts(value, path)?.iter().map(|text| Pattern::parse(text, variables)).collect())
        })?;
        let mut conditions = Vec::new();
        if let Some(value) = map.get("Condition") {
            let path = format!("{path}/Condition");
            let operators = value.as_object().ok_or_else(|| Malformed::at(&path, "found no map"))?;
            for (operator, keys) in operators {
                let path = format!("{path}/{operator}");
                let keys = keys.as_object().ok_or_else(|| Malformed::at(&path, "found no map"))?;
                for (key, value) in keys {
                    let values = texts(value, &format!("{path}/{key}"))?;
                    conditions.push(Condition::new(operator, key, &values, variables));
                }
            }
        }
        Ok(Self { effect, principals, actions, resources, conditions })
    }

    /// Whether the statement allows, and names this action, whatever else it asks for.
    pub fn may_allow(&self, action: &str) -> bool {
        self.effect == Effect::Allow && self.names_action(&action.to_ascii_lowercase())
    }

    /// The same about each of the resources that it lists alone: together, these are about what it is about.
    pub fn each_resource(&self) -> Vec<Self> {
        match &self.resources {
            Some(Listed { all_but: false, list }) => {
                let only = |one: &Pattern| Some(Listed { all_but: false, list: vec![one.clone()] });
                list.iter().map(|one| Self { resources: only(one), ..self.clone() }).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// How many of its actions and resources have a wildcard before their end: these overlap in many ways.
    pub fn open_patterns(&self) -> usize {
        let resources = self.resource_patterns().iter().map(|pattern| pattern.widest(true, &[]));
        let all = self.actions.list.iter().cloned().chain(resources);
        all.filter(|text| text.trim_end_matches(ANY_RUN).contains([ANY_RUN, ANY_CHAR])).count()
    }

    /// How many of the actions that another statement lists are those that this one denies.
    pub fn denied_of(&self, other: &Self) -> usize {
        let denies_listed = self.effect == Effect::Deny && !other.actions.all_but;
        other.actions.list.iter().filter(|action| denies_listed && self.names_action(action)).count()
    }

    /// The patterns of its resources, or of those that it is not about.
    pub(super) fn resource_patterns(&self) -> &[Pattern] {
        self.resources.as_ref().map_or(&[], |resources| &resources.list)
    }

    /// How the statement names who asks: directly, where its policy names no principals.
    ///
    /// "The `NotPrincipal` element with a `Deny` effect will always deny any IAM principal that has a permissions boundary
    /// policy attached, regardless of the values specified in the `NotPrincipal` element": `bounded` says whether who asks
    /// has one.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
    pub(super) fn named(&self, principal: &Principal, bounded: bool) -> PrincipalMatch {
        let Some(principals) = &self.principals else { return PrincipalMatch::Directly };
        match principals.list.name(principal) {
            found if !principals.all_but => found,
            PrincipalMatch::No => PrincipalMatch::Directly,
            _ if bounded && self.effect == Effect::Deny => PrincipalMatch::Directly,
            _ => PrincipalMatch::No,
        }
    }

    /// Whether the statement, which names the action and who asks, is about a request.
    pub(super) fn applies(&self, request: &Request, doubts: &mut Doubts) -> TriBool {
        let mut applies = self.names_resource(request, doubts);
        for condition in &self.conditions {
            if applies == TriBool::No {
                break;
            }
            applies = applies.and(condition.holds(request, doubts));
        }
        applies
    }

    /// Whether an action, in lower case, is among those that the statement is about: names of services and actions are
    /// compared without regard to case.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
    pub(super) fn names_action(&self, action: &str) -> bool {
        self.actions.list.iter().any(|pattern| is_like(pattern, action)) != self.actions.all_but
    }

    /// The condition key by which the statement singles out principals whose ARNs end with a name behind `before`, such as
    /// `aws:PrincipalTag/team`: what it says of one of them says nothing of another. `None` if it says the same of all. So does a denial
    /// of a bucket or a folder, or of all others, that a tag names: that of one has the name of their own, and that of another has not.
    /// `is_common` says of the key of a tag, in lower case, whether all have it with one value.
    pub fn singled_out_by(&self, before: &str, is_common: &dyn Fn(&str) -> bool) -> Option<&str> {
        let condition = self.conditions.iter().find(|condition| condition.singles_out(before, is_common));
        let patterns = if self.effect == Effect::Deny { self.resource_patterns() } else { &[] };
        condition
            .map(|condition| condition.key.as_str())
            .or_else(|| patterns.iter().find_map(Pattern::tag_that_names_folder))
    }

    /// Whether a condition may tell each principal apart by their own texts, whatever words it names: it compares a tag of theirs with
    /// another value of who asks, or not as a text, or what nobody else has.
    pub fn tells_each_apart(&self) -> bool {
        let of_texts = |one: &Condition| one.operator.is_some_and(Operator::has_variables);
        self.conditions.iter().any(|one| one.singles_out("", &|_| of_texts(one)))
    }

    /// Whether the statement denies everything to everybody but the one whose ARN is this text with the value of this key of
    /// theirs behind it.
    pub fn denies_all_but(&self, before: &str, own_name: &str) -> bool {
        let all_actions = !self.actions.all_but && self.actions.list.contains(&Pattern::action("*"));
        let any = Pattern::parse("*", false);
        let all_resources = self.resources.as_ref().is_some_and(|of| !of.all_but && of.list.contains(&any));
        let is_it = matches!(self.conditions.as_slice(), [one] if one.is_of_all_but(before, own_name));
        self.effect == Effect::Deny && self.principals.is_none() && all_actions && all_resources && is_it
    }

    /// Trust policies name no resource: theirs is the role.
    pub(super) fn names_resource(&self, request: &Request, doubts: &mut Doubts) -> TriBool {
        let Some(Listed { all_but: negated, list: patterns }) = &self.resources else { return TriBool::Yes };
        let (mut any, mut is_invalid) = (TriBool::No, false);
        for pattern in patterns {
            let truth = match pattern.fill(request, true) {
                Filled::Text(pattern) => {
                    let truth = is_resource_like(&pattern, &request.resource);
                    if truth == TriBool::Unknown {
                        let (pattern, resource) = (shown(&pattern), &request.resource);
                        doubts.add(format!(
                            "whether `{pattern}` matches `{resource}` hangs on a `*` that ends a segment"
                        ));
                    }
                    truth
                }
                // It "will not match any resource"; "any attempt to match it fails and causes the statement to be invalid".
                // Whether the statement is then about every resource or about none, AWS does not say, whatever else it names.
                // Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
                Filled::Nothing if *negated => {
                    is_invalid = true;
                    doubts.add("a `NotResource` has a variable without a value".to_owned())
                }
                Filled::Nothing => TriBool::No,
                Filled::Unknown(why) => doubts.add(why),
            };
            any = any.or(truth);
            if any == TriBool::Yes && !negated {
                break;
            }
        }
        match *negated {
            true if is_invalid => TriBool::Unknown,
            true => any.opposite(),
            false => any,
        }
    }
}

/// A pair of keys of which a statement has one at most: `KEY`, or `NotKEY` for everything else.
fn listed<T>(
    map: &Map<String, Value>,
    path: &str,
    key: &str,
    parse: impl Fn(&Value, &str) -> Result<T, Malformed>,
) -> Result<Option<Listed<T>>, Malformed> {
    let not_key = format!("Not{key}");
    match (map.get(key), map.get(&not_key)) {
        (Some(_), Some(_)) => Err(Malformed::at(path, format!("found both `{key}` and `{not_key}`"))),
        (Some(value), None) => Ok(Some(Listed { all_but: false, list: parse(value, &format!("{path}/{key}"))? })),
        (None, Some(value)) => Ok(Some(Listed { all_but: true, list: parse(value, &format!("{path}/{not_key}"))? })),
        (None, None) => Ok(None),
    }
}
