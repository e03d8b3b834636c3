//! Words of the settings: each is one of several.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::finding::{Rule, Severity};

/// Which policies the people and the service roles get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// What the documents let people do to their own things, and everything else closed.
    #[default]
    Hardened,
    /// The documents' policies, statement for statement, with their known weaknesses.
    Documented,
}

impl Profile {
    /// The word in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Profile::Hardened => "hardened",
            Profile::Documented => "documented",
        }
    }

    /// The severity of what a rule finds with the policies of this profile: that the documented ones fall short of isolation is a
    /// warning. They know people by their tags, too.
    pub fn severity_of(self, rule: Rule) -> Severity {
        let of_isolation = [Rule::IsolationTooWide, Rule::IsolationOwnRefused, Rule::IsolationUndecided];
        let is_weak = self == Profile::Documented && of_isolation.contains(&rule);
        if is_weak { Severity::Warning } else { rule.info().severity }
    }
}

/// A language that racers read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
    /// Korean.
    Ko,
}

impl Language {
    /// The word in the settings: the language's ISO 639-1 code.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Ja => "ja",
            Language::Ko => "ko",
        }
    }
}

/// What a second factor (MFA) is to the people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mfa {
    /// Without it, people can set it up and change their password, and nothing else.
    Required,
    /// People can set it up.
    Optional,
    /// People cannot set it up themselves.
    Off,
}

/// A service that acts in the account with a role of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// AWS DeepRacer.
    Deepracer,
    /// AWS Lambda, which runs reward functions.
    Lambda,
    /// Amazon SageMaker, which trains models.
    Sagemaker,
    /// AWS RoboMaker, which rendered the simulation.
    Robomaker,
    /// AWS CloudFormation, which creates training jobs.
    Cloudformation,
}

/// What a stack of an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The bucket and its policy.
    Storage,
    /// The group, the policies, the guardrails and the permissions boundaries.
    Access,
    /// The lifecycle configuration of the notebooks.
    Notebooks,
    /// The roles of the services that exist.
    ServiceRoles,
    /// The rotation of access keys, and budgets.
    Operations,
    /// Users, their notebook roles and their notebooks; counted from 1. No StackSet deploys them: each account has its own.
    #[serde(skip)]
    #[value(skip)]
    Users(u16),
    /// The roles of retired services. Last, so that a principal that IAM refuses stops nothing else.
    RetiredRoles,
}
