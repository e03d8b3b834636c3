//! People under a new name: what CloudFormation would do, and what to do before.

use std::collections::BTreeMap;

use super::account::Account;
use super::lock::stack_word;
use super::users::User;
use crate::config::{RosterConfig, UserName, shorten, suggest};
use crate::finding::{Finding, Rule, Severity, counted, listed};
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
        let hides = renamed.as_ref().is_some_and(|finding| finding.rule != Rule::RosterStaleWas);
        findings.extend(back_by_merge(account, user).or_else(|| returned(account, user)));
        findings.extend(maybe_renamed(account, user).filter(|_| !hides));
        findings.extend(renamed);
    }
    findings.extend(mixed_up(account));
    findings
}

fn renamed(account: &Account, user: &User, was: &str, place: Place) -> Finding {
    if let Some(other) = account.users.iter().find(|other| other.name.as_str().eq_ignore_ascii_case(was)) {
        let message = format!("`{}` was `{}`, who is still in the roster", user.name, other.name);
        return Finding::new(Rule::RosterInvalidWas, message)
            .at(place)
            .related(other.place.clone(), "still here")
            .help(format!(
                "remove the row of the former name, or `was`; to give `{}` a name that `{1}` has until now, deploy `{1}` under another one first",
                user.name, other.name
            ));
    }
    let known = UserName::parse(was).ok().filter(|was| account.lock.entries.contains_key(was));
    let Some(was) = known else {
        let lock = account.lock_source.path.display();
        let message = format!(
            "the roster says that `{}` was `{}`, but `{lock}` has no user of this name",
            user.name,
            shorten(was)
        );
        let former = account.lock.entries.keys().map(UserName::as_str).filter(|name| account.user(name).is_none());
        let help = suggest(was, former, "remove `was`");
        return Finding::new(Rule::RosterStaleWas, message).at(place).help(help);
    };
    let is_there = |name: &UserName| account.lock.entries.get(name).is_some_and(|entry| !entry.left);
    if is_there(&user.name) && is_there(&was) {
        let message =
            format!("`{0}` was `{was}` by the roster, and both are in the stacks: `{0}` is somebody else", user.name);
        return Finding::new(Rule::RosterInvalidWas, message).at(place).help(format!(
            "if the `{0}` of until now has left, leave `{was}` as it was, deploy without `{0}`, and give `{was}` that name afterwards; \
             otherwise remove `was`, and see whether names were moved without the rest of their rows, as where one column is sorted",
            user.name
        ));
    }
    let finding = Finding::new(Rule::RosterRenamed, format!("`{was}` becomes `{}`", user.name)).at(place);
    let (finding, count) = steps(account, user, &was, finding);
    // Of the two names, nothing tells which one is deployed: the lock and the out folder have the last run alone.
    finding.help(format!(
        "take the steps 1 to {count}, then remove `was`; if `{was}` was never deployed, take none of them: write the name that is \
         deployed into `was`, or remove `was` if that is `{}`, or there is none",
        user.name
    ))
}

/// Someone who left on one side of a merge, and of whom the other side kept the row. Each run says so until one of the two lines that
/// the lock has of them is gone.
fn back_by_merge(account: &Account, user: &User) -> Option<Finding> {
    line_of(account, "user", user).and_then(|_| left_in_merge(account, user))
}

/// The error about such a person, whom the lock has as left.
pub fn left_in_merge(account: &Account, user: &User) -> Option<Finding> {
    let (lock, name) = (&account.lock_source, &user.name);
    let left = line_of(account, "left", user)?;
    let message = format!("`{name}` left on one side of a merge, and is in the roster");
    let how = match line_of(account, "user", user) {
        Some(_) => format!("remove the line `left {name}` from"),
        None => format!("change `left {name}` to `user {name}` in"),
    };
    let mut finding = Finding::new(Rule::RosterReturned, message)
        .at(user.place.clone())
        .related(Place::line(lock, left + 1), "left here")
        .help(format!(
            "a row that one side removed stays removed: remove it; if `{name}` is to stay, {how} `{}`",
            lock.path.display()
        ));
    finding.severity = Severity::Error;
    Some(finding)
}

