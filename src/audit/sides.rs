//! What an audit compares: an account as it is, and as its out folder says.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::account::{Export, LiveNotebook};
use crate::diff::Stack;
use crate::inventory::{self, Documents, IamInventory, existing_notebook};
use crate::plan::AccountPlan;
use crate::source::Place;

/// A resource of a template.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    pub stack: &'a Stack,
    pub properties: &'a Value,
}

/// An account as it is, and as its out folder says.
pub struct Sides<'a> {
    /// The configuration.
    pub plan: &'a AccountPlan<'a>,
    /// The account as it is.
    pub export: &'a Export,
    pub live: IamInventory<'a>,
    /// The IAM of the out folder's templates.
    pub declared: IamInventory<'a>,
    /// The stacks of the out folder.
    pub stacks: &'a [Stack],
    /// The notebooks of the out folder, by name.
    pub notebooks: BTreeMap<&'a str, Declared<'a>>,
    /// The ARNs of the account's users, by name.
    pub users: BTreeMap<String, String>,
    /// The people by the names of the notebooks that are theirs, by the roster or the lock.
    owners: BTreeMap<&'a str, &'a str>,
    /// The notebooks of the account, by name.
    live_notebooks: BTreeMap<&'a str, &'a LiveNotebook>,
}

impl<'a> Sides<'a> {
    /// Both sides. `stacks` are those of the out folder.
    pub fn of(plan: &'a AccountPlan<'a>, export: &'a Export, stacks: &'a [Stack]) -> Self {
        let names = &plan.names;
        let account = inventory::Account { id: &names.account_id, region: &names.region, partition: &names.partition };
        let mut documents = Documents::default();
        let live = export.inventory(&mut documents);
        let templates: Vec<inventory::Stack<'_>> = stacks
            .iter()
            .map(|stack| {
                let resources = stack.template.get("Resources").unwrap_or(&Value::Null);
                inventory::Stack { account, resources, only: None }
            })
            .collect();
        let declared = IamInventory::of(&templates, &mut documents);
        let notebooks = of_type(stacks, "AWS::SageMaker::NotebookInstance")
            .filter_map(|one| Some((one.properties.get("NotebookInstanceName")?.as_str()?, one)));
        let of_lock = plan.account.lock.entries.iter();
        let of_lock = of_lock.filter_map(|(name, entry)| Some((entry.notebook.as_ref()?.as_str(), name.as_str())));
        let of_roster = plan.account.users.iter();
        let of_roster = of_roster.filter_map(|user| Some((user.notebook.as_ref()?.name.as_str(), user.name.as_str())));
        let users = export.identities.users.iter().map(|user| (user.user_name.clone(), user.arn.clone()));
        Self {
            users: users.collect(),
            plan,
            export,
            live,
            declared,
            stacks,
            notebooks: notebooks.collect(),
            owners: of_lock.chain(of_roster).collect(),
            live_notebooks: export.notebooks.iter().map(|one| (one.name.as_str(), one)).collect(),
        }
    }

    /// Whose a notebook is, by the roster or the lock.
    pub fn owner_of_notebook(&self, name: &str) -> Option<&'a str> {
        self.owners.get(name).copied()
    }

    /// A notebook of the account.
    pub fn live_notebook(&self, name: &str) -> Option<&'a LiveNotebook> {
        self.live_notebooks.get(name).copied()
    }

    /// Where the export tells of a notebook.
    pub fn place_of_notebook(&self, name: &str) -> Place {
        self.live_notebook(name).map_or_else(|| self.export.credentials_place(), LiveNotebook::place)
    }

    /// The resources of a type in the out folder.
    pub fn declared_of_type(&self, kind: &'a str) -> impl Iterator<Item = Declared<'a>> + use<'a> {
        of_type(self.stacks, kind)
    }
}

fn of_type<'a>(stacks: &'a [Stack], kind: &'a str) -> impl Iterator<Item = Declared<'a>> + use<'a> {
    let resources = stacks.iter().flat_map(|stack| {
        let all = stack.template.get("Resources").and_then(Value::as_object);
        let own_and_beside = |resource| [Some(resource), existing_notebook(resource)].into_iter().flatten();
        all.into_iter().flatten().flat_map(move |(_, one)| own_and_beside(one)).map(move |resource| (stack, resource))
    });
    let of_type = resources.filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(kind));
    of_type.filter_map(|(stack, resource)| Some(Declared { stack, properties: resource.get("Properties")? }))
}
