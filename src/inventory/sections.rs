//! The sections of a template that its resources refer to: what parameters may be, and mappings.

use std::collections::BTreeMap;

use serde_json::Value;

use super::template::{MADE_UP, plain};

/// Types of parameters of which AWS makes up each value, and CloudFormation takes no other.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html>
const MADE_UP_TYPES: [&str; 7] = [
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
];
/// The most ways to choose the values of a template's parameters that are looked at.
const MOST_CHOICES: usize = 64;

/// The sections of a template that its resources refer to.
#[derive(Debug, Clone, Default)]
pub struct Sections {
    /// Parameters of which it is known what they may be: in how many ways those before are chosen, and the values. A default is none
    /// of these: a stack keeps the value that it has, and whoever deploys it may give another.
    parameters: BTreeMap<String, (usize, Vec<String>)>,
    /// The section of that name.
    pub mappings: Value,
}

impl Sections {
    /// Those of a template in long form.
    pub fn of(template: &Value) -> Self {
        let parameters = template.get("Parameters").and_then(Value::as_object).into_iter().flatten();
        let mappings = template.get("Mappings").cloned().unwrap_or_default();
        let mut sections = Self { mappings, ..Self::default() };
        for (name, parameter) in parameters {
            let before = sections.choices();
            if let Some(values) = possible_values(parameter).filter(|all| all.len() * before <= MOST_CHOICES) {
                sections.parameters.insert(name.clone(), (before, values));
            }
        }
        sections
    }

    /// In how many ways the values of all are chosen.
    pub fn choices(&self) -> usize {
        self.parameters.values().map(|(_, values)| values.len()).product()
    }

    /// The value of a parameter by one of these ways; of a list, that of each member.
    pub fn parameter(&self, name: &str, choice: usize) -> Option<&String> {
        let (before, values) = self.parameters.get(name)?;
        values.get(choice / before % values.len())
    }
}

/// What a parameter may be; `None` where that is known only when the stack is deployed.
fn possible_values(parameter: &Value) -> Option<Vec<String>> {
    let kind = parameter.get("Type").and_then(Value::as_str)?;
    let of_list = kind.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>'));
    if MADE_UP_TYPES.contains(&of_list.unwrap_or(kind)) {
        return Some(vec![MADE_UP.to_string()]);
    }
    // Of a list, each member is an allowed value, and it may have any number of them. What a parameter of Systems Manager is
    // allowed to be is its name there.
    let allowed = parameter.get("AllowedValues").filter(|_| ["Number", "String"].contains(&kind))?.as_array()?;
    Some(allowed.iter().map(plain).collect()).filter(|all: &Vec<String>| !all.is_empty())
}
