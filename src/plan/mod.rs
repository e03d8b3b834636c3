//! Planning: which stacks an account has, which user is in which stack, and in what order they deploy.

mod names;
mod placement;

pub use crate::model::Part;
pub use names::Names;
pub use placement::{Placement, Size, capacity, place};

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::facts::retired::retired;
use crate::inventory::{Documents, IamInventory, Stack};
use crate::model::{Account, Service, StackName, StackNumber, User, stack_word};

/// What an account's stacks are.
#[derive(Debug)]
pub struct AccountPlan<'a> {
    /// The account.
    pub account: &'a Account,
    /// The account's out folder: the path of its templates in findings.
    pub folder: PathBuf,
    /// The physical names of the account's shared resources.
    pub names: Names,
    /// Its stacks, in the order in which they are deployed.
    pub stacks: Vec<StackPlan<'a>>,
}

impl AccountPlan<'_> {
    /// What IAM stacks of the account make, by their resources.
    pub fn inventory<'v>(
        &'v self,
        stacks: impl Iterator<Item = &'v Value>,
        documents: &mut Documents,
    ) -> IamInventory<'v> {
        let tags: Vec<_> = self.account.stack_tags().map(|tag| (tag.key, tag.value)).collect();
        let stack = |resources| Stack { account: self.names.account(), resources, tags: tags.clone(), only: None };
        IamInventory::of(&stacks.map(stack).collect::<Vec<_>>(), documents)
    }
}

/// A stack.
#[derive(Debug, Clone)]
pub struct StackPlan<'a> {
    /// What it holds.
    pub part: Part,
    /// Its name.
    pub name: StackName,
    /// The users in it, by name; empty except for users stacks.
    pub users: Vec<&'a User>,
    /// Whether a StackSet deploys it, and nothing else may.
    pub by_stack_set: bool,
}

impl Part {
    /// The word in file and stack names: `users-001`.
    pub fn name(self) -> String {
        match self {
            Part::Users(number) => stack_word(number),
            other => other.kind().to_owned(),
        }
    }

    /// The name of the template that renders it: `users`.
    pub fn kind(self) -> &'static str {
        match self {
            Part::Storage => "storage",
            Part::Access => "access",
            Part::Notebooks => "notebooks",
            Part::ServiceRoles => "service-roles",
            Part::Operations => "operations",
            Part::Users(_) => "users",
            Part::RetiredRoles => "retired-roles",
        }
    }

    /// Whether the stack cannot do without `other`, which is therefore deployed before it.
    pub fn depends_on(self, other: Part) -> bool {
        match self {
            Part::Users(_) => matches!(other, Part::Storage | Part::Access | Part::Notebooks | Part::Operations),
            Part::Operations => other == Part::Access,
            Part::Storage | Part::Access | Part::Notebooks | Part::ServiceRoles | Part::RetiredRoles => false,
        }
    }
}

impl StackPlan<'_> {
    /// The file in the account's out folder.
    pub fn file(&self) -> String {
        format!("{}.yaml", self.part.name())
    }
}

/// Whether AWS has retired the service: its role is then apart, since IAM may refuse its principal.
pub fn is_retired(service: Service) -> bool {
    retired("service", service.as_str()).is_some()
}

/// The name of the account's stack that holds a part. `None` never happens: a company's name is short enough.
pub fn stack_name(account: &Account, part: Part) -> Option<StackName> {
    StackName::parse(&format!("{}-deepracer-{}", account.company, part.name())).ok()
}

/// Plans an account's stacks, to be written into `folder`, with its users placed in `groups` as `place` made them.
pub fn plan<'a>(account: &'a Account, folder: &Path, groups: Vec<Vec<&'a User>>) -> AccountPlan<'a> {
    let names = Names::of(account);
    let mut stacks = Vec::new();
    let mut add = |part: Part, users: Vec<&'a User>| {
        if let Some(name) = stack_name(account, part) {
            let by_stack_set = account.settings.deploy.stack_sets.contains(&part);
            stacks.push(StackPlan { part, name, users, by_stack_set });
        }
    };
    add(Part::Storage, Vec::new());
    add(Part::Access, Vec::new());
    add(Part::Notebooks, Vec::new());
    if account.services.keys().any(|service| !is_retired(*service)) {
        add(Part::ServiceRoles, Vec::new());
    }
    if account.settings.access_keys.is_some() || account.settings.budgets.is_some() {
        add(Part::Operations, Vec::new());
    }
    for (index, users) in groups.into_iter().enumerate() {
        add(Part::Users(StackNumber::try_from(index + 1).unwrap_or(StackNumber::MAX)), users);
    }
    if account.services.keys().any(|service| is_retired(*service)) {
        add(Part::RetiredRoles, Vec::new());
    }
    AccountPlan { account, folder: folder.to_owned(), names, stacks }
}
