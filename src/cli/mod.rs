//! The command line: arguments in, texts and an exit code out. Nothing here prints.

mod access;
mod adopt;
mod args;
mod audit;
mod built_in;
mod diff;
mod explain;
mod handout;
mod init;
mod limits;
mod offboard;
mod report;
mod summary;
mod synth;

pub use args::Args;
use args::{Command, SchemaKind};
use clap::CommandFactory;

use crate::config;
use crate::finding::{Finding, any_error, cap, sort};
use crate::report::{Format, render};
use crate::synthesis::Failure;
pub use crate::synthesis::Progress;

/// The folder that the stacks are written into, unless another is named.
const DEFAULT_OUT: &str = "out";

/// What a command says, and how it ends.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What goes to standard output. It may hold the escape sequences of colours, which are for a terminal alone.
    pub stdout: String,
    /// What goes to standard error.
    pub stderr: String,
    /// 0 clean; 1 error findings, or something stale; 2 what could not be read or written, or a fault of our own.
    pub code: u8,
}

/// Runs a command. `colour` says whether standard error is a terminal that shows colours.
pub fn run(args: &Args, colour: bool, watch: &Progress<'_>) -> Outcome {
    let result = match &args.command {
        Command::Synth(synth) => synth::run(synth, colour, watch),
        Command::Report(report) => report::run(report, colour, watch),
        Command::Diff(diff) => diff::run(diff, colour, watch.notice),
        Command::Init(init) => init::run(init),
        Command::Schema(schema) => Ok(printed(schema_of(schema.kind))),
        Command::Explain(explain) => explain::run(explain, colour),
        Command::Adopt(adopt) => adopt::run(adopt, colour, watch),
        Command::Audit(audit) => audit::run(audit, colour, watch.notice),
        Command::Offboard(offboard) => offboard::run(offboard, colour),
        Command::Handout(handout) => handout::run(handout, colour, watch),
        Command::Access(access) => access::run(access, colour),
        Command::Limits(limits) => limits::run(limits, colour),
        Command::Rules(rules) => built_in::rules(rules),
        Command::Templates(templates) => built_in::templates(templates),
        Command::Completions(completions) => {
            let mut script = Vec::new();
            clap_complete::generate(completions.shell, &mut Args::command(), "racestack", &mut script);
            Ok(printed(String::from_utf8_lossy(&script).into_owned()))
        }
    };
    result.unwrap_or_else(|failure| Outcome { stderr: format!("error: {failure}\n"), code: 2, ..Outcome::default() })
}

fn printed(stdout: String) -> Outcome {
    Outcome { stdout, ..Outcome::default() }
}

fn schema_of(kind: SchemaKind) -> String {
    let schema = match kind {
        SchemaKind::Settings => config::company_schema(),
        SchemaKind::Account => config::account_schema(),
        SchemaKind::Roster => config::roster_schema(),
        SchemaKind::Suppressions => config::suppressions_schema(),
        SchemaKind::Diff => return format!("{:#}\n", crate::report::diff_schema()),
    };
    format!("{:#}\n", schema.to_json())
}

/// An outcome that reports `findings`, in order, what several accounts have in common once: to standard error for people, to standard output for machines.
fn outcome(format: Format, mut findings: Vec<Finding>, summary: String, colour: bool) -> Outcome {
    sort(&mut findings);
    findings.dedup();
    let code = u8::from(any_error(&findings));
    cap(&mut findings);
    let text = render(format, &findings, colour);
    match format {
        Format::Human => Outcome { stdout: summary, stderr: text, code },
        Format::Json | Format::Sarif | Format::Github | Format::Junit | Format::Markdown => {
            Outcome { stdout: text, stderr: String::new(), code }
        }
    }
}