/// Which line of the lock has the user in this state.
fn line_of(account: &Account, state: &str, user: &User) -> Option<usize> {
    let mut lines = account.lock_source.text.lines().map(|line| line.split_whitespace().take(2));
    lines.position(|words| words.eq([state, user.name.as_str()]))
}

/// Someone of a former user's name: the folder of that name is theirs from the first moment.
fn returned(account: &Account, user: &User) -> Option<Finding> {
    let entry = account.lock.entries.get(&user.name).filter(|entry| entry.left)?;
    let message = format!("`{}` was a user before, and left", user.name);
    Some(
        Finding::new(Rule::RosterReturned, message)
            .at(user.place.clone())
            .help("if this is another person, choose another `name`")
            .note(format!(
                "the user gets the former one's place in `{}` where that has room, and reaches what is still in the folder `{}/`",
                stack_word(entry.stack),
                user.name
            ))
            .note(
                "deploy the leaving of the former one first, if it is not deployed: otherwise the IAM user stays, with the former \
                 one's access keys, password, MFA device and notebook",
            )
            .note(
                "a training job of the former one that still runs has this user's tag: `deploy.sh` stops it when somebody \
                 leaves, other tools do not",
            ),
    )
}

fn maybe_renamed(account: &Account, user: &User) -> Option<Finding> {
    let is_new = account.lock.entries.get(&user.name).is_none_or(|entry| entry.left);
    let email = user.email.as_deref().filter(|_| is_new)?;
    let same = |entry: &&str| entry.eq_ignore_ascii_case(email);
    let (was, _) = account.lock.entries.iter().find(|(name, entry)| {
        !entry.left && entry.email.as_deref().as_ref().is_some_and(same) && account.user(name.as_str()).is_none()
    })?;
    let message = format!("`{}` joins with the e-mail address of `{was}`, who leaves", user.name);
    let finding = Finding::new(Rule::RosterMaybeRenamed, message).at(user.place.clone());
    let (finding, count) = steps(account, user, was, finding);
    let extension = user.place.path().extension().unwrap_or_default();
    let write = if extension == "yaml" || extension == "yml" {
        format!("add `was: {was}`")
    } else {
        format!("write `{was}` into the column `was` (add this column if it is missing)")
    };
    Some(finding.help(format!(
        "if this is the same person, {write}, and take the steps 1 to {count}, unless `{was}` was never deployed"
    )))
}

/// The finding about people who have the e-mail addresses of others, as the lock knows them: so it is where one column was sorted.
/// Of an address that two have now, another finding tells.
fn mixed_up(account: &Account) -> Option<Finding> {
    let known = account.lock.entries.iter().filter(|(_, entry)| !entry.left);
    let before: BTreeMap<String, &UserName> =
        known.filter_map(|(name, entry)| Some((entry.email.as_ref()?.to_lowercase(), name))).collect();
    let now = |user: &User| user.email.as_ref().map(|email| email.to_lowercase());
    let mixed = account.users.iter().filter_map(|user| {
        let (email, own) = (now(user)?, account.lock.entries.get(&user.name)?);
        let was = before.get(&email)?;
        let is_own = own.left || own.email.as_ref().is_some_and(|own| own.to_lowercase() == email);
        let has_still = account.user(was.as_str()).and_then(now) == Some(email);
        (!is_own && !has_still).then_some((user, was))
    });
    let mixed: Vec<(&User, &&UserName)> = mixed.collect();
    let (first, _) = mixed.first()?;
    let names: Vec<String> = mixed.iter().map(|(user, was)| format!("`{}` that of `{was}`", user.name)).collect();
    let who = counted(mixed.len(), "user has", "users have");
    let message = format!("{who} the e-mail address that another had: {}", listed(&names));
    let path = first.place.path().display();
    let finding = Finding::new(Rule::RosterMixedUp, message).at(first.place.clone()).help(format!(
        "see in `git diff -- {path}` whether names were moved without the rest of their rows, as where one column is sorted, and undo \
         that; if the addresses are right, and nobody takes the name of another, you need to do nothing"
    ));
    Some(finding.note("a person gets the folder, notebook and access that belong to their `name`: with another person's name, they get that person's data"))
}

