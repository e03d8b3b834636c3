//! Which properties of a resource type cannot change in place, so that CloudFormation makes a new resource and deletes the
//! old one.

use std::sync::LazyLock;

use super::rows;

/// What is known of a resource type.
#[derive(Debug)]
pub struct ReplacementFacts {
    /// The type, such as `AWS::IAM::User`.
    pub resource_type: &'static str,
    /// The properties that together are the resource's fixed name, as paths with `/` between the steps; none where
    /// CloudFormation or the service makes up the name.
    pub name: Vec<&'static str>,
    /// The properties whose change replaces the resource, as such paths.
    pub create_only: Vec<&'static str>,
    /// The properties whose change replaces the resource in some cases.
    pub conditional: Vec<&'static str>,
}

/// The types that racestack's templates hold, and those that often stand beside them: `createOnlyProperties` and
/// `conditionalCreateOnlyProperties` of the AWS resource schemas that cfn-lint 1.58.0 ships for us-east-1 (schemas of
/// 2026-10-20). `tests/python/test_diff.py` compares them.
static TABLE: LazyLock<Vec<ReplacementFacts>> = LazyLock::new(|| {
    let list = |column: &'static str| column.split(',').filter(|one| *one != "-").collect();
    let facts = |[resource_type, name, create_only, conditional]: [&'static str; 4]| ReplacementFacts {
        resource_type,
        name: list(name),
        create_only: list(create_only),
        conditional: list(conditional),
    };
    rows(include_str!("replacement.txt"), " ").map(facts).collect()
});

/// What is known of a resource type; `None` where nothing is, which must never be taken for "changes in place".
pub fn replacement(resource_type: &str) -> Option<&'static ReplacementFacts> {
    let at = TABLE.binary_search_by(|row| row.resource_type.cmp(resource_type)).ok()?;
    TABLE.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by(|a, b| a.resource_type < b.resource_type));
    }

    #[test]
    fn a_type_is_found_by_its_name() {
        let user = replacement("AWS::IAM::User").unwrap();
        assert_eq!((&user.name, &user.create_only), (&vec!["UserName"], &vec!["UserName"]));
        assert_eq!(replacement("AWS::IAM::Policy").unwrap().create_only, Vec::<&str>::new());
        assert!(replacement("AWS::Unknown::Type").is_none());
    }
}
