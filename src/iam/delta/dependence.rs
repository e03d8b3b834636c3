//! On which values of a condition key it depends whether sides decide otherwise.

use std::collections::BTreeSet;

use super::super::Context;
use super::axis::{Axis, Class};

/// For which values of a condition key, and whether without it, something is so.
#[derive(Debug, Clone, Copy)]
pub struct Dependence<'l> {
    pub(super) axis: &'l Axis,
    pub(super) classes: &'l BTreeSet<usize>,
}

impl<'l> Dependence<'l> {
    /// The key, in lower case.
    pub fn key(&self) -> &'l str {
        &self.axis.key
    }

    /// Whether it is so with this value of the key; with `None`, of requests without the key.
    pub fn includes(&self, value: Option<&str>) -> bool {
        self.includes_all(&value.map_or_else(Context::new, |value| Context::new().with(&self.axis.key, value)))
    }

    /// Whether it is so with what a context has of the key.
    pub fn includes_all(&self, context: &Context) -> bool {
        self.axis.class_of(context).is_some_and(|class| self.classes.contains(&class))
    }

    /// With how many of the values that were tried it is so, and how many these are; only in part where values that are alike are of a
    /// request without the key, too.
    pub fn included(&self) -> (usize, usize) {
        let has_value = |class: &Class| class.alike.iter().any(Option::is_some);
        let with_key = self.axis.classes.iter().enumerate().filter(|(_, class)| has_value(class));
        let (ours, others): (Vec<_>, Vec<_>) = with_key.partition(|(at, _)| self.classes.contains(at));
        (ours.len(), ours.len() + others.len())
    }
}
