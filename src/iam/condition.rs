//! Conditions of a statement.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>

use super::operator::{Base, Operator, Set, compare};
use super::pattern::{Filled, Pattern};
use super::request::{KeyValues, Request};
use super::tri_bool::{Doubts, TriBool};

/// One key of one operator, with the values that the policy wants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    /// `None` for an operator that AWS does not have.
    pub(super) operator: Option<Operator>,
    operator_name: String,
    pub(super) key: String,
    pub(super) values: Vec<Pattern>,
}

impl Condition {
    pub(super) fn new(operator_name: &str, key: &str, values: &[String], variables: bool) -> Self {
        let operator = Operator::parse(operator_name);
        let variables = variables && operator.is_some_and(Operator::has_variables);
        let values = values.iter().map(|value| Pattern::parse(value, variables)).collect();
        Self { operator, operator_name: operator_name.to_owned(), key: key.to_owned(), values }
    }

    /// Lets the condition be about the key `to` where it is about the key `from`, in lower case, and its variables, too.
    pub(super) fn rename_key(&mut self, from: &str, to: &str) {
        if self.key.to_lowercase() == from {
            to.clone_into(&mut self.key);
        }
        self.values.iter_mut().for_each(|value| value.rename_key(from, to));
    }

    /// Whether the condition singles out principals whose ARNs end with a name behind `before`: whether it is met depends on who
    /// asks, and not only on whether they have a tag, on one that `is_common` to all, or on what their ARN is but for the name.
    pub(super) fn singles_out(&self, before: &str, is_common: &dyn Fn(&str) -> bool) -> bool {
        let key = self.key.to_lowercase();
        let has_variables = || self.values.iter().any(|value| value.variables().next().is_some());
        match key.as_str() {
            _ if self.operator.is_some_and(|operator| operator.base == Base::Null) => false,
            "aws:principalarn" => {
                let with_case = self.operator.is_some_and(Operator::compares_text);
                let is_alike =
                    |value: &Pattern| value.before_own_name().is_some() || with_case && value.is_alike_behind(before);
                !self.values.iter().all(is_alike)
            }
            "aws:username" | "aws:userid" => true,
            // What is the same in all requests of a principal is compared with their own texts by a variable alone.
            "aws:principalaccount" | "aws:principaltype" | "aws:principalisawsservice" => has_variables(),
            key => key.strip_prefix("aws:principaltag/").is_some_and(|tag| has_variables() || !is_common(tag)),
        }
    }

    /// Whether the condition holds of everybody but the one whose ARN is this text with the value of this key behind it.
    pub(super) fn is_of_all_but(&self, before: &str, own_name: &str) -> bool {
        let is_own = |value: &Pattern| {
            value.before_own_name().is_some_and(|(text, key)| text == before && key.eq_ignore_ascii_case(own_name))
        };
        let is_unlike = |operator: Operator| operator.negated && operator.set.is_none() && operator.compares_text();
        self.operator.is_some_and(is_unlike)
            && self.key.eq_ignore_ascii_case("aws:PrincipalArn")
            && matches!(self.values.as_slice(), [value] if is_own(value))
    }

    /// Whether a request meets the condition.
    ///
    /// Of a key that is absent: a negated operator holds, an operator with `IfExists` holds, `ForAllValues` holds, and
    /// nothing else does.
    /// Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>,
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
    pub(super) fn holds(&self, request: &Request, doubts: &mut Doubts) -> TriBool {
        let Some(operator) = self.operator else {
            return doubts.add(format!("the condition operator `{}` is not known here", self.operator_name));
        };
        let values = match request.find(&self.key) {
            KeyValues::Values(values) => Some(values),
            KeyValues::Absent => None,
            KeyValues::Unknown(why) => return doubts.add(why),
        };
        if operator.base == Base::Null {
            let is_absent = values.is_none_or(|values| values.list.is_empty());
            return self.fits(operator, &is_absent.to_string(), request, doubts);
        }
        let Some(values) = values else {
            let holds = match operator.set {
                Some(Set::All) => true,
                Some(Set::Any) => operator.if_exists,
                None => operator.if_exists || operator.negated,
            };
            return TriBool::from(holds);
        };
        let one = |value: &String, doubts: &mut Doubts| self.fits(operator, value, request, doubts);
        match (operator.set, values.multiple) {
            (None, false) => values.list.first().map_or(TriBool::No, |value| one(value, doubts)),
            // A key of one value is a set of one. AWS advises against such an operator, since of a key that is absent
            // `ForAllValues` holds, which is what is decided above.
            (Some(Set::All), _) => values.list.iter().fold(TriBool::Yes, |all, value| all.and(one(value, doubts))),
            (Some(Set::Any), _) => values.list.iter().fold(TriBool::No, |any, value| any.or(one(value, doubts))),
            // AWS says not to write it, and not what comes of it.
            (None, true) => doubts.add(format!(
                "`{}` may have several values, and `{}` does not say which of them must match",
                self.key, self.operator_name
            )),
        }
    }

    /// Whether one value of the request fits: any of the policy's values, or with a negated operator, none of them.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html>
    fn fits(&self, operator: Operator, value: &str, request: &Request, doubts: &mut Doubts) -> TriBool {
        let mut any = TriBool::No;
        for wanted in &self.values {
            let truth = match wanted.fill(request, operator.has_wildcards()) {
                Filled::Text(wanted) => {
                    let truth = compare(operator.base, &wanted, value);
                    match (truth, operator.base) {
                        (TriBool::Unknown, Base::Null) => {
                            doubts.add(format!("AWS does not say what `Null` makes of `{wanted}`"))
                        }
                        (TriBool::Unknown, _) => {
                            doubts.add(format!("`{}` cannot compare `{wanted}` with `{value}`", self.operator_name))
                        }
                        _ => truth,
                    }
                }
                Filled::Nothing => TriBool::No,
                Filled::Unknown(why) => doubts.add(why),
            };
            any = any.or(truth);
            if any == TriBool::Yes {
                break;
            }
        }
        if operator.negated { any.opposite() } else { any }
    }
}
