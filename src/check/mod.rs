//! Checks on parsed templates.
