//! References: every `Ref` and `GetAtt` finds its resource in the same template, and every name of a resource in another
//! stack finds it in a stack that is deployed before.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::facts::SERVICE_LINKED;
use crate::facts::return_values::return_values;
use crate::finding::{Finding, Rule};
use crate::inventory::{one_or_more, type_of};
use crate::plan::Names;
use crate::render::span_index::SpanIndex;
use crate::render::{Rendered, Template};
use crate::source::Place;

/// What the references of one template come to, as far as it alone can tell.
#[derive(Default)]
pub struct References {
    /// What refers to nothing in the template, or to another account or partition.
    pub findings: Vec<Finding>,
    /// The physical names and ARNs that the template declares.
    declared: Vec<String>,
    /// Those that it refers to.
    required: BTreeMap<String, RequiredName>,
}

/// What findings tell of a name.
struct RequiredName {
    /// What to call it.
    shown: String,
    /// Where the template refers to it.
    paths: Vec<String>,
}

/// Reads the references of one template. `is_beside` says by its logical ID whether a resource is none of racestack's own: what is not
/// racestack's, such a resource may name wherever it is, and isolation says what it may do there.
pub fn read(names: &Names, template: &Template, is_beside: &dyn Fn(&str) -> bool) -> References {
    let references = References { declared: declared(names, template), ..References::default() };
    let mut walk = Walk { template, names, is_beside, id: "", path: String::new(), references };
    for (id, resource) in template.resources() {
        walk.id = id;
        walk.path = format!("Resources/{id}");
        walk.value("", resource);
    }
    walk.references
}

/// A finding at each place where a template names a resource of another stack that is not found in a stack which is
/// deployed before. `stacks` are the templates in the order in which they are deployed, each with its references.
pub fn between(stacks: &[(&Rendered, &References)]) -> Vec<Finding> {
    let mut declared = BTreeMap::new();
    for (order, (_, references)) in stacks.iter().enumerate() {
        declared.extend(references.declared.iter().map(|name| (name.as_str(), order)));
    }
    let mut findings = Vec::new();
    for (order, (template, references)) in stacks.iter().enumerate() {
        let outline = OnceCell::new();
        for (key, RequiredName { shown, paths }) in &references.required {
            let message = match declared.get(key.as_str()) {
                Some(found) if *found <= order => continue,
                Some(_) => format!("`{shown}` is in a stack that is deployed later"),
                None => format!("no stack of this account defines `{shown}`"),
            };
            let outline = outline.get_or_init(|| SpanIndex::read(&template.source));
            let places = paths.iter().map(|path| outline.place(&format!("/{path}")));
            findings.extend(places.map(|place| finding(Rule::ReferenceUnresolved, message.clone(), place)));
        }
    }
    findings
}

/// The ARNs that a template declares, and the names of groups, which users name, and of lifecycle configurations.
fn declared(names: &Names, template: &Template) -> Vec<String> {
    let Names { partition, region, account_id, .. } = names;
    let declared = template.resources().filter_map(|(_, resource)| {
        let text = |of: &'_ Value, key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
        let (kind, properties) = (type_of(resource), resource.get("Properties")?);
        let known = return_values(kind)?;
        let name = text(properties, known.name?)?;
        let path = text(properties, "Path").unwrap_or_else(|| "/".to_owned());
        let bare = match kind {
            "AWS::IAM::Group" => Some(format!("group {name}")),
            "AWS::SageMaker::NotebookInstanceLifecycleConfig" => Some(format!("lifecycle {name}")),
            _ => None,
        };
        Some([bare, known.arn([partition, region, account_id], &path, &name)])
    });
    declared.flatten().flatten().collect()
}

fn finding(rule: Rule, message: String, place: Place) -> Finding {
    Finding::new(rule, message).at(place).help("mend the template that this is rendered from")
}

/// The text of a function's argument, which may be the first of several.
fn first(argument: &Value) -> &str {
    argument.get(0).unwrap_or(argument).as_str().unwrap_or_default()
}

struct Walk<'a> {
    template: &'a Template,
    names: &'a Names,
    is_beside: &'a dyn Fn(&str) -> bool,
    /// The logical ID of the resource at hand.
    id: &'a str,
    /// The keys and indexes that lead to the value at hand.
    path: String,
    references: References,
}

