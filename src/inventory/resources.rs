//! What policies are about besides principals: notebooks, and log groups.

use super::model::{LogGroup, Notebook};
use super::reader::Reader;
use super::return_values::ReturnValues;
use super::template::{Resource, existing_notebook};

/// Takes in a resource, if it is one, or is the role of one that no stack has.
pub fn read<'a>(values: &ReturnValues<'a>, resource: &Resource<'a>, reader: &mut Reader<'a, '_>) {
    let physical = values.physical(resource.logical_id);
    let name = || physical.name.clone();
    let location = resource.location("");
    match resource.kind {
        "AWS::SageMaker::NotebookInstance" => {
            let role_arn = resource.property("RoleArn").and_then(|role| values.text(role));
            if role_arn.is_none() {
                let role =
                    resource.property("RoleArn").map_or_else(|| "missing".to_owned(), |role| format!("`{role}`"));
                let message = format!("`RoleArn` of a notebook is {role}, and leads to no role of its stack");
                reader.doubt(message, resource.location("Properties/RoleArn"));
            }
            reader.inventory.notebooks.push(Notebook { name: name(), location, role_arn, tags: values.tags(resource) });
        }
        "AWS::IAM::Role" => {
            let Some(value) = existing_notebook(resource.value) else { return };
            let notebook = Resource { value, ..*resource };
            let text = |key: &str| notebook.property(key).map(|value| values.text_or_reference(value));
            reader.inventory.notebooks.push(Notebook {
                name: text("NotebookInstanceName").unwrap_or_default(),
                location,
                role_arn: Some(physical.arn.clone()),
                tags: values.tags(&notebook),
            });
        }
        "AWS::Logs::LogGroup" => {
            reader.inventory.log_groups.push(LogGroup { name: name(), tags: values.tags(resource) });
        }
        _ => {}
    }
}
