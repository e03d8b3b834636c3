//! The scripts that deploy, and what is put into them: the data between two marks at their head.

use serde_json::{Value, json};

use crate::model::Tag;

pub(super) const ACCOUNT_SCRIPT: &str = include_str!("../../templates/scripts/deploy.sh");
/// What the script of a StackSet has after the part that both share.
pub(super) const STACK_SET_SCRIPT: &str = include_str!("../../templates/scripts/deploy-stack-set.sh");

const DATA: &str = "# ---- data ----\n";
const END_OF_DATA: &str = "# ---- end of the data ----\n";
/// Where the part ends that both scripts share.
const OWN: &str = "# ---- the script of an account ----\n";

/// A script with this data between its two marks.
pub(super) fn filled(script: &str, data: &str) -> String {
    let (before, rest) = script.split_once(DATA).unwrap_or_default();
    let (_, behind) = rest.split_once(END_OF_DATA).unwrap_or_default();
    [before, DATA, data, END_OF_DATA, behind].concat()
}

pub(super) fn stack_set_script(data: &str) -> String {
    let script = filled(ACCOUNT_SCRIPT, data);
    let (shared, _) = script.split_once(OWN).unwrap_or_default();
    let (_, own) = STACK_SET_SCRIPT.split_once(END_OF_DATA).unwrap_or_default();
    format!("{shared}# ---- the script of a StackSet ----\n{own}")
}

/// The text as one word of a shell.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A line `name='value'` of a script's data.
pub(super) fn assignment(name: &str, value: &str) -> String {
    format!("{name}={}\n", quote(value))
}

/// Lines of a script's data as the value of one variable.
pub(super) fn lines(name: &str, lines: impl IntoIterator<Item = String>) -> String {
    let lines: String = lines.into_iter().map(|line| line + "\n").collect();
    assignment(name, &format!("\n{lines}"))
}

/// Tags as CloudFormation takes them, in the order of their keys, in the letters of ASCII alone: so the AWS CLI writes them
/// when it is asked for them, and so no locale can change them on their way.
pub(super) fn tags_json(tags: impl IntoIterator<Item = Tag>) -> String {
    let mut tags: Vec<Tag> = tags.into_iter().collect();
    tags.sort_by(|a, b| a.key.cmp(&b.key));
    let tags: Value = tags.iter().map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect();
    let in_ascii = |character: char| match character {
        ' '..='~' => character.to_string(),
        other => {
            other.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |text, unit| format!("{text}\\u{unit:04x}"))
        }
    };
    tags.to_string().chars().map(in_ascii).collect()
}

#[cfg(test)]
mod tests {
    use super::{ACCOUNT_SCRIPT, DATA, END_OF_DATA, OWN, STACK_SET_SCRIPT, tags_json};
    use crate::model::Tag;

    #[test]
    fn each_mark_stands_once_and_in_order() {
        let at = |mark: &str| {
            assert_eq!(ACCOUNT_SCRIPT.matches(mark).count(), 1, "{mark}");
            ACCOUNT_SCRIPT.find(mark)
        };
        assert!(at(DATA) < at(END_OF_DATA) && at(END_OF_DATA) < at(OWN));
        assert_eq!(STACK_SET_SCRIPT.matches(END_OF_DATA).count(), 1);
    }

    #[test]
    fn tags_are_sorted_and_in_ascii() {
        let tags = [Tag::new("managed-by", "racestack"), Tag::new("Cost", "\"Grün\" 田 𠮷")];
        assert_eq!(
            tags_json(tags),
            r#"[{"Key":"Cost","Value":"\"Gr\u00fcn\" \u7530 \ud842\udfb7"},{"Key":"managed-by","Value":"racestack"}]"#
        );
    }
}
