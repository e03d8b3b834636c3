//! Placement: which user is in which users stack. Who has a stack keeps it, whoever joins or leaves.

use crate::facts::limits;
use crate::model::{Account, LockEntry, PlacementLock, StackNumber, User};

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
    pub lock: PlacementLock,
}

/// New users fill a stack up to this share of what it has room for. The rest is head-room for edits, such as a longer
/// tag, so that a later edit rarely overflows a stack.
const FILL_PERCENT: usize = 88;

/// Of the room that a stack has at the beginning of a run, up to this share of its limit, a run fills half. So two
/// branches that each fill the same stack can be merged. Who leaves in this very run still takes room in that: the other
/// branch may keep them.
const SHARED_PERCENT: usize = 95;

/// Places the users of an account: those of the lock where the lock has them, new ones in the first stack with room.
/// Who left and returns comes back to the old stack if there is any room at all; what was there is deleted, so going
/// elsewhere moves nothing.
/// `room` is what an empty users stack has room for; `size` tells what a user takes, and may exceed it a little.
pub fn place(account: &Account, room: Size, size: impl Fn(&User) -> Size) -> Placement<'_> {
    let mut stacks: Vec<Vec<&User>> = vec![Vec::new(); usize::from(account.lock.stacks)];
    let (mut returning, mut new) = (Vec::new(), Vec::new());
    let index_of = |user: &User| user.stack.map(|number| usize::from(number).wrapping_sub(1));
    let left = |user: &User| account.lock.entries.get(&user.name).is_some_and(|entry| entry.left);
    for user in &account.users {
        match index_of(user).and_then(|index| stacks.get_mut(index)) {
            Some(_) if left(user) => returning.push(user),
            Some(stack) => stack.push(user),
            None => new.push(user),
        }
    }
    // Those who return come first, so that nobody new takes the hole that they left.
    let new: Vec<(&User, Size)> = returning.into_iter().chain(new).map(|user| (user, size(user))).collect();
    if !new.is_empty() {
        // With nothing deployed yet there is no other branch to leave room for.
        let first_run = !account.lock_exists;
        let leaving = leaving(account, stacks.len());
        let sizes: Vec<Vec<Size>> = stacks.iter().map(|users| users.iter().map(|user| size(user)).collect()).collect();
        let largest = sizes.iter().flatten().chain(new.iter().map(|(_, own)| own)).copied();
        let largest = largest.reduce(Size::max).unwrap_or_default();
        let mut levels: Vec<StackUsage> =
            sizes.iter().zip(leaving).map(|(users, leaving)| StackUsage::of(users, leaving, largest)).collect();
        for (user, own) in new {
            let has_room = |level: &StackUsage| (level.now + own).max(room) == room;
            let old = index_of(user).filter(|index| levels.get(*index).is_some_and(has_room));
            let first = || levels.iter().position(|level| level.takes(own, room, first_run));
            let index = old.or_else(first).unwrap_or_else(|| {
                levels.push(StackUsage::default());
                stacks.push(Vec::new());
                levels.len() - 1
            });
            levels[index].now = levels[index].now + own;
            stacks[index].push(user);
        }
        for users in &mut stacks {
            users.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }
    let lock = lock_of(account, &stacks);
    Placement { stacks, lock }
}

/// How many leave each stack in this run.
fn leaving(account: &Account, stacks: usize) -> Vec<usize> {
    let mut leaving = vec![0; stacks];
    for (name, entry) in account.lock.entries.iter().filter(|(_, entry)| !entry.left) {
        let gone = account.user(name.as_str()).is_none();
        if let Some(count) = leaving.get_mut(usize::from(entry.stack).wrapping_sub(1)).filter(|_| gone) {
            *count += 1;
        }
    }
    leaving
}

/// How full a stack is. Two branches may each add people to it before they are merged, and each knows of its own alone: so what one
/// run adds must fit twice.
#[derive(Default)]
struct StackUsage {
    /// At the beginning of the run, with those who leave: the other branch may keep them.
    shared: Size,
    /// At the beginning of the run, without them.
    before: Size,
    /// By now.
    now: Size,
}

impl StackUsage {
    /// Those who leave are reckoned as large as the largest who stays, in the stack or, if nobody does, anywhere: nothing
    /// says any more how large they were.
    fn of(users: &[Size], leaving: usize, largest_anywhere: Size) -> Self {
        let before = users.iter().fold(Size::default(), |sum, size| sum + *size);
        let largest = users.iter().copied().reduce(Size::max).unwrap_or(largest_anywhere);
        let shared = (0..leaving).fold(before, |sum, _| sum + largest);
        Self { shared, before, now: before }
    }

    /// Whether somebody new fits: up to `FILL_PERCENT` of the room, and what the run added with them up to half of what
    /// was free, as `SHARED_PERCENT` says.
    /// Half of the free room may be less than one person takes. So the first whom a run adds may take more of it, if it has room for
    /// two such people: the other branch adds one like them at most by the same rule.
    fn takes(&self, own: Size, room: Size, first_run: bool) -> bool {
        let after = self.now + own;
        let is_first = self.now == self.before;
        let fits = |part: fn(&Size) -> usize| {
            let [shared, before, after, room] = [self.shared, self.before, after, room].map(|size| part(&size));
            let added = after - before;
            let half = (room * SHARED_PERCENT / 100).saturating_sub(shared) / 2;
            let fits_twice = is_first && shared + 2 * added <= room;
            after <= room * FILL_PERCENT / 100 && (first_run || added <= half || fits_twice)
        };
        fits(|size| size.bytes) && fits(|size| size.resources) && fits(|size| size.references)
    }
}

impl Size {
    fn with(self, other: Self, of: impl Fn(usize, usize) -> usize) -> Self {
        Self {
            bytes: of(self.bytes, other.bytes),
            resources: of(self.resources, other.resources),
            references: of(self.references, other.references),
        }
    }

    fn max(self, other: Self) -> Self {
        self.with(other, usize::max)
    }
}

impl std::ops::Add for Size {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }
}

/// The limits of a template less what it has without any user.
pub fn capacity(template_bytes: usize, empty: Size) -> Size {
    Size {
        bytes: template_bytes.saturating_sub(empty.bytes),
        resources: limits::TEMPLATE_RESOURCES.saturating_sub(empty.resources),
        references: limits::TEMPLATE_DYNAMIC_REFERENCES.saturating_sub(empty.references),
    }
}

fn lock_of(account: &Account, stacks: &[Vec<&User>]) -> PlacementLock {
    let mut lock = account.lock.clone();
    lock.stacks = StackNumber::try_from(stacks.len()).unwrap_or(StackNumber::MAX);
    for entry in lock.entries.values_mut() {
        entry.left = true;
        entry.email = None;
    }
    for (index, users) in stacks.iter().enumerate() {
        for user in users {
            // Who gives a notebook up keeps its name: the next one would be made before this one is deleted.
            let former = account.lock.entries.get(&user.name).and_then(|entry| entry.notebook.clone());
            let entry = LockEntry {
                left: false,
                stack: StackNumber::try_from(index + 1).unwrap_or(StackNumber::MAX),
                logical_id: user.logical_id.clone(),
                gave_up: user.notebook.is_none() && former.is_some(),
                notebook: user.notebook.as_ref().map(|notebook| notebook.name.clone()).or(former),
                email: user.email.clone(),
            };
            lock.entries.insert(user.name.clone(), entry);
        }
    }
    lock
}
