//! Types of resources by which somebody gets at what people have without any policy that is compared.

use std::sync::LazyLock;

use super::rows;

/// What resources do by themselves, in words, each with the types that do it, or all of a service that ends with `::`: somebody gets at
/// what people have by these, whatever they name. `ImportPath` and `ExportPath` of a Lustre file system are buckets, and whoever mounts
/// it is asked for no policy; Macie looks into every bucket of the account without being pointed at any. The actions that do the same are
/// in `src/check/isolation/reference/limits-company.json.hbs`.
static OTHER_WAYS: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
    rows(include_str!("other-ways.txt"), "; ").map(|[why, types]| (why, types.split(' ').collect())).collect()
});

/// What a resource of this type does by itself, in words, if somebody gets at what people have by it.
pub fn other_way(kind: &str) -> Option<&'static str> {
    let is_it = |of: &&str| kind == *of || of.ends_with("::") && kind.starts_with(*of);
    OTHER_WAYS.iter().find(|(_, types)| types.iter().any(is_it)).map(|(why, _)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_words_and_types() {
        let is_type = |of: &&str| of.starts_with("AWS::") && !of.contains(|c: char| !c.is_alphanumeric() && c != ':');
        assert!(OTHER_WAYS.iter().all(|(why, types)| !why.is_empty() && types.iter().all(is_type)));
    }
}
