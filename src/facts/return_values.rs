//! What the functions of CloudFormation return of resources, by their types.

use std::sync::LazyLock;

use super::rows;

/// What `Ref` and `Fn::GetAtt` return of a type of resources: nothing in it but a name is somebody's choice. Of any other type, what
/// is returned may be anything that is in the resource.
#[derive(Debug)]
pub struct ReturnValues {
    resource_type: &'static str,
    /// The property that says the name; `None` where AWS makes it up.
    pub name: Option<&'static str>,
    /// What follows the partition in the ARN, with `{id}`, `{region}`, `{path}` and, at its end, `{name}`, if it is known.
    arn: Option<&'static str>,
    /// What `Ref` returns, if it is known.
    pub reference: Option<Reference>,
}

impl ReturnValues {
    /// The ARN of a resource in an account, if its form is known; without a path of its own, the path is `/`.
    pub fn arn(&self, [partition, region, id]: [&str; 3], path: &str, name: &str) -> Option<String> {
        let form = self.arn?.strip_suffix("{name}")?;
        let form = form.replace("{id}", id).replace("{region}", region).replace("{path}", path);
        Some(format!("arn:{partition}:{form}{name}"))
    }
}

/// What `Ref` returns.
#[derive(Debug, Clone, Copy)]
pub enum Reference {
    /// The name.
    Name,
    /// The ARN.
    Arn,
}

/// Source: the return values in <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>
static TABLE: LazyLock<Vec<ReturnValues>> = LazyLock::new(|| {
    let values = |[resource_type, rest @ ..]: [&'static str; 4]| {
        let [name, arn, reference] = rest.map(|column| (column != "-").then_some(column));
        let reference = reference.map(|what| if what == "arn" { Reference::Arn } else { Reference::Name });
        ReturnValues { resource_type, name, arn, reference }
    };
    rows(include_str!("return-values.txt"), " ").map(values).collect()
});

/// What is known of a type.
pub fn return_values(resource_type: &str) -> Option<&'static ReturnValues> {
    TABLE.get(TABLE.binary_search_by(|row| row.resource_type.cmp(resource_type)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(TABLE.is_sorted_by(|one, other| one.resource_type < other.resource_type));
        for [kind, _, arn, reference] in rows(include_str!("return-values.txt"), " ") {
            assert!(arn == "-" || arn.ends_with("{name}"), "{kind}");
            assert!(["-", "arn", "name"].contains(&reference), "{kind}");
        }
    }
}
