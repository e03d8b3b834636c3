//! Placement: which user is in which users stack. Who has a stack keeps it, whoever joins or leaves.

use crate::facts::limits;
use crate::model::{Account, Lock, LockEntry, Notebook, StackNumber, User};

/// What something takes of a users stack, or what a users stack has room for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Bytes of the template.
    pub bytes: usize,
    /// Resources of the template.
    pub resources: usize,
    /// Dynamic references of the template.
    pub references: usize,
}

/// Where everyone is.
#[derive(Debug)]
pub struct Placement<'a> {
    /// The users of each stack, by name; the first is `users-001`.
    pub stacks: Vec<Vec<&'a User>>,
    /// The lock that says so.
    pub lock: Lock,
}

/// New users fill a stack up to this share of what it has room for. The rest is head-room for edits, such as a longer
/// tag, so that a later edit rarely overflows a stack.
const FILL_PERCENT: usize = 85;

/// Of the room that a stack has at the beginning of a run, up to this share of its limit, a run fills half. So two
/// branches that each fill the same stack can be merged.
const SHARED_PERCENT: usize = 95;

/// Places the users of an account: those of the lock where the lock has them, new ones in the first stack with room.
/// `room` is what an empty users stack has room for; `size` tells what a user takes, and may exceed it a little.
pub fn place(account: &Account, room: Size, size: impl Fn(&User) -> Size) -> Placement<'_> {
    let mut stacks: Vec<Vec<&User>> = vec![Vec::new(); usize::from(account.lock.stacks)];
    let mut new = Vec::new();
    for user in &account.users {
        match user.stack.and_then(|number| stacks.get_mut(usize::from(number).wrapping_sub(1))) {
            Some(stack) => stack.push(user),
            None => new.push(user),
        }
    }
    if !new.is_empty() {
        // With nothing deployed yet there is no other branch to leave room for.
        let first_run = !account.lock_exists;
        let mut levels: Vec<Level> = stacks
            .iter()
            .map(|users| Level::of(users.iter().fold(Size::default(), |sum, user| sum + size(user))))
            .collect();
        for user in new {
            let own = size(user);
            let index = levels.iter().position(|level| level.takes(own, room, first_run)).unwrap_or_else(|| {
                levels.push(Level::of(Size::default()));
                stacks.push(Vec::new());
                levels.len() - 1
            });
            levels[index].add(own);
            stacks[index].push(user);
        }
        for users in &mut stacks {
            users.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }
    let lock = lock_of(account, &stacks);
    Placement { stacks, lock }
}

/// How full a stack is: at the beginning of the run, and by now.
struct Level {
    before: Size,
    now: Size,
}

impl Level {
    fn of(before: Size) -> Self {
        Self { before, now: before }
    }

    fn add(&mut self, own: Size) {
        self.now = self.now + own;
    }

    fn takes(&self, own: Size, room: Size, first_run: bool) -> bool {
        let after = self.now + own;
        let fits = |before: usize, after: usize, room: usize| {
            let shared = before + (room * SHARED_PERCENT / 100).saturating_sub(before) / 2;
            // The hole that one user left always takes one: twice a user is far less than the head-room.
            let alone = self.now == self.before;
            after <= room * FILL_PERCENT / 100 && (first_run || alone || after <= shared)
        };
        fits(self.before.bytes, after.bytes, room.bytes)
            && fits(self.before.resources, after.resources, room.resources)
            && (after.references == 0 || fits(self.before.references, after.references, room.references))
    }
}

impl std::ops::Add for Size {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            bytes: self.bytes + other.bytes,
            resources: self.resources + other.resources,
            references: self.references + other.references,
        }
    }
}

/// The limits of a template less what it has without any user.
pub fn room(template_bytes: usize, empty: Size) -> Size {
    Size {
        bytes: template_bytes.saturating_sub(empty.bytes),
        resources: limits::TEMPLATE_RESOURCES.saturating_sub(empty.resources),
        references: limits::TEMPLATE_DYNAMIC_REFERENCES.saturating_sub(empty.references),
    }
}

fn lock_of(account: &Account, stacks: &[Vec<&User>]) -> Lock {
    let mut lock = account.lock.clone();
    lock.stacks = StackNumber::try_from(stacks.len()).unwrap_or(StackNumber::MAX);
    for entry in lock.entries.values_mut() {
        entry.left = true;
        entry.email = None;
    }
    for (index, users) in stacks.iter().enumerate() {
        for user in users {
            let entry = LockEntry {
                left: false,
                stack: StackNumber::try_from(index + 1).unwrap_or(StackNumber::MAX),
                logical_id: user.logical_id.clone(),
                notebook: user.notebook.as_ref().map(notebook_name),
                email: user.email.clone(),
            };
            lock.entries.insert(user.name.clone(), entry);
        }
    }
    lock
}

fn notebook_name(notebook: &Notebook) -> crate::model::NotebookName {
    notebook.name.clone()
}
