//! People under a new name: what CloudFormation would do, and what to do before.

use std::collections::BTreeMap;

use super::account::Account;
use super::lock::stack_word;
use super::users::User;
use crate::config::{RosterConfig, UserName, shorten, suggest};
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// Findings about users who say that they had another name, and about those who seem to have had one.
pub(super) fn check(account: &Account, roster: &RosterConfig) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut claimed: BTreeMap<String, (&User, Place)> = BTreeMap::new();
    for (node, row) in &roster.rows {
        let Some(user) = account.user(&row.name) else { continue };
        let renamed = row.was.as_ref().map(|was| {
            let place = node.place_of("was");
            // The steps copy the folder of before, and it is one person's.
            let first = claimed.insert(was.to_ascii_lowercase(), (user, place.clone()));
            first.map_or_else(
                || renamed(account, user, was, place.clone()),
                |(first, first_place)| {
                    let message = format!("`{}` and `{}` both were `{}`", first.name, user.name, shorten(was));
                    Finding::twice(Rule::RosterInvalidWas, message, &place, &first_place, "keep one `was`")
                },
            )
        });
        // A typo in `was` must not hide what is lost.
        if renamed.as_ref().is_none_or(|finding| finding.rule == Rule::RosterStaleWas) {
            findings.extend(returned(account, user).or_else(|| maybe_renamed(account, user)));
        }
        findings.extend(renamed);
    }
    findings
}

fn renamed(account: &Account, user: &User, was: &str, place: Place) -> Finding {
    if let Some(other) = account.users.iter().find(|other| other.name.as_str().eq_ignore_ascii_case(was)) {
        let message = format!("`{}` was `{}`, who is still in the roster", user.name, other.name);
        return Finding::new(Rule::RosterInvalidWas, message)
            .at(place)
            .related(other.place.clone(), "still here")
            .help("remove the row of the former name, or `was`");
    }
    let known = UserName::parse(was).ok().filter(|was| account.lock.entries.contains_key(was));
    let Some(was) = known else {
        let message = format!("the lock knows no user `{}` that `{}` could have been", shorten(was), user.name);
        let former = account.lock.entries.keys().map(UserName::as_str).filter(|name| account.user(name).is_none());
        let help = suggest(was, former, "remove `was`");
        return Finding::new(Rule::RosterStaleWas, message).at(place).help(help);
    };
    steps(account, user, &was, Finding::new(Rule::RosterRenamed, format!("`{was}` becomes `{}`", user.name)).at(place))
}

/// Someone of a former user's name: the folder of that name is theirs from the first moment.
fn returned(account: &Account, user: &User) -> Option<Finding> {
    let entry = account.lock.entries.get(&user.name).filter(|entry| entry.left)?;
    let message = format!("`{}` was a user before, and left", user.name);
    Some(
        Finding::new(Rule::RosterReturned, message)
            .at(user.place.clone())
            .help("choose another `name` if this is another person")
            .note(format!(
                "the user gets the former one's place in `{}`, and reaches what is still in the folder `{}/`",
                stack_word(entry.stack),
                user.name
            ))
            .note(
                "a training job of the former one that still runs has this user's tag: `deploy.sh` stops it when somebody \
                 leaves, other tools do not",
            ),
    )
}

fn maybe_renamed(account: &Account, user: &User) -> Option<Finding> {
    let email = user.email.as_deref().filter(|_| user.stack.is_none())?;
    let same = |entry: &&str| entry.eq_ignore_ascii_case(email);
    let (was, _) = account.lock.entries.iter().find(|(name, entry)| {
        !entry.left && entry.email.as_deref().as_ref().is_some_and(same) && account.user(name.as_str()).is_none()
    })?;
    let message = format!("`{}` is new, and has the e-mail address of `{was}`, who leaves", user.name);
    let finding = Finding::new(Rule::RosterMaybeRenamed, message).at(user.place.clone());
    let finding = steps(account, user, was, finding);
    Some(finding.help(format!("if this is the same person, say `was: {was}`, and take the steps 1 to 5")))
}

/// What CloudFormation does with a user under a new name, and the steps that keep what would be lost.
fn steps(account: &Account, user: &User, was: &UserName, finding: Finding) -> Finding {
    let name = &user.name;
    let finding = finding.help("take the steps 1 to 5, then remove `was`").note(format!(
        "CloudFormation makes the user `{name}` and deletes `{was}`, with the access keys; the folder stays where it is, \
         and the notebook with its volume is deleted"
    ));
    let steps = rename_steps(account.bucket.as_str(), was.as_str(), name.as_str());
    steps.into_iter().zip(1..).fold(finding, |finding, (step, number)| finding.note(format!("{number}. {step}")))
}

/// What keeps the data of a person who was `was` and becomes `name`, step by step.
pub fn rename_steps(bucket: &str, was: &str, name: &str) -> [String; 5] {
    [
        format!("save what is worth keeping on the notebook of `{was}` into the folder `{was}/`"),
        format!("aws s3 cp --recursive 's3://{bucket}/{was}/' 's3://{bucket}/{name}/'"),
        format!(
            "deploy: `deploy.sh` first deletes the access keys of `{was}`, without which CloudFormation could not delete \
             the user"
        ),
        "let the person make new access keys".to_owned(),
        format!("aws s3 rm --recursive 's3://{bucket}/{was}/', when nothing of it is missed"),
    ]
}