impl<'a> Walk<'a> {
    fn value(&mut self, key: &str, value: &'a Value) {
        match (key, value) {
            ("Ref", Value::String(target)) => self.resource(target),
            ("DependsOn", _) => {
                one_or_more(Some(value)).filter_map(Value::as_str).for_each(|target| self.resource(target));
            }
            ("Fn::GetAtt", _) => self.resource(first(value).split('.').next().unwrap_or_default()),
            ("Fn::Sub", _) => {
                let named = first(value).split("${").skip(1).filter_map(|part| Some(part.split_once('}')?.0));
                let is_given = |name: &str| value.get(1).is_some_and(|given| given.get(name).is_some());
                for name in named.filter(|name| !name.starts_with('!') && !is_given(name)) {
                    self.resource(name.split('.').next().unwrap_or(name));
                }
                if let Some(given) = value.get(1) {
                    self.below("1", "", given);
                }
            }
            ("Groups", Value::Array(groups)) => {
                for group in groups.iter().filter_map(Value::as_str) {
                    self.require(format!("group {group}"), group);
                }
            }
            ("LifecycleConfigName", Value::String(name)) => self.require(format!("lifecycle {name}"), name),
            (_, Value::Object(map)) => map.iter().for_each(|(key, value)| self.below(key, key, value)),
            (_, Value::Array(values)) => {
                values.iter().enumerate().for_each(|(index, value)| self.below(&index.to_string(), "", value));
            }
            (_, Value::String(text)) if text.starts_with("arn:") => self.arn(text),
            _ => {}
        }
    }

    fn below(&mut self, step: &str, key: &str, value: &'a Value) {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(step);
        self.value(key, value);
        self.path.truncate(length);
    }

    /// A logical ID of this template, a parameter of it, or a pseudo parameter.
    fn resource(&mut self, target: &str) {
        let json = &self.template.value;
        let known = |section: &str| json.get(section).is_some_and(|section| section.get(target).is_some());
        if !target.starts_with("AWS::") && !known("Resources") && !known("Parameters") {
            self.push(Rule::ReferenceUnresolved, format!("there is no resource `{target}` in this template"));
        }
    }

    fn arn(&mut self, arn: &str) {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, partition, service, _, account, resource] = parts.as_slice() else { return };
        if *partition != self.names.partition {
            let message = format!("`{arn}` is in the partition `{partition}`, the stack in `{}`", self.names.partition);
            return self.push(Rule::ReferenceForeign, message);
        }
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if is_account && *account != self.names.account_id && *service != "kms" {
            if self.may_be_elsewhere(resource) {
                return;
            }
            let message = format!("`{arn}` is in the account {account}, the stack in {}", self.names.account_id);
            return self.push(Rule::ReferenceForeign, message);
        }
        let is_pattern = |text: &str| text.contains(['*', '?']) || text.contains("${");
        match *service {
            "s3" => {
                let bucket = resource.split('/').next().unwrap_or_default();
                if !is_pattern(bucket) && !self.may_be_elsewhere(bucket) {
                    self.require(format!("arn:{partition}:s3:::{bucket}"), bucket);
                }
            }
            // Other stacks define the company's policies.
            "iam" if self.names.company_policies().any(|company| company == arn) => {}
            // An ARN without wildcards names one thing of ours. Service-linked roles are made by their services, and each account
            // has a root user, by which policies name the account.
            "iam" if *resource == "root" || format!(":{resource}").starts_with(SERVICE_LINKED) => {}
            "iam" | "sns" if is_account && !is_pattern(resource) && !self.may_be_elsewhere(resource) => {
                self.require(arn.to_owned(), arn);
            }
            _ => {}
        }
    }

    /// Whether what is named may be of no stack: it has no name of racestack's own, and what names it is none of racestack's resources.
    fn may_be_elsewhere(&self, name: &str) -> bool {
        let Names { bucket, iam_path, notebook_role_path, operations_role_path, .. } = self.names;
        let mut paths = [iam_path, notebook_role_path, operations_role_path].into_iter().filter(|path| *path != "/");
        let is_own = name == bucket || name.to_ascii_lowercase().contains("deepracer");
        !is_own && !paths.any(|path| name.contains(path.as_str())) && (self.is_beside)(self.id)
    }

    /// Something that this stack or one before it must declare.
    fn require(&mut self, key: String, shown: &str) {
        let new = || RequiredName { shown: shown.to_owned(), paths: Vec::new() };
        self.references.required.entry(key).or_insert_with(new).paths.push(self.path.clone());
    }

    fn push(&mut self, rule: Rule, message: String) {
        let place = self.template.place(&self.path);
        self.references.findings.push(finding(rule, message, place));
    }
}
