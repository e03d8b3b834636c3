//! The command line: arguments in, texts and an exit code out. Nothing here prints.

mod access;
mod adopt;
mod args;
mod audit;
mod built_in;
mod diff;
mod explain;
mod handout;
mod hint;
mod init;
mod limits;
mod offboard;
mod report;
mod sources;
mod summary;
mod synth;

pub use args::Args;
use args::{Command, SchemaKind};
use clap::CommandFactory;
pub use hint::with_hint;

use crate::config;
use crate::finding::{Finding, any_error, cap, sort};
use crate::report::{Format, render};
use crate::synthesis::Failure;
pub use crate::synthesis::Progress;

/// The folder that the stacks are written into, unless another is named.
const DEFAULT_OUT: &str = "out";

/// The folder of the settings and rosters, unless another is named.
const DEFAULT_CONFIG: &str = "config";

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

/// What came of a command.
#[derive(Default)]
struct Reply {
    findings: Vec<Finding>,
    /// What it prints for people.
    stdout: String,
    /// What people should know besides.
    note: String,
    /// Whether the exit code is 1 without any finding.
    failed: bool,
}

impl From<String> for Reply {
    fn from(stdout: String) -> Self {
        Self { stdout, ..Self::default() }
    }
}

impl Reply {
    /// Reports the findings, in order, what several accounts have in common once: to standard error for people, to standard
    /// output for machines.
    fn outcome(mut self, format: Format, colour: bool) -> Outcome {
        sort(&mut self.findings);
        self.findings.dedup();
        let code = u8::from(self.failed || any_error(&self.findings));
        cap(&mut self.findings);
        let text = render(format, &self.findings, colour);
        if format == Format::Human {
            return Outcome { stdout: self.stdout, stderr: text + &self.note, code };
        }
        Outcome { stdout: text, stderr: String::new(), code }
    }
}

/// Runs a command. `colour` says whether standard error is a terminal that shows colours.
pub fn run(args: &Args, colour: bool, watch: &Progress<'_>) -> Outcome {
    let format = match &args.command {
        Command::Synth(synth) => synth.format,
        Command::Adopt(adopt) if !adopt.script => adopt.format,
        Command::Audit(audit) if !audit.script => audit.format,
        _ => Format::Human,
    };
    match reply(&args.command, watch) {
        Ok(reply) => reply.outcome(format, colour),
        Err(Failure::Findings(findings)) => Reply { findings, ..Reply::default() }.outcome(format, colour),
        Err(failure) => Outcome { stderr: format!("error: {failure}\n"), code: 2, ..Outcome::default() },
    }
}

fn reply(command: &Command, watch: &Progress<'_>) -> Result<Reply, Failure> {
    match command {
        Command::Synth(synth) => synth::run(synth, watch),
        Command::Report(report) => report::run(report, watch),
        Command::Diff(diff) => diff::run(diff, watch.notice),
        Command::Init(init) => init::run(init).map(Reply::from),
        Command::Schema { kind } => Ok(schema_of(*kind).into()),
        Command::Explain(explain) => explain::run(explain),
        Command::Adopt(adopt) => adopt::run(adopt, watch),
        Command::Audit(audit) => audit::run(audit, watch.notice),
        Command::Offboard(offboard) => offboard::run(offboard),
        Command::Handout(handout) => handout::run(handout, watch),
        Command::Access(access) => access::run(access),
        Command::Limits(limits) => limits::run(limits).map(Reply::from),
        Command::Rules(rules) => built_in::rules(rules).map(Reply::from),
        Command::Templates(templates) => built_in::templates(templates).map(Reply::from),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "racestack", &mut script);
            Ok(String::from_utf8_lossy(&script).into_owned().into())
        }
    }
}

fn schema_of(kind: SchemaKind) -> String {
    let schema = match kind {
        SchemaKind::Settings => config::company_schema(),
        SchemaKind::Account => config::account_schema(),
        SchemaKind::Roster => config::roster_schema(),
        SchemaKind::Suppressions => config::suppressions_schema(),
        SchemaKind::Diff => return format!("{:#}\n", crate::report::diff_schema()),
    };
    format!("{:#}\n", schema.for_editors())
}
