//! What must be taken from an IAM user before it can be deleted: the list of steps that `deploy.sh` takes, for `racestack
//! offboard` to print.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html>

use super::shell::{ACCOUNT_SCRIPT, quote};
use crate::plan::Names;

/// The inline policy that suspended users had in stacks of the version before. Now they have an attached one.
const SUSPENDED_POLICY: &str = "suspended";

/// Something that a user may have several of: a line of the list in `deploy.sh`, which says what the words in braces are.
struct CredentialKind {
    /// In words.
    what: &'static str,
    /// The command of `aws iam` that lists them.
    list: &'static str,
    /// What of its answer names them.
    query: &'static str,
    /// The command of `aws iam` that takes one of them away.
    delete: &'static str,
    /// A further such command for those whose name has a pattern of the shell.
    delete_some: Option<(&'static str, &'static str)>,
}

/// The list of `deploy.sh`.
fn kinds() -> impl Iterator<Item = CredentialKind> {
    let list = ACCOUNT_SCRIPT.split_once("<<'KINDS'\n").and_then(|(_, rest)| rest.split_once("\nKINDS\n"));
    list.map_or("", |(list, _)| list).lines().filter_map(|line| {
        let mut words = line.split('|');
        let (what, list, query, delete) = (words.next()?, words.next()?, words.next()?, words.next()?);
        Some(CredentialKind { what, list, query, delete, delete_some: words.next().zip(words.next()) })
    })
}

/// What deletes a user whom CloudFormation left behind, after `strip_commands`: lines for a shell.
pub fn delete_commands(user: &str, names: &Names, region: &str) -> Vec<String> {
    let Names { group, suspended_user_policy_arn, .. } = names;
    let run = |command: &str| format!("aws iam {command} --user-name={} --region {region}", quote(user));
    vec![
        "# what the stack gave; NoSuchEntity: it is gone".to_owned(),
        run(&format!("remove-user-from-group --group-name={group}")),
        run(&format!("detach-user-policy --policy-arn={suspended_user_policy_arn}")),
        run(&format!("delete-user-policy --policy-name={SUSPENDED_POLICY}")),
        "# the user".to_owned(),
        run("delete-user"),
    ]
}

/// The same steps as `deploy.sh` takes, for a person to run: lines for a shell. No comment has a quote or a back tick,
/// since some shells take no comments.
pub fn strip_commands(user: &str, names: &Names, region: &str) -> Vec<String> {
    let option = format!("--user-name={}", quote(user));
    // What the words in braces stand for. No name holds a brace.
    let fill = |text: &str| {
        text.replace("{user}", &option)
            .replace("{name}", user)
            .replace("{id}", "\"$id\"")
            .replace("{group}", &names.group)
            .replace("{attached}", &names.suspended_user_policy)
    };
    let aws = |command: &str| format!("aws iam {} --region {region}", fill(command));
    let mut lines = vec!["# the password; NoSuchEntity: there is none".to_owned(), aws("delete-login-profile {user}")];
    for CredentialKind { what, list, query, delete, delete_some } in kinds() {
        lines.push(format!("# {what}"));
        lines.push(format!("for id in $({} --output text \\\n  --query \"{}\"); do", aws(list), fill(query)));
        lines.push(format!("  {}", aws(delete)));
        lines
            .extend(delete_some.map(|(pattern, command)| format!("  case $id in {pattern}) {} ;; esac", aws(command))));
        lines.push("done".to_owned());
    }
    lines
}
