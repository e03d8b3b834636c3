//! What must be taken from an IAM user before it can be deleted: the one list of steps, for `deploy.sh` to run and for
//! `racestack offboard` to print.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html>

use std::fmt::Write;

use super::deploy::quote;
use crate::plan::Names;

/// The functions of `deploy.sh`, all but `strip`.
pub(super) const FUNCTIONS: &str = include_str!("leave.sh");

/// The inline policy that suspended users had in stacks of the version before. Now they have an attached one.
const SUSPENDED_POLICY: &str = "suspended";

/// Something that a user may have several of.
struct Kind {
    /// In words.
    what: &'static str,
    /// The command of `aws iam` that lists them.
    list: &'static str,
    /// What of its answer names them.
    query: &'static str,
    /// The commands of `aws iam` that take one of them away.
    delete: &'static [&'static str],
    /// A further such command for those whose name has a pattern of the shell.
    delete_some: Option<(&'static str, &'static str)>,
}

impl Kind {
    const fn new(what: &'static str, list: &'static str, query: &'static str, delete: &'static [&'static str]) -> Self {
        Self { what, list, query, delete, delete_some: None }
    }
}

/// In the commands and queries, `{user}` stands for the option with the user's name, `{name}` for the name itself, `{id}`
/// for what is taken away, `{group}` for the stacks' group, `{suspended}` and `{attached}` for the inline and
/// the attached policy of suspended users.
///
/// Credentials come first, so that a user who could not be stripped to the end can do nothing any more; denials that
/// somebody attached, and what the user is allowed, come last. What the stack itself gave stays for CloudFormation: the
/// group and the policy of suspended users.
const KINDS: &[Kind] = &[
    Kind::new(
        "access keys",
        "list-access-keys {user}",
        "AccessKeyMetadata[].AccessKeyId",
        &["delete-access-key {user} --access-key-id={id}"],
    ),
    Kind::new(
        "virtual MFA devices of this name that are enabled for nobody",
        "list-virtual-mfa-devices --assignment-status=Unassigned",
        "VirtualMFADevices[?ends_with(SerialNumber, ':mfa/{name}')].SerialNumber",
        &["delete-virtual-mfa-device --serial-number={id}"],
    ),
    Kind {
        what: "MFA devices",
        list: "list-mfa-devices {user}",
        query: "MFADevices[].SerialNumber",
        delete: &["deactivate-mfa-device {user} --serial-number={id}"],
        // Those in hardware have no ARN, or one of another kind, and exist without IAM.
        delete_some: Some(("arn:*:mfa/*", "delete-virtual-mfa-device --serial-number={id}")),
    },
    Kind::new(
        "signing certificates",
        "list-signing-certificates {user}",
        "Certificates[].CertificateId",
        &["delete-signing-certificate {user} --certificate-id={id}"],
    ),
    Kind::new(
        "SSH public keys",
        "list-ssh-public-keys {user}",
        "SSHPublicKeys[].SSHPublicKeyId",
        &["delete-ssh-public-key {user} --ssh-public-key-id={id}"],
    ),
    Kind::new(
        "service-specific credentials",
        "list-service-specific-credentials {user}",
        "ServiceSpecificCredentials[].ServiceSpecificCredentialId",
        &["delete-service-specific-credential {user} --service-specific-credential-id={id}"],
    ),
    Kind::new(
        "inline policies from outside the stack",
        "list-user-policies {user}",
        "PolicyNames[?@!='{suspended}']",
        &["delete-user-policy {user} --policy-name={id}"],
    ),
    Kind::new(
        "managed policies from outside the stack",
        "list-attached-user-policies {user}",
        "AttachedPolicies[?PolicyName!='{attached}'].PolicyArn",
        &["detach-user-policy {user} --policy-arn={id}"],
    ),
    Kind::new(
        "groups from outside the stack",
        "list-groups-for-user {user}",
        "Groups[?GroupName!='{group}'].GroupName",
        &["remove-user-from-group {user} --group-name={id}"],
    ),
];

/// The function `strip USER` of `deploy.sh`, for an account with these names.
pub(super) fn strip_function(names: &Names) -> String {
    let mut text = String::from(
        "\n# Takes from a user what IAM deletes no user with, and CloudFormation does not delete.\nstrip() {\n  \
         local user=$1 ids id\n  if exists iam get-login-profile --user-name=\"$user\"; then\n    \
         change iam delete-login-profile --user-name=\"$user\"\n  fi\n",
    );
    let words = Words { name: "$user", option: "--user-name=\"$user\"", names };
    for kind in KINDS {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  # {}\n  ids=$(list {} \\\n    --query \"{}\") || exit 1\n  for id in $ids; do",
            kind.what,
            words.fill(kind.list),
            words.fill(kind.query),
        );
        for line in deletions(kind, &words, "change iam", "") {
            let _ = writeln!(text, "    {line}");
        }
        text.push_str("  done\n");
    }
    text + "}\n"
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
    let words = Words { name: user, option: &option, names };
    let region = format!(" --region {region}");
    let mut lines = vec![
        "# the password; NoSuchEntity: there is none".to_owned(),
        format!("aws iam delete-login-profile {option}{region}"),
    ];
    for kind in KINDS {
        let (list, query) = (words.fill(kind.list), words.fill(kind.query));
        lines.push(format!("# {}", kind.what));
        lines.push(format!("for id in $(aws iam {list}{region} --output text \\\n  --query \"{query}\"); do"));
        lines.extend(deletions(kind, &words, "aws iam", &region).iter().map(|line| format!("  {line}")));
        lines.push("done".to_owned());
    }
    lines
}

fn deletions(kind: &Kind, words: &Words<'_>, run: &str, region: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        kind.delete.iter().map(|command| format!("{run} {}{region}", words.fill(command))).collect();
    if let Some((pattern, command)) = kind.delete_some {
        lines.push(format!("case $id in {pattern}) {run} {}{region} ;; esac", words.fill(command)));
    }
    lines
}

/// What the words in braces stand for. No name holds a brace.
struct Words<'a> {
    name: &'a str,
    option: &'a str,
    names: &'a Names,
}

impl Words<'_> {
    fn fill(&self, text: &str) -> String {
        text.replace("{user}", self.option)
            .replace("{name}", self.name)
            .replace("{id}", "\"$id\"")
            .replace("{group}", &self.names.group)
            .replace("{attached}", &self.names.suspended_user_policy)
            .replace("{suspended}", SUSPENDED_POLICY)
    }
}
