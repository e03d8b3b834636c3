//! The part of a template that a rule file is handed.

use std::collections::BTreeSet;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// The part of a template that a rule file must be handed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TypeFilter {
    Everything,
    /// The resources of these types, and all that is no resource.
    Types(BTreeSet<String>),
}

impl TypeFilter {
    /// The resources that the filter lets through, in the order of the template; one whose type cannot be read is not held back.
    ///
    /// Where there are none, the first of all stands for them: a template without any resource is another matter to the
    /// engine than one with none of the right type.
    pub(super) fn within<'a>(&self, resources: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value)> {
        let within: Vec<_> = resources.iter().filter(|(_, resource)| self.includes(resource)).collect();
        if within.is_empty() { resources.iter().take(1).collect() } else { within }
    }

    /// Whether a resource is that the filter lets through.
    pub(super) fn includes(&self, resource: &Value) -> bool {
        match self {
            Self::Everything => true,
            Self::Types(types) => resource["Type"].as_str().is_none_or(|name| types.contains(name)),
        }
    }
}

/// The part of a template that a type filter lets through.
pub(super) struct Projection<'a> {
    pub template: &'a Value,
    pub type_filter: &'a TypeFilter,
    /// Where it is given, only the resources of these logical IDs.
    pub only: Option<&'a BTreeSet<&'a str>>,
}

impl Projection<'_> {
    /// The logical ID of the one resource that the filter lets through, if there is exactly one.
    pub(super) fn only_resource(&self) -> Option<&str> {
        let TypeFilter::Types(_) = self.type_filter else { return None };
        match self.type_filter.within(self.template["Resources"].as_object()?).as_slice() {
            [(only, resource)] if self.type_filter.includes(resource) => Some(only),
            _ => None,
        }
    }
}

impl Serialize for Projection<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Value::Object(sections) = self.template else { return self.template.serialize(serializer) };
        let mut map = serializer.serialize_map(None)?;
        for (name, section) in sections {
            match section {
                Value::Object(resources) if name == "Resources" => {
                    let mut within = self.type_filter.within(resources);
                    within.retain(|(id, _)| self.only.is_none_or(|only| only.contains(id.as_str())));
                    map.serialize_entry(name, &Resources(within))?;
                }
                _ => map.serialize_entry(name, section)?,
            }
        }
        map.end()
    }
}

/// Resources in the order of the template.
struct Resources<'a>(Vec<(&'a String, &'a Value)>);

impl Serialize for Resources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
