//! What CloudFormation would refuse.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::folder::{AccountFolder, FolderStack, OutFolder};
use super::model::{Action, Change, NAME_KEPT, Refusal, Replacement, SMALLER_VOLUME, TYPE_CHANGED};
use super::owners::Owners;
use super::resources::{ResourceChange, fixed_name, number, property, type_of};
use crate::facts::NOTEBOOK_TYPE;
use crate::facts::limits::NOTEBOOK_VOLUME_GB;
use crate::facts::replacement::replacement;
use crate::finding::{Finding, Rule};
use crate::inventory::existing_notebook;
use crate::render::span_index::SpanIndex;
use crate::source::Place;

/// Why CloudFormation refuses a change, if it does. It makes the new resource before it deletes the old one, and so cannot
/// replace one that keeps its name.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
pub(super) fn refusal(change: &ResourceChange<'_>) -> Option<Refusal> {
    if change.action == Action::Change && has_smaller_volume(change) == Some(true) {
        return Some(SMALLER_VOLUME);
    }
    let (old, new) = change.old.zip(change.new).filter(|_| change.action == Action::Replace)?;
    if type_of(old) != type_of(new) {
        return Some(TYPE_CHANGED);
    }
    let names = replacement(type_of(new)).map(|facts| facts.name.as_slice()).unwrap_or_default();
    let (old_name, new_name) = fixed_name(old).zip(fixed_name(new))?;
    // A name that refers to a replaced resource becomes another.
    let refers = change.properties.iter().any(|property| {
        property.replaced.is_some() && names.iter().any(|name| property.path.iter().skip(1).eq(name.split('/')))
    });
    let same = !refers && unique(type_of(new), &old_name) == unique(type_of(new), &new_name);
    same.then_some(NAME_KEPT)
}

/// Whether a change makes the volume of a notebook smaller; `None` where that is known only when it is deployed.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateNotebookInstance.html>
pub(super) fn has_smaller_volume(change: &ResourceChange<'_>) -> Option<bool> {
    let notebook = |resource: &Value| type_of(resource) == NOTEBOOK_TYPE;
    let Some((old, new)) = change.old.zip(change.new).filter(|(old, new)| notebook(old) && notebook(new)) else {
        return Some(false);
    };
    // The least is what a notebook gets for which none is asked.
    let least = Value::from(*NOTEBOOK_VOLUME_GB.start());
    let size = |resource| number(property(resource, "VolumeSizeInGB").unwrap_or(&least));
    Some(size(new)? < size(old)?)
}

/// The name as it must be unique: IAM's without regard to case.
fn unique(resource_type: &str, name: &[String]) -> Vec<String> {
    let case_matters = !resource_type.starts_with("AWS::IAM::");
    name.iter().map(|part| if case_matters { part.clone() } else { part.to_ascii_lowercase() }).collect()
}

/// The findings of the changes that are refused: those that are refused for the same together, at the first resource.
pub(super) fn refused(new: &OutFolder, changes: &[Change]) -> Vec<Finding> {
    let mut alike: BTreeMap<(Refusal, &str, Vec<String>), (&Change, usize)> = BTreeMap::new();
    for change in changes {
        let Some(refused) = change.refused else { continue };
        let causes = change.properties.iter().filter(|property| property.replacement == Replacement::Yes);
        let causes = causes.map(|property| format!("`{}`", property.shown_path())).collect();
        let (_, count) = alike.entry((refused, &change.resource_type, causes)).or_insert((change, 0));
        *count += change.resources.len();
    }
    let finding = |((refused, _, causes), (change, count)): ((Refusal, &str, Vec<String>), (&Change, usize))| {
        let first = change.resources.first()?;
        let Refusal { rule, reason, help } = refused;
        let others = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let name = first.name.as_ref().map_or_else(String::new, |name| format!(" (`{name}`)"));
        let what = if refused == SMALLER_VOLUME {
            "get a smaller volume".to_owned()
        } else {
            let verb = if causes.len() == 1 { "changes" } else { "change" };
            format!("be replaced, since {} {verb}", causes.join(", "))
        };
        let message = format!("`{}`{name}{others} would {what}: {reason}", first.logical_id);
        let mut stacks = new.accounts.get(&first.account).into_iter().flat_map(|account| &account.stacks);
        let place = stacks.find(|stack| stack.name == first.stack).map(|stack| place(stack, &first.logical_id));
        Some(Finding { place, ..Finding::new(rule, message).help(help) })
    };
    alike.into_iter().filter_map(finding).collect()
}

fn resource_of<'a>(stack: &'a FolderStack, logical_id: &str) -> Option<&'a Value> {
    stack.resources().find(|(id, _)| *id == logical_id).map(|(_, resource)| resource)
}

fn place(stack: &FolderStack, logical_id: &str) -> Place {
    SpanIndex::read(&stack.source).place(&format!("/Resources/{logical_id}"))
}

/// Where a resource is: the stack, and the logical ID.
type ResourceLocation<'a> = (&'a FolderStack, &'a str);

