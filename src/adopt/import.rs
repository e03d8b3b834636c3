//! What of an account CloudFormation is to import, into the stacks that synth makes.

use serde_json::{Map, Value, json};

use super::live::{LiveResource, live_resource};
use crate::account::Export;
use crate::diff::{AccountFolder, FolderStack};
use crate::facts::IMPORTABLE;
use crate::finding::{Finding, Rule};
use crate::inventory::type_of;
use crate::output::ImportedStack;
use crate::render;
use crate::source::Place;

/// The stacks that import something, and those of the account that stay as they are, in the order of their deployment. `new` is what synth
/// makes, `old` the account's out folder, which is taken to be deployed: what it has, a stack has already.
///
/// A stack that is there keeps its template, byte by byte: an import must change nothing of it. A new one has nothing but what it
/// imports, since an import adds no outputs either.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html>
pub fn import(
    export: &Export,
    new: &AccountFolder,
    old: Option<&AccountFolder>,
    findings: &mut Vec<Finding>,
) -> Vec<ImportedStack> {
    let mut stacks = Vec::new();
    for stack in &new.stacks {
        let deployed = old.and_then(|old| old.stacks.iter().find(|one| one.name == stack.name));
        let (mut resources, mut listed) = (Map::new(), Vec::new());
        let is_deployed = |id: &str| deployed.is_some_and(|one| one.resources().any(|(other, _)| other == id));
        let declared = stack.resources().filter(|(id, _)| !is_deployed(id));
        for (id, resource) in declared {
            let kind = type_of(resource);
            let properties = resource.get("Properties").unwrap_or(&Value::Null);
            match live_resource(export, kind, properties) {
                LiveResource::Absent => {}
                LiveResource::Taken(finding) => findings.push(finding),
                LiveResource::Same(identifier, properties) => {
                    let Some((_, key)) = IMPORTABLE.iter().find(|(known, _)| *known == kind) else { continue };
                    listed.push(json!({
                        "ResourceType": kind,
                        "LogicalResourceId": id,
                        "ResourceIdentifier": Map::from_iter([((*key).to_owned(), Value::from(identifier))]),
                    }));
                    let resource = json!({"Type": kind, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": properties});
                    resources.insert(id.to_owned(), resource);
                }
            }
        }
        let (name, file) = (stack.name.clone(), stack.file.clone());
        if listed.is_empty() {
            stacks.extend(deployed.map(|deployed| {
                let (template, users) = (deployed.source.text.clone(), deployed.users.clone());
                ImportedStack { name, file, template, resources: listed, users }
            }));
            continue;
        }
        if stack.deployed_by.is_some() {
            let message = format!("`{}` is left to a StackSet, which does not import what an account has", stack.name);
            let help = "leave it out of `deploy: {stack_sets: …}`, and adopt again";
            findings.push(Finding::new(Rule::AdoptNameTaken, message).at(Place::whole(&stack.source)).help(help));
            continue;
        }
        let template = template(deployed, &resources);
        if template.is_none() {
            let message = format!("the template of `{}` has no section `Outputs` to put resources before", stack.name);
            let place = Place::whole(&deployed.unwrap_or(stack).source);
            findings.push(
                Finding::new(Rule::TemplateStructure, message)
                    .at(place)
                    .help("let it end with `Outputs`, as racestack's own does"),
            );
        }
        let is_there = |id: &str| resources.contains_key(id) || is_deployed(id);
        let users = stack.users.iter().filter(|user| is_there(&format!("{}User", user.logical_id)));
        stacks.push(ImportedStack {
            name,
            file,
            template: template.unwrap_or_default(),
            resources: listed,
            users: users.cloned().collect(),
        });
    }
    stacks
}

/// The template that imports these resources; `None` where there is no place for them in the one that is deployed.
fn template(deployed: Option<&FolderStack>, resources: &Map<String, Value>) -> Option<String> {
    const OUTPUTS: &str = "\nOutputs:\n";
    let text = render::block(&json!({ "Resources": resources }), 0) + "\n";
    let Some(deployed) = deployed else {
        return Some(format!(
            "# Written by `racestack adopt`: what the account has, as it is. An import changes nothing of it.\n\
             AWSTemplateFormatVersion: \"2010-09-09\"\n{text}"
        ));
    };
    let (before, behind) =
        deployed.source.text.split_once(OUTPUTS).filter(|(before, _)| before.contains("\nResources:\n"))?;
    let resources = text.strip_prefix("Resources:\n")?;
    Some(format!("{before}{resources}{OUTPUTS}{behind}"))
}
