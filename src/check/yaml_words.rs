//! Words in templates of the user's own that CloudFormation does not take for the texts that they seem to be.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::{Finding, Rule, counted};
use crate::render::span_index::words_of_yaml_1_1;
use crate::source::{Place, SourceFile};

/// Findings about words that YAML 1.1 takes for true or false, each word of a template once.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>, "supports the YAML Version 1.1
/// specification"
pub(super) fn check(source: &Arc<SourceFile>) -> Vec<Finding> {
    let mut words: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
    for (place, word) in words_of_yaml_1_1(source) {
        words.entry(word).or_default().push(place);
    }
    let finding = |(word, places): (&str, Vec<Place>)| {
        let more = match places.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(", here and in {}", counted(more, "more place", "more places")),
        };
        let message = format!("CloudFormation reads `{word}` as YAML 1.1 does, for true or false{more}");
        let finding =
            Finding::new(Rule::TemplateYamlWord, message).help(format!("write `\"{word}\"`, or `true` or `false`"));
        places.into_iter().take(1).fold(finding, Finding::at)
    };
    words.into_iter().map(finding).collect()
}
