//! Placement: which user is in which users stack.

use crate::facts::limits;
use crate::model::User;

/// What a users stack has room for.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// Bytes for users: the template's limit less what the template has without any.
    pub bytes: usize,
    /// Resources for users: the limit less what the template has without any.
    pub resources: usize,
}

/// Of what a stack has room for, the share that placement fills. The rest is head-room for edits, such as a longer
/// tag, so that a later edit rarely overflows a stack.
const FILL_PERCENT: usize = 85;

/// Places users, in their order, into stacks. `size` tells a user's bytes and resources in the template. A user who
/// alone is too large still gets a stack: the check of limits says so with the figures.
pub fn place(users: &[User], capacity: Capacity, size: impl Fn(&User) -> Capacity) -> Vec<Vec<&User>> {
    let most_bytes = capacity.bytes * FILL_PERCENT / 100;
    let most_resources = capacity.resources.min(limits::TEMPLATE_RESOURCES) * FILL_PERCENT / 100;
    let mut stacks: Vec<Vec<&User>> = Vec::new();
    let (mut bytes, mut resources) = (0, 0);
    for user in users {
        let own = size(user);
        let full = bytes + own.bytes > most_bytes || resources + own.resources > most_resources;
        if stacks.is_empty() || full {
            stacks.push(Vec::new());
            (bytes, resources) = (0, 0);
        }
        if let Some(stack) = stacks.last_mut() {
            stack.push(user);
        }
        bytes += own.bytes;
        resources += own.resources;
    }
    stacks
}
