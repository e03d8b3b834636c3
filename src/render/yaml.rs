//! Writing YAML: one scalar that no value can break out of, and policy documents in block style.

use std::borrow::Cow;

use serde_json::Value;

use crate::source::is_hidden;

/// The key under which a statement of a policy template says why it is there. It becomes a comment.
pub const COMMENT_KEY: &str = "//";

/// Words that YAML 1.1 does not read as text. Source: <https://yaml.org/type/bool.html>, <https://yaml.org/type/null.html>
/// And those that some readers take for numbers, which is how Rust writes them.
const NOT_TEXT: [&str; 12] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];

/// The text as one YAML scalar that every reader of YAML 1.1 and 1.2 reads back as this very text: plain where no reader
/// could take it for anything else, otherwise in double quotes.
pub fn scalar(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(quoted(text)) }
}

/// The same within braces or brackets, where older readers take a colon for the end of a key.
/// Source: <https://pyyaml.org/wiki/YAMLColonInFlowContext>
pub fn flow_scalar(text: &str) -> Cow<'_, str> {
    if text.contains(':') { Cow::Owned(quoted(text)) } else { scalar(text) }
}

/// A document on one line, without its comments.
pub fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => flow_scalar(text).into_owned(),
        Value::Array(values) => format!("[{}]", values.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries = map.iter().filter(|(key, _)| *key != COMMENT_KEY);
            let entries = entries.map(|(key, value)| format!("{}: {}", flow_scalar(key), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let starts = bytes.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/');
    // A colon needs a letter or digit behind it, or it could end a key.
    let inside = bytes.iter().enumerate().all(|(index, byte)| match byte {
        b':' => bytes.get(index + 1).is_some_and(u8::is_ascii_alphanumeric),
        byte => byte.is_ascii_alphanumeric() || b"_./@+=-".contains(byte),
    });
    starts && inside && !NOT_TEXT.iter().any(|word| word.eq_ignore_ascii_case(text))
}

fn quoted(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        return ["\"", text, "\""].concat();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            // What YAML 1.1 lets no text have is hidden, too. Source: <https://yaml.org/spec/1.1/#id868524>
            character if is_hidden(character) => {
                let code = u32::from(character);
                quoted += &if code > 0xFFFF { format!("\\U{code:08X}") } else { format!("\\u{code:04X}") };
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A document in block style, whose lines are indented by `indent` spaces. The first has no indentation, since it stands
/// where the template puts it, and the last no line break. The reasons of the statements come as comments over them.
pub fn block(value: &Value, indent: usize) -> String {
    let mut text = String::new();
    match value {
        Value::Object(_) | Value::Array(_) => write_block(&mut text, value, indent),
        scalar => write_value(&mut text, scalar, indent),
    }
    text.trim_matches(['\n', ' ']).to_owned()
}

/// A map or list on lines of its own.
fn write_block(text: &mut String, value: &Value, indent: usize) {
    let margin = " ".repeat(indent);
    for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| *key != COMMENT_KEY) {
        text.extend([&margin, &*scalar(key), ":"]);
        write_value(text, value, indent + 2);
    }
    for value in value.as_array().into_iter().flatten() {
        let comment = value.get(COMMENT_KEY).and_then(Value::as_str).unwrap_or_default();
        comment.lines().for_each(|line| text.extend([&margin, "# ", line, "\n"]));
        text.extend([&margin, "-"]);
        if value.is_object() && is_block(value) {
            let mut entries = String::new();
            write_block(&mut entries, value, indent + 2);
            // The first entry stands behind the hyphen.
            text.extend([" ", entries.trim_start()]);
        } else {
            write_value(text, value, indent + 2);
        }
    }
}

/// A value behind a key or a hyphen: on the same line, or on lines of its own.
fn write_value(text: &mut String, value: &Value, indent: usize) {
    if is_block(value) {
        text.push('\n');
        write_block(text, value, indent);
        return;
    }
    text.push(' ');
    match value {
        Value::String(value) => text.push_str(&scalar(value)),
        other => text.push_str(&flow(other)),
    }
    text.push('\n');
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.keys().any(|key| key != COMMENT_KEY),
        Value::Array(values) => !values.is_empty(),
        _ => false,
    }
}

/// Lines for a block scalar (`|`): the first stands where the template puts it, all others are indented.
pub fn block_lines(text: &str, indent: usize) -> String {
    let mut lines = text.trim_end_matches('\n').lines();
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_no_reader_can_mistake_stands_plain() {
        for text in ["tanaka.taro", "/deepracer/", "s3:GetObject", "ml.t3.medium", "a+b=c@d", "arn:aws"] {
            assert_eq!(scalar(text), text);
        }
        for text in [
            "",
            "yes",
            "No",
            "null",
            "12",
            "012345670123",
            "1e3",
            "2012-10-17",
            "12:30",
            "a: b",
            "a:",
            "a #b",
            "-",
            "~",
            "*",
            "!Ref x",
            "arn:aws:iam::1",
        ] {
            assert!(scalar(text).starts_with('"'), "{text:?}");
        }
        assert_eq!(scalar("a\u{ad}\u{61c}\u{3164}\u{fffe}"), r#""a\u00AD\u061C\u3164\uFFFE""#);
        assert_eq!(scalar("a\"b\\c\n\u{85}\u{2028}\u{202E}名"), "\"a\\\"b\\\\c\\n\\u0085\\u2028\\u202E名\"");
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_itself_and_stays_on_its_line(text in any::<String>()) {
            let line = format!("a: {}\nb: 1\n", scalar(&text));
            let read: serde_yaml::Value = serde_yaml::from_str(&line).unwrap();
            prop_assert_eq!(read["a"].as_str(), Some(text.as_str()));
            prop_assert_eq!(read.as_mapping().unwrap().len(), 2);
        }
    }

    proptest! {
        #[test]
        fn any_document_on_one_line_comes_back_as_itself(key in "[a-zA-Z:]{1,8}", text in any::<String>()) {
            let value = serde_json::json!({ key: [{ "Value": text }, 1, true, [], {}] });
            let line = format!("A: {}\nB: 1\n", flow(&value));
            let read: serde_json::Value = serde_yaml::from_str(&line).unwrap();
            prop_assert_eq!(read, serde_json::json!({ "A": value, "B": 1 }));
        }
    }

    #[test]
    fn documents_are_written_in_block_style_with_reasons_as_comments() {
        let value = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{"//": "Why.", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*", "Empty": []}]
        });
        let with = "Version: \"2012-10-17\"\n  Statement:\n    # Why.\n    - Effect: Allow\n      Action:\n        - s3:GetObject\n      Resource: \"*\"\n      Empty: []";
        assert_eq!(block(&value, 2), with);
        let line = "{Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: [\"s3:GetObject\"], Resource: \"*\", Empty: []}]}";
        assert_eq!(flow(&value), line);
    }
}
