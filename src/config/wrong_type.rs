//! What to write in the place of a value of another type or syntax, by an example that holds what was written.

use serde_json::{Map, Value};

use super::characters::is_curly_quote;
use super::names::{InstanceType, refused};
use super::node::{Content, Node, shorten};
use crate::source::Place;

/// The path of a row of a roster: an element of a list that is the whole file.
pub const ROW: &str = "a row";

/// Whether a place is in a table, whose header names what is in it.
pub fn is_in_table(place: &Place) -> bool {
    place.path().extension().is_some_and(|extension| extension == "csv" || extension == "xlsx")
}

/// The help for what is no list: of the file itself, of which the rows are the list, or of a value that may be its only element.
pub fn not_a_list(node: &Node, path: &str) -> Option<String> {
    if path.is_empty() {
        let is_json = node.place.path().extension().is_some_and(|extension| extension == "json");
        return (!is_json).then(|| "write a list here: begin each row with `- `".to_owned());
    }
    scalar(node, ",").map(|text| format!("set `{path}` to a list: `[{text}]`"))
}

/// The help for what is no map, with a key that the map may have, and with what was written where the map has values of that type.
pub fn not_a_map(node: &Node, path: &str, properties: Option<&Map<String, Value>>, key_kind: &str) -> Option<String> {
    let text = scalar(node, "").filter(|_| !path.is_empty())?;
    if is_in_table(&node.place) {
        return Some(format!("rename the column to `{path}.KEY`, with a key for `KEY`"));
    }
    // What is named by a text is meant to be named by this one.
    let name = properties.and_then(|properties| properties.get_key_value("name"));
    let first = properties.and_then(|properties| properties.keys().next());
    let (key, value) = match (name, first) {
        (Some((name, _)), _) => (name.as_str(), text),
        (None, Some(first)) => (first.as_str(), "…"),
        _ if key_kind == "InstanceType" => ("ml.t3.medium", text),
        _ => ("KEY", text),
    };
    Some(match path {
        ROW => format!("write `{key}: {value}` here"),
        _ => format!("set `{path}` to a map, such as `{{{key}: {value}}}`"),
    })
}

/// The help for a text that is neither `true` nor `false` where there may be a map, too: an instance type is one of its values.
pub fn no_choice(node: &Node, path: &str) -> Option<String> {
    const KEY: &str = "instance_type";
    let text = scalar(node, "").filter(|text| InstanceType::parse(text).is_ok())?;
    let in_table = || format!("write `{text}` in a column `{path}.{KEY}`");
    Some(if is_in_table(&node.place) { in_table() } else { format!("set `{path}` to `{{{KEY}: {text}}}`") })
}

/// A name of a kind, where what is allowed shows none.
pub fn example(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AccountId" => "111122223333",
        "BucketCreated" => "20240101000000",
        "BucketName" => "mycompany-deepracer",
        "BucketPurpose" => "test",
        "Company" => "mycompany",
        "FolderName" => "materials",
        "PrincipalPattern" => "arn:aws:iam::111122223333:role/Admin*",
        "RoleSuffix" => "-2",
        _ => return None,
    })
}

/// What was meant by a text that is no name of a kind: it without curly quotes, or the range of one address.
pub fn meant(kind: &str, text: &str) -> Option<String> {
    let plain = text.trim_matches(is_curly_quote).to_owned();
    let bits = if plain.contains(':') { 128 } else { 32 };
    let range = (kind == "Network").then(|| format!("{plain}/{bits}"));
    [Some(plain), range].into_iter().flatten().find(|plain| refused(kind, plain).is_none())
}

/// A text that can be one value of a list or map as it is: of letters, digits and signs that mean nothing in YAML, or `besides`.
fn scalar<'a>(node: &'a Node, besides: &str) -> Option<&'a str> {
    let Content::Scalar { text, .. } = &node.content else { return None };
    let means_nothing = |c: char| c.is_alphanumeric() || " ._/-".contains(c) || besides.contains(c);
    let is_one = !text.trim().is_empty() && text.chars().all(means_nothing) && shorten(text) == *text;
    is_one.then_some(text.as_str())
}
