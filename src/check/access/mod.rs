//! What a person may do: requests of theirs, each decided by the policies of the account. See `isolation` for the proof that
//! nobody may do more.

mod asks;
pub mod desk;
mod estate;
mod kin;
mod marks;
mod places;
mod roles;
mod ruling;
mod shapes;

pub use estate::Estate;
pub use ruling::Asker;
