//! The shapes of an account's people.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::render::{NotebookShape, UserShape};

/// A shape of people, by its place among those of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShapeId {
    index: usize,
    pub(crate) suspended: bool,
    pub(crate) notebook: bool,
}

/// The shapes of an account's people.
pub(crate) fn shape_ids(prototypes: &BTreeMap<UserShape, Value>) -> BTreeMap<UserShape, ShapeId> {
    let id = |(index, shape): (usize, &UserShape)| {
        (
            shape.clone(),
            ShapeId { index, suspended: shape.suspended, notebook: shape.notebook != NotebookShape::Nothing },
        )
    };
    prototypes.keys().enumerate().map(id).collect()
}
