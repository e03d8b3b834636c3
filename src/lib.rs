//! racestack turns a roster of people and a few settings into CloudFormation stacks.
//!
//! The data flows one way, and a module imports only from those before it:
//! `source`, `finding`, `files`, `facts`, `iam` ← `inventory` ← `account` ← `config` ← `model` ← `plan` ← `render` ← `check` ← `output` ← `diff` ← `audit` ← `adopt` ← `page`, `handout` ← `synthesis`.
//! `report` stands beside that way: it knows `source`, `finding` and `diff` alone.
//! Nothing here prints or exits; `main.rs` does.

mod account;
mod adopt;
mod audit;
pub mod check;
pub mod cli;
pub mod config;
pub mod diff;
mod facts;
mod files;
pub mod finding;
mod handout;
pub mod iam;
pub mod inventory;
pub mod model;
mod output;
mod page;
pub mod plan;
pub mod render;
pub mod report;
pub mod source;
mod synthesis;
