//! What a person may do: requests of theirs, each decided by the policies of the account. See `isolation` for the proof that
//! nobody may do more.

mod evaluation;
pub mod explainer;
mod owned;
mod probes;

pub use evaluation::Asker;
