//! Values of templates as lines.

use serde_json::Value;
use similar::{Algorithm, DiffTag, capture_diff_slices, group_diff_ops};

use super::line::{Line, LineStyle};

/// More lines than these of an added value are told by their number.
const MANY: usize = 16;
/// Unchanged lines that are shown around changed ones.
const CONTEXT: usize = 2;

/// A value on one line, if it fits there: a scalar, or a reference.
pub(super) fn inline(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.contains('\n') => None,
        Value::Object(entries) if entries.is_empty() => Some("{}".to_owned()),
        Value::Object(entries) if entries.len() == 1 => {
            let (key, argument) = entries.iter().next()?;
            match (key.as_str(), argument) {
                ("Ref", Value::String(id)) => Some(format!("!Ref {id}")),
                ("Fn::GetAtt", Value::Array(steps)) => {
                    let steps: Option<Vec<&str>> = steps.iter().map(Value::as_str).collect();
                    Some(format!("!GetAtt {}", steps?.join(".")))
                }
                (function, argument) => {
                    let function = function.strip_prefix("Fn::").filter(|_| !argument.is_object())?;
                    Some(format!("!{function} {}", inline(argument)?))
                }
            }
        }
        Value::Array(values) if values.is_empty() => Some("[]".to_owned()),
        Value::Array(values) if values.len() == 1 => values.first().filter(|value| !value.is_object()).and_then(inline),
        Value::Object(_) | Value::Array(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

/// A tag's key and value.
fn tag(value: &Value) -> Option<(&str, &Value)> {
    let entries = value.as_object().filter(|entries| entries.len() == 2)?;
    Some((entries.get("Key")?.as_str()?, entries.get("Value")?))
}

/// The value of a tag whose key is told already; of anything else, all of it.
pub(super) fn untagged(value: &Value) -> &Value {
    tag(value).map_or(value, |(_, value)| value)
}

/// A value under its key, on as many lines as it takes; of one that takes many, if `fold`, how many there are.
pub(super) fn block(key: &str, value: &Value, indent: usize, style: LineStyle, fold: bool, lines: &mut Vec<Line>) {
    if let Some(text) = inline(value) {
        lines.push(Line::new(style, indent, format!("{key}: {text}")));
        return;
    }
    let mut inner = Vec::new();
    inside(value, indent + 4, style, &mut inner);
    if fold && inner.len() > MANY {
        lines.push(Line::new(style, indent, format!("{key}: ({} lines)", inner.len())));
        return;
    }
    lines.push(Line::new(style, indent, format!("{key}:")));
    lines.append(&mut inner);
}

fn inside(value: &Value, indent: usize, style: LineStyle, lines: &mut Vec<Line>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                block(key, value, indent, style, false, lines);
            }
        }
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                match (inline(value), tag(value)) {
                    (Some(text), _) => lines.push(Line::new(style, indent, text)),
                    (None, Some((key, value))) => block(key, value, indent, style, false, lines),
                    (None, None) => block(&format!("[{}]", at + 1), value, indent, style, false, lines),
                }
            }
        }
        Value::String(text) => lines.extend(text.lines().map(|text| Line::new(style, indent, text))),
        scalar => lines.push(Line::new(style, indent, scalar.to_string())),
    }
}

/// Two texts of several lines, compared line by line.
pub(super) fn changed_lines(old: &str, new: &str, indent: usize) -> Vec<Line> {
    // With its ending, which may be all that differs.
    let lines_of = |text: &'_ str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<String>>();
    let (old, new) = (lines_of(old), lines_of(new));
    let gap = || Line::new(LineStyle::Note, indent, "…");
    let line = |style| move |text: &String| Line::new(style, indent, text.strip_suffix('\n').unwrap_or(text));
    let (mut lines, mut shown) = (Vec::new(), 0);
    for operation in group_diff_ops(capture_diff_slices(Algorithm::Patience, &old, &new), CONTEXT).iter().flatten() {
        let (kind, before, after) = operation.as_tag_tuple();
        lines.extend((after.start > shown).then(gap));
        shown = after.end;
        if kind == DiffTag::Equal {
            lines.extend(new[after].iter().map(line(LineStyle::Plain)));
        } else {
            lines.extend(old[before].iter().map(line(LineStyle::Destroy)));
            lines.extend(new[after].iter().map(line(LineStyle::Add)));
        }
    }
    lines.extend((shown < new.len()).then(gap));
    lines
}
