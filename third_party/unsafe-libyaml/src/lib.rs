//! `libyaml-rs`, the fork of `unsafe-libyaml` that the YAML organization maintains, under the name that `cfn-guard` asks for.

pub use libyaml_rs::*;
