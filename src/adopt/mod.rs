//! An account that was made by hand, or a person of it, turned into a configuration and an import for CloudFormation. Nothing
//! is asked of AWS: it goes by an export, as the audit does. See docs/adopt.md.

mod import;
mod live;
mod people;
mod settings;

pub use import::import;
pub use people::roster;
pub use settings::settings;
