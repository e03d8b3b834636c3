//! `yaml_serde`, the fork of `serde_yaml` that the YAML organization maintains, under the name that `cfn-guard` asks for.

pub use yaml_serde::*;
