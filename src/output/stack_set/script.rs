//! `deploy.sh` of a StackSet: its data.

use super::super::shell::{assignment, lines, stack_set_script, tags_json};
use crate::model::{AccountId, Region, Tag};

/// What the parameters are for an account that was given no values: no bucket and no key can be called so, so that nothing
/// is allowed by mistake.
const UNSET: &str = "SET-FOR-EACH-ACCOUNT";

/// What the script of a StackSet is to make.
pub(super) struct Definition<'a> {
    pub name: &'a str,
    /// The SHA-256 of the template, and its file.
    pub template: (&'a str, &'a str),
    pub tags: &'a [Tag],
    pub capabilities: &'a [String],
    /// The names of the template's parameters.
    pub parameters: Vec<&'a str>,
    /// The stacks.
    pub members: Vec<Member<'a>>,
}

/// An account's stack: the names and values of its parameters.
pub(super) type Member<'a> = (&'a AccountId, &'a Region, Vec<(&'a str, &'a str)>);

/// The script that makes the StackSet and its stacks, or brings them up to date.
pub(super) fn script(definition: &Definition<'_>) -> String {
    let Definition { name, template: (sha256, file), tags, capabilities, parameters, members } = definition;
    // No ARN and no name of a bucket has a blank.
    let pairs = |values: &[(&str, &str)]| {
        values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    let unset: Vec<(&str, &str)> = parameters.iter().map(|name| (*name, UNSET)).collect();
    let member = |(id, region, values): &Member<'_>| format!("{id} {region} {}", pairs(values)).trim_end().to_owned();
    let data = [
        assignment("name", name),
        assignment("region", ""),
        lines("sums", [format!("{sha256}  {file}")]),
        assignment("tags", &tags_json(tags.iter().cloned())),
        assignment("capabilities", &capabilities.join(" ")),
        assignment("parameters", &pairs(&unset)),
        "# A line a stack: account, region, and its values of the parameters.\n".to_owned(),
        lines("members", members.iter().map(member)),
    ];
    stack_set_script(&data.concat())
}