/// The findings of resources with fixed names that stand elsewhere in the new folder: under another logical ID, or in
/// another stack. CloudFormation would make the new one while the old one is still there.
pub(super) fn moved(old: &AccountFolder, new: &AccountFolder) -> Vec<Finding> {
    let before = named_resources(old);
    // From which stack to which: who and what.
    let mut moves: BTreeMap<(&str, &str), (ResourceLocation<'_>, Vec<String>)> = BTreeMap::new();
    for (name, (stack, id)) in named_resources(new) {
        let Some(&(old_stack, old_id)) = before.get(&name) else { continue };
        if (old_stack.name.as_str(), old_id) == (stack.name.as_str(), id) {
            continue;
        }
        // Of two under conditions that exclude each other, none moves.
        let stays = new.stacks.iter().filter(|one| one.name == old_stack.name).find_map(|one| resource_of(one, old_id));
        let stays = stays.and_then(fixed_name).map(|one| unique(name.0, &one)) == Some(name.1.clone());
        if stays && resource_of(stack, id).is_some_and(|one| one.get("Condition").is_some()) {
            continue;
        }
        let owner = Owners::of(None, Some(stack)).owner(id);
        let shown = match owner {
            Some(user) if old_stack.name != stack.name => format!("the user `{}`", user.name),
            _ => {
                let written = resource_of(stack, id).and_then(fixed_name);
                format!("`{}` ({})", written.unwrap_or(name.1).join("`, `"), name.0)
            }
        };
        let (_, all) = moves.entry((&old_stack.name, &stack.name)).or_insert(((stack, id), Vec::new()));
        if !all.contains(&shown) {
            all.push(shown);
        }
    }
    let finding = |((from, to), ((stack, id), all)): ((&str, &str), (ResourceLocation<'_>, Vec<String>))| {
        let shown = match all.len() {
            1..=3 => all.join(", "),
            count => format!("{} and {} more", all[..2].join(", "), count - 2),
        };
        let verb = if all.len() == 1 { "moves" } else { "move" };
        let message = if from == to {
            format!(
                "{shown} {verb} to another logical ID in the stack `{to}`, and would be made before the old one is deleted"
            )
        } else {
            format!(
                "{shown} {verb} from the stack `{from}` to `{to}`: CloudFormation would make in one what the other still has"
            )
        };
        Finding::new(Rule::DiffMovedName, message)
            .at(place(stack, id))
            .help("leave it where it is; stacks.lock keeps users in their stacks")
    };
    moves.into_iter().map(finding).collect()
}

/// The findings of stacks that something else deploys from now on, and of notebooks made by hand that a stack is to make: CloudFormation makes
/// no second one of the same name.
pub(super) fn handed_over(old: &AccountFolder, new: &AccountFolder) -> Vec<Finding> {
    let finding = |stack: &FolderStack| {
        let before = old.stacks.iter().find(|before| before.name == stack.name)?;
        if before.deployed_by == stack.deployed_by {
            return None;
        }
        // A bucket outlives its stack, and IAM deletes no policy that people have.
        let stays = match stack.part.as_str() {
            "storage" => Some("its bucket is"),
            "access" => Some("its policies are"),
            _ => None,
        };
        let (message, help) = if stack.deployed_by.is_some() {
            let instead =
                stays.map_or(", or delete it".to_owned(), |what| format!("; it cannot be deleted while {what} in use"));
            (
                format!("`{}` is left to a StackSet, while a stack that `deploy.sh` made has its names", stack.name),
                format!("before the StackSet is deployed, import that stack into it{instead}"),
            )
        } else {
            let help = stays.map(|what| {
                format!("leave it to the StackSet: its stack in this account cannot be deleted while {what} in use")
            });
            (
                format!("`{}` is no longer left to a StackSet, while the stack of that has its names", stack.name),
                help.unwrap_or("before `deploy.sh` runs, delete the StackSet's stack in this account".to_owned()),
            )
        };
        Some(Finding::new(Rule::DiffHandedOver, message).at(Place::whole(&stack.source)).help(help))
    };
    let by_hand: BTreeSet<&str> =
        old.resources().filter_map(|(.., role)| notebook_name(existing_notebook(role)?)).collect();
    let notebooks = new.resources().filter(|(.., one)| type_of(one) == NOTEBOOK_TYPE);
    let notebooks = notebooks.filter_map(|(stack, id, one)| Some((stack, id, notebook_name(one)?)));
    let notebooks = notebooks.filter(|(.., name)| by_hand.contains(name)).map(|(stack, id, name)| {
        let message =
            format!("`{name}` was made by hand, and a stack is to make it: CloudFormation fails while it is there");
        let help =
            "save what is on it, and delete it before `deploy.sh` runs; or keep it: `existing: true` in the roster";
        Finding::new(Rule::DiffHandedOver, message).at(place(stack, id)).help(help)
    });
    new.stacks.iter().filter_map(finding).chain(notebooks).collect()
}

fn notebook_name(notebook: &Value) -> Option<&str> {
    property(notebook, "NotebookInstanceName")?.as_str()
}

/// Where each fixed name of an account is. Names that only CloudFormation knows are left out.
fn named_resources(account: &AccountFolder) -> BTreeMap<(&str, Vec<String>), ResourceLocation<'_>> {
    let mut named_resources = BTreeMap::new();
    for (stack, id, resource) in account.resources() {
        let literal = replacement(type_of(resource))
            .is_some_and(|facts| facts.name.iter().all(|name| property(resource, name).is_some_and(Value::is_string)));
        if let Some(name) = fixed_name(resource).filter(|_| literal) {
            named_resources.insert((type_of(resource), unique(type_of(resource), &name)), (stack, id.as_str()));
        }
    }
    named_resources
}
