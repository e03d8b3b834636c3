//! What a request that is denied lacks: condition keys that are absent, and that are about what is asked for.

use std::collections::BTreeMap;

use super::decide::{Decision, Policies, Statements};
use super::document::{Effect, Statement};
use super::examples::around;
use super::keys::has_several_values;
use super::pattern::Filled;
use super::principal::Named;
use super::request::{KeyValues, Request};
use super::tri_bool::{Doubts, TriBool};

/// How many requests are tried, so that no policy keeps anybody waiting.
const MOST_TRIED: usize = 200;
/// A value where the policies want any.
const ANY_VALUE: &str = "VALUE";
/// The keys of AWS's own that are about what is asked for. All others are about who asks, from where and how.
const OF_REQUEST: [&str; 3] = ["aws:requesttag/", "aws:resourcetag/", "aws:tagkeys"];

/// The absent keys, each with a value, with which a request that is denied would be allowed; none where no values that the
/// policies name do it.
pub fn allowed_with(request: &Request, policies: &Policies<'_>) -> BTreeMap<String, String> {
    let mut search = Search { statements: Statements::of(policies), tried: 0 };
    search.lacking(request).unwrap_or_default()
}

struct Search<'a> {
    statements: Statements<'a>,
    tried: usize,
}

impl<'a> Search<'a> {
    /// What a request lacks to be allowed; `None` where that is not found.
    fn lacking(&mut self, request: &Request) -> Option<BTreeMap<String, String>> {
        self.tried += 1;
        let outcome = self.statements.decide(request);
        let (effect, wanted) = match outcome.decision {
            Decision::Allowed => return Some(BTreeMap::new()),
            Decision::ExplicitlyDenied => (Effect::Deny, TriBool::No),
            Decision::ImplicitlyDenied => (Effect::Allow, TriBool::Yes),
            Decision::Unknown => return None,
        };
        let about = self.about(request);
        let of_effect = about.iter().filter(|statement| statement.effect == effect);
        // All that deny have to go: one is enough to begin with.
        let applies = |statement: &&&Statement| statement.applies(request, &mut Doubts::default()) == TriBool::Yes;
        let candidates: Vec<&Statement> = match effect {
            Effect::Deny => of_effect.filter(applies).take(1).copied().collect(),
            Effect::Allow => of_effect.copied().collect(),
        };
        for condition in candidates.iter().flat_map(|statement| &statement.conditions) {
            let key = &condition.key;
            if !is_of_request(key) || !matches!(request.find(key), KeyValues::Absent) {
                continue;
            }
            for value in values(&about, key, request) {
                if self.tried >= MOST_TRIED {
                    return None;
                }
                let context = request.context.clone();
                let context = if has_several_values(&key.to_lowercase()) {
                    context.with_all(key, [value.clone()])
                } else {
                    context.with(key, value.clone())
                };
                let with = Request { context, ..request.clone() };
                if condition.holds(&with, &mut Doubts::default()) != wanted {
                    continue;
                }
                if let Some(mut lacking) = self.lacking(&with) {
                    lacking.insert(key.clone(), value);
                    return Some(lacking);
                }
            }
        }
        None
    }

    /// The statements that are about a request but for their conditions.
    fn about(&self, request: &Request) -> Vec<&'a Statement> {
        let action = request.action.to_ascii_lowercase();
        let is_about = |statement: &&Statement| {
            statement.names_action(&action)
                && statement.named(&request.principal, self.statements.bounded) != Named::Not
                && statement.names_resource(request, &mut Doubts::default()) == TriBool::Yes
        };
        self.statements.list.iter().map(|(_, statement)| *statement).filter(is_about).collect()
    }
}

fn is_of_request(key: &str) -> bool {
    let key = key.to_lowercase();
    !key.starts_with("aws:") || OF_REQUEST.iter().any(|known| key.starts_with(known))
}

/// The values of a key that conditions are about, those of its names first.
fn values(statements: &[&Statement], key: &str, request: &Request) -> Vec<String> {
    let conditions = statements.iter().flat_map(|statement| &statement.conditions);
    let mut wanted = Vec::new();
    for condition in conditions.filter(|condition| condition.key.eq_ignore_ascii_case(key)) {
        let Some(operator) = condition.operator else { continue };
        for value in &condition.values {
            if let Filled::Text(text) = value.fill(request, false) {
                wanted.push((operator.base, text));
            }
        }
    }
    let near = around(wanted.iter().map(|(base, text)| (*base, text.as_str())));
    let is_text = |text: &String| !["true", "false"].contains(&text.as_str());
    let named = wanted.iter().map(|(_, text)| text.clone()).filter(is_text);
    named.chain(near).chain([ANY_VALUE.to_owned()]).collect()
}
