//! References: every `Ref` and `GetAtt` finds its resource in the same template, and every name of a resource in another
//! stack finds it in a stack that is deployed before.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Checked;
use crate::finding::{Finding, Rule};
use crate::plan::AccountPlan;

/// Checks the references within and between the stacks of an account.
pub fn check(plan: &AccountPlan<'_>, checked: &[Checked<'_>]) -> Vec<Finding> {
    let names = &plan.names;
    let declared = declared(plan, checked);
    let mut findings = Vec::new();
    for (order, one) in checked.iter().enumerate() {
        let mut walk = Walk {
            checked: one,
            order,
            declared: &declared,
            partition: &names.partition,
            account_id: &names.account_id,
            path: Vec::new(),
            findings: Vec::new(),
        };
        for (id, resource) in one.resources() {
            walk.path = vec!["Resources".to_owned(), id.clone()];
            walk.value(resource);
        }
        findings.extend(walk.findings);
    }
    findings
}

/// The physical names and ARNs that stacks declare, each with the order of its stack.
fn declared(plan: &AccountPlan<'_>, checked: &[Checked<'_>]) -> BTreeMap<String, usize> {
    let (partition, account) = (&plan.names.partition, &plan.names.account_id);
    let mut declared = BTreeMap::new();
    for (order, one) in checked.iter().enumerate() {
        for (_, resource) in one.resources() {
            let text = |key: &str| resource.pointer(&format!("/Properties/{key}")).and_then(Value::as_str);
            let path = text("Path").unwrap_or("/");
            let iam = |kind: &str, name: &str| format!("arn:{partition}:iam::{account}:{kind}{path}{name}");
            let name = match resource.get("Type").and_then(Value::as_str).unwrap_or_default() {
                "AWS::IAM::Group" => text("GroupName").map(|name| format!("group {name}")),
                "AWS::IAM::ManagedPolicy" => text("ManagedPolicyName").map(|name| iam("policy", name)),
                "AWS::IAM::Role" => text("RoleName").map(|name| iam("role", name)),
                "AWS::IAM::User" => text("UserName").map(|name| iam("user", name)),
                "AWS::S3::Bucket" => text("BucketName").map(|name| format!("arn:{partition}:s3:::{name}")),
                _ => None,
            };
            declared.extend(name.map(|name| (name, order)));
        }
    }
    declared
}

struct Walk<'a> {
    checked: &'a Checked<'a>,
    order: usize,
    declared: &'a BTreeMap<String, usize>,
    partition: &'a str,
    account_id: &'a str,
    path: Vec<String>,
    findings: Vec<Finding>,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.path.push(key.clone());
                    match (key.as_str(), value) {
                        ("Ref" | "DependsOn", Value::String(target)) => self.resource(target),
                        ("Fn::GetAtt", Value::Array(parts)) => {
                            self.resource(parts.first().and_then(Value::as_str).unwrap_or_default());
                        }
                        ("Fn::Sub", Value::String(text)) => self.substitutions(text),
                        ("Groups", Value::Array(groups)) => {
                            for group in groups.iter().filter_map(Value::as_str) {
                                self.declared(&format!("group {group}"), group);
                            }
                        }
                        _ => self.value(value),
                    }
                    self.path.pop();
                }
            }
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.path.push(index.to_string());
                    self.value(value);
                    self.path.pop();
                }
            }
            Value::String(text) if text.starts_with("arn:") => self.arn(text),
            _ => {}
        }
    }

    /// A logical ID of this template, a parameter of it, or a pseudo parameter.
    fn resource(&mut self, target: &str) {
        let json = &self.checked.json;
        let known = |section: &str| json.get(section).is_some_and(|section| section.get(target).is_some());
        if !target.starts_with("AWS::") && !known("Resources") && !known("Parameters") {
            self.unresolved(format!("there is no resource `{target}` in this template"));
        }
    }

    fn substitutions(&mut self, text: &str) {
        for part in text.split("${").skip(1) {
            let Some((name, _)) = part.split_once('}') else { continue };
            if !name.starts_with('!') {
                self.resource(name.split('.').next().unwrap_or(name));
            }
        }
    }

    fn arn(&mut self, arn: &str) {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, partition, service, _, account, resource] = parts.as_slice() else { return };
        if *partition != self.partition {
            let message = format!("`{arn}` is in the partition `{partition}`, the stack in `{}`", self.partition);
            return self.foreign(message);
        }
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if is_account && *account != self.account_id && *service != "kms" {
            return self.foreign(format!("`{arn}` is in the account {account}, the stack in {}", self.account_id));
        }
        let is_pattern = |text: &str| text.contains(['*', '?']) || text.contains("${");
        match *service {
            "s3" => {
                let bucket = resource.split('/').next().unwrap_or_default();
                if !is_pattern(bucket) {
                    self.declared(&format!("arn:{partition}:s3:::{bucket}"), bucket);
                }
            }
            // An ARN without wildcards names one thing of ours. Service-linked roles are made by their services.
            "iam" if is_account && !is_pattern(resource) && !resource.starts_with("role/aws-service-role/") => {
                self.declared(arn, arn);
            }
            _ => {}
        }
    }

    fn declared(&mut self, key: &str, shown: &str) {
        match self.declared.get(key) {
            Some(order) if *order <= self.order => {}
            Some(_) => self.unresolved(format!("`{shown}` is in a stack that is deployed later")),
            None => self.unresolved(format!("no stack of this account defines `{shown}`")),
        }
    }

    fn unresolved(&mut self, message: String) {
        self.push(Rule::ReferenceUnresolved, message);
    }

    fn foreign(&mut self, message: String) {
        self.push(Rule::ReferenceForeign, message);
    }

    fn push(&mut self, rule: Rule, message: String) {
        let place = self.checked.place(&self.path.join("/"));
        self.findings.push(Finding::new(rule, message).at(place).help("mend the template that this is rendered from"));
    }
}
