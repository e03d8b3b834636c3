//! The resource types that CloudFormation has, and whether a rule asks for one of them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fancy_regex::Regex;

/// Every type of the resource schemas that the Python package cfn-lint 1.51.0 ships, over all regions, one a line,
/// sorted.
const RESOURCE_TYPES: &str = include_str!("resource-types.txt");

/// How alike a type of somebody else's must be to one of CloudFormation's to be taken for a slip of the pen.
const MISSPELT: f64 = 0.85;

/// The types.
pub(super) static KNOWN: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| RESOURCE_TYPES.lines().collect());

/// Whether a regular expression matches the type of some resource. Custom resources have whatever type a company gives them.
pub(super) fn matches_some(regex: &str) -> bool {
    let is_of_some = |regex: Regex| KNOWN.iter().any(|known| regex.is_match(known).unwrap_or_default());
    regex.contains("Custom::") || Regex::new(regex).is_ok_and(is_of_some)
}

/// Whether a resource can have the type `name`: CloudFormation's own, a transform's, a module, or one that a third party
/// has registered.
pub(super) fn exists(name: &str) -> bool {
    if KNOWN.contains(name) || name.ends_with("::MODULE") {
        return true;
    }
    if name.starts_with("AWS::Serverless::") || name == "AWS::CDK::Metadata" || name.starts_with("Custom::") {
        return true;
    }
    let ours = name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("aws"));
    let segments = name.split("::").count();
    let lower = name.to_ascii_lowercase();
    let is_near =
        |known: &&str| strsim::normalized_damerau_levenshtein(&lower, &known.to_ascii_lowercase()) >= MISSPELT;
    !ours && segments >= 3 && !KNOWN.iter().any(is_near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_the_types_that_stacks_use() {
        assert!(RESOURCE_TYPES.lines().is_sorted());
        for name in ["AWS::IAM::User", "AWS::S3::BucketPolicy", "AWS::SageMaker::NotebookInstanceLifecycleConfig"] {
            assert!(exists(name), "{name}");
        }
    }
}
