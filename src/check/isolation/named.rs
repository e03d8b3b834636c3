//! Who is meant by name: the prototype, whose name stands in no policy, cannot show what a policy says of somebody of the roster.

use std::cell::OnceCell;

use super::kind::PrincipalKind;
use super::problem::Problem;
use super::reference::{Need, References};
use crate::finding::Rule;
use crate::iam::{Context, OwnTexts, Principal, Request, TargetedDenial};
use crate::inventory::{IamInventory, Location};
use crate::model::{NOTEBOOK, TEAM, User};
use crate::plan::AccountPlan;
use crate::render::{PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK, PROTOTYPE_TEAM};

/// Denials that are about somebody of the roster, by their name or what is like it: of the prototype they say nothing.
///
/// Returned is besides whether it hangs on who is in the roster. `is_new` says of a policy by where it stands that it was not
/// looked at before.
pub fn check(
    inventory: &IamInventory<'_>,
    references: &References,
    plan: &AccountPlan<'_>,
    is_new: impl Fn(&Location<'_>) -> bool,
) -> (Vec<Problem>, bool) {
    let request = |name: &str, notebook: Option<&str>, team: Option<&str>| {
        let arn = format!("{}{name}", plan.names.user_path);
        let said = Context::new().with("aws:username", name).with("aws:PrincipalTag/user", name);
        let tags = [(NOTEBOOK, notebook), (TEAM, team)];
        let context = tags.into_iter().fold(said, |said, (key, value)| match value {
            Some(value) => said.with(&format!("aws:PrincipalTag/{key}"), value),
            None => said,
        });
        let principal = Principal::User { arn, account: plan.names.account_id.clone() };
        Request { principal, action: String::new(), resource: String::new(), context }
    };
    let usual = request(PROTOTYPE_NAME, Some(PROTOTYPE_NOTEBOOK), Some(PROTOTYPE_TEAM));
    let of_user = |user: &User| {
        let team = user.tags.iter().find(|tag| tag.key == TEAM).map(|tag| tag.value.as_str());
        request(user.name.as_str(), user.notebook.as_ref().map(|notebook| notebook.name.as_str()), team)
    };
    // Few denials need them.
    let users = OnceCell::new();
    let all_users = || users.get_or_init(|| plan.account.users.iter().map(of_user).collect::<Vec<Request>>()).iter();
    let needs: Vec<&Need> =
        [PrincipalKind::Person, PrincipalKind::Notebook].iter().flat_map(|kind| references.needs(*kind)).collect();
    let own = OwnTexts::of(needs.iter().map(|need| &need.document));
    let mut problems = Vec::new();
    for (index, policy) in inventory.policies.iter().enumerate().filter(|(_, policy)| is_new(&policy.location)) {
        let statements = policy.document.parsed().map(|document| document.statements.as_slice()).unwrap_or_default();
        for (at, statement) in statements.iter().enumerate() {
            let Some(apart) = statement.targeted_denial(&own, &usual, all_users) else {
                continue;
            };
            let TargetedDenial { text, own, who } = apart;
            if let Some((need, user)) = needs.get(own).zip(plan.account.users.get(who)) {
                let message = format!(
                    "`{text}` in a denial distinguishes `{}` from others: not everybody can {}",
                    user.name, need.what
                );
                let help = "suspend who is meant in the roster, and name nobody in a policy";
                let problem = Problem::at(Rule::IsolationOwnRefused, message, help, &policy.location);
                problems.push(Problem { statements: vec![(index, at)], ..problem });
            }
        }
    }
    (problems, users.get().is_some())
}
