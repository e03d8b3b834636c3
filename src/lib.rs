//! racestack turns a roster of people and a few settings into CloudFormation stacks.
//!
//! The data flows one way, and a module imports only from those before it:
//! `source`, `finding`, `files`, `facts`, `iam` ← `inventory` ← `account` ← `config` ← `model` ← `plan` ← `render` ← `check` ← `output` ← `diff` ← `audit` ← `adopt` ← `page`, `handout` ← `synthesis`.
//! `report` stands beside that way: it knows `source`, `finding` and `diff` alone.
//! Nothing here prints or exits; `main.rs` does.

pub mod account;
pub mod adopt;
pub mod audit;
pub mod check;
pub mod cli;
pub mod config;
pub mod diff;
pub mod facts;
pub mod files;
pub mod finding;
pub mod handout;
pub mod iam;
pub mod inventory;
pub mod model;
pub mod output;
pub mod page;
pub mod plan;
pub mod render;
pub mod report;
pub mod source;
mod synthesis;
