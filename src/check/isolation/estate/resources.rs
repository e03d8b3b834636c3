//! The resources of a template, with what references in it lead to.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Scope;
use crate::plan::Names;

/// A resource of a scope.
pub(super) struct Resource<'a> {
    pub(super) id: &'a str,
    pub(super) kind: &'a str,
    pub(super) properties: &'a Value,
}

/// The resources of a scope, with what references in it lead to.
pub(super) struct Resources<'a> {
    pub(super) scope: Scope,
    pub(super) list: Vec<Resource<'a>>,
    /// By logical ID: what `Ref` gives, and the ARN.
    pub(super) physical: BTreeMap<&'a str, (String, String)>,
}

impl<'a> Resources<'a> {
    pub(super) fn of(names: &Names, scope: Scope, json: &'a Value) -> Self {
        let list: Vec<Resource<'a>> = json
            .as_object()
            .into_iter()
            .flat_map(Map::iter)
            .filter_map(|(id, resource)| {
                let kind = resource.get("Type").and_then(Value::as_str)?;
                Some(Resource { id, kind, properties: resource.get("Properties").unwrap_or(&Value::Null) })
            })
            .collect();
        let arn = |kind: &str, resource: &Resource<'_>, key: &str| {
            let path = resource.properties.get("Path").and_then(Value::as_str).unwrap_or("/");
            let (partition, account) = (&names.partition, &names.account_id);
            format!("arn:{partition}:iam::{account}:{kind}{path}{}", resource.name(key))
        };
        let physical = list
            .iter()
            .map(|resource| {
                let both = |key: &str, kind: &str| (resource.name(key), arn(kind, resource, key));
                let given = match resource.kind {
                    "AWS::IAM::User" => both("UserName", "user"),
                    "AWS::IAM::Group" => both("GroupName", "group"),
                    "AWS::IAM::Role" => both("RoleName", "role"),
                    "AWS::IAM::ManagedPolicy" => {
                        let arn = arn("policy", resource, "ManagedPolicyName");
                        (arn.clone(), arn)
                    }
                    "AWS::S3::Bucket" => {
                        let name = resource.name("BucketName");
                        (name.clone(), format!("arn:{}:s3:::{name}", names.partition))
                    }
                    _ => (String::new(), String::new()),
                };
                (resource.id, given)
            })
            .collect();
        Self { scope, list, physical }
    }

    pub(super) fn of_type(&self, kind: &str) -> impl Iterator<Item = &Resource<'a>> {
        self.list.iter().filter(move |resource| resource.kind == kind)
    }

    /// A text, or what a reference gives.
    pub(super) fn text(&self, value: &Value) -> Option<String> {
        if let Some(text) = value.as_str() {
            return Some(text.to_owned());
        }
        if let Some((name, _)) = value.get("Ref").and_then(|id| self.physical.get(id.as_str()?)) {
            return Some(name.clone()).filter(|name| !name.is_empty());
        }
        let attribute = value.get("Fn::GetAtt")?.as_array()?;
        let [id, attribute] = attribute.as_slice() else { return None };
        let (_, arn) = self.physical.get(id.as_str()?)?;
        (attribute == "Arn" && !arn.is_empty()).then(|| arn.clone())
    }
}

impl Resource<'_> {
    /// A name that stands in the template; without one, a name that is nobody's.
    pub(super) fn name(&self, key: &str) -> String {
        let name = self.properties.get(key).and_then(Value::as_str).map(str::to_owned);
        name.unwrap_or_else(|| format!("unnamed-{}", self.id))
    }
}

pub(in crate::check::isolation) fn one_or_more(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (list, one): (&[Value], Option<&Value>) = match value {
        Some(Value::Array(values)) => (values, None),
        Some(Value::Null) | None => (&[], None),
        Some(one) => (&[], Some(one)),
    };
    list.iter().chain(one)
}
