//! What a person may do: requests of theirs, each decided by the policies of the account. See `isolation` for the proof that
//! nobody may do more.

mod account_inventory;
mod classes;
mod evaluation;
pub mod explainer;
mod placeholders;
mod places;
mod probes;
mod roles;
mod shapes;

pub use account_inventory::AccountInventory;
pub use evaluation::Asker;
