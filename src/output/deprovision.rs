//! What must be taken from an IAM user before it can be deleted: the list of steps that `deploy.sh` takes, for `racestack
//! offboard` to print.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html>

use serde_json::{Value, json};

use super::shell::{ACCOUNT_SCRIPT, quote};
use crate::plan::Names;

/// What a user may have several of: what it is in words, and of `aws iam` the command that lists them, the query of its answer that
/// names them, and the command that takes one of them away; and for those whose name has a pattern of the shell, a further
/// command. Each is a line of the list in `deploy.sh`, which says what the words in braces are.
pub fn credentials(user: &str, names: &Names) -> Vec<Value> {
    let option = format!("--user-name={}", quote(user));
    // No name holds a brace.
    let fill = |text: &str| {
        text.replace("{user}", &option)
            .replace("{name}", user)
            .replace("{id}", "\"$id\"")
            .replace("{group}", &names.group)
            .replace("{attached}", &names.suspended_user_policy)
    };
    let list = ACCOUNT_SCRIPT.split_once("<<'KINDS'\n").and_then(|(_, rest)| rest.split_once("\nKINDS\n"));
    let kind = |line: &str| {
        let mut words = line.split('|').map(fill);
        json!({
            "what": words.next(), "list": words.next(), "query": words.next(), "delete": words.next(),
            "pattern": words.next(), "delete_some": words.next(),
        })
    };
    list.map_or("", |(list, _)| list).lines().map(kind).collect()
}
