//! Checks on parsed templates.

pub mod guard;
pub mod long_form;
pub mod outline;