/// The finding with what CloudFormation does with a user under a new name and the steps that keep what would be lost, and how many
/// steps there are.
fn steps(account: &Account, user: &User, was: &UserName, finding: Finding) -> (Finding, usize) {
    let rename = Rename::of(account, user, was);
    let notebook = if rename.loses_notebook { ", and the notebook with its volume is deleted" } else { "" };
    let finding = finding.note(format!(
        "CloudFormation makes the user `{}` and deletes `{was}`, with the access keys, the password and the MFA devices; the \
         folder stays where it is{notebook}",
        user.name
    ));
    let steps = rename.steps();
    let count = steps.len();
    let add = |finding: Finding, (step, number)| finding.note(format!("{number}. {step}"));
    (steps.into_iter().zip(1..).fold(finding, add), count)
}

/// A person's change of name, and what of theirs is replaced with it.
#[derive(Debug)]
pub struct Rename<'a> {
    /// The bucket with the person's folder.
    pub bucket: &'a str,
    /// The region of the account.
    pub region: &'a str,
    /// The former name.
    pub was: &'a str,
    /// The new name.
    pub name: &'a str,
    /// Whether a stack has a notebook under the former name.
    pub loses_notebook: bool,
    /// The secret that holds the first password of the new user, if the user gets one.
    pub password_secret: Option<String>,
}

impl<'a> Rename<'a> {
    /// The change of name of a user of an account.
    pub fn of(account: &'a Account, user: &'a User, was: &'a UserName) -> Self {
        let entry = account.lock.entries.get(was);
        let had_notebook = entry.is_some_and(|entry| entry.notebook.is_some() && !entry.gave_up);
        // One that was made by hand is in no stack, and stays.
        let existing = user.notebook.as_ref().is_some_and(|notebook| notebook.existing);
        Self {
            bucket: account.bucket.as_str(),
            region: account.region.as_str(),
            was: was.as_str(),
            name: user.name.as_str(),
            loses_notebook: had_notebook && !existing,
            password_secret: user.console.then(|| account.password_secret(&user.name)),
        }
    }

    /// What keeps the person's data, and lets them work again, step by step.
    pub fn steps(&self) -> Vec<String> {
        let Self { bucket, region, was, name, .. } = self;
        let save = format!("save what is worth keeping on the notebook of `{was}` into the folder `{was}/`");
        let credentials = match &self.password_secret {
            Some(secret) => format!(
                "give the person the first password, which `aws secretsmanager get-secret-value --region {region} --secret-id {secret} --query \
                 SecretString --output text` prints: they sign in, choose another one, set up their MFA device again where \
                 they had one, and make new access keys"
            ),
            None => {
                format!("run `aws iam create-access-key --user-name {name}`, and give the person the new access key")
            }
        };
        let steps = [
            format!(
                "aws s3 ls --recursive 's3://{bucket}/{name}/': look whose files these are; copy those of another person elsewhere, and \
                 delete them here, or the next step mixes them with this person's"
            ),
            format!("aws s3 cp --recursive 's3://{bucket}/{was}/' 's3://{bucket}/{name}/'"),
            format!(
                "deploy: `deploy.sh` first deletes the access keys of `{was}`, without which CloudFormation could not delete \
                 the user"
            ),
            credentials,
            format!("aws s3 rm --recursive 's3://{bucket}/{was}/', when nobody needs the old folder any more"),
        ];
        self.loses_notebook.then_some(save).into_iter().chain(steps).collect()
    }
}
