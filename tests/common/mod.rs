//! Whole runs of synth on a configuration made for one test.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

pub mod case;
pub mod edits;
pub mod export;
pub mod guard_command;
pub mod settings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::Parser;
use racestack::check::Suppressions;
use racestack::check::guard::{RuleSet, evaluate, findings};
use racestack::cli::{Args, Outcome, Progress, run};
use racestack::diff::OutFolder;
use racestack::finding::Finding;
use racestack::render::Template;
use serde_json::Value as Json;
use serde_yaml::Value as Yaml;

/// A configuration of one account, `tokyo`, and its out folder.
pub struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    /// A workspace with these settings, laid under those of the account, and this roster.
    #[track_caller]
    pub fn new(settings: &str, roster_file: &str, roster: &[u8]) -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        workspace.write("config/settings.yaml", format!("company: mycompany\n{settings}").as_bytes());
        let account = "account_id: \"111122223333\"\nregion: ap-northeast-1\nbucket: {created: \"20221130201905\"}\n";
        workspace.write("config/accounts/tokyo/settings.yaml", account.as_bytes());
        workspace.write(&format!("config/accounts/tokyo/{roster_file}"), roster);
        workspace
    }

    #[track_caller]
    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// A file or folder of the workspace.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// Another workspace with the same files.
    #[track_caller]
    pub fn copied(&self) -> Self {
        let copy = Self { folder: tempfile::tempdir().unwrap() };
        copy_folder(self.folder.path(), copy.folder.path());
        copy
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out/tokyo")
    }

    pub fn synth(&self, more: &[&str]) -> Outcome {
        let config = self.folder.path().join("config");
        let out = self.folder.path().join("out");
        racestack(&[&["synth", "--config", utf8(&config), "--out", utf8(&out)], more].concat())
    }

    /// Runs audit of `tokyo` with what stands in the folder `export`.
    pub fn audit(&self, more: &[&str]) -> Outcome {
        let paths = ["config", "out", "export"].map(|name| self.path(name));
        let [config, out, from] = paths.each_ref().map(|path| utf8(path));
        let args = ["audit", "--account", "tokyo", "--config", config, "--out", out, "--from", from];
        racestack(&[&args, more].concat())
    }

    /// Runs synth, which must succeed, and gives the files it wrote.
    #[track_caller]
    pub fn synthesised(&self) -> BTreeMap<String, String> {
        let outcome = self.synth(&[]);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        self.files()
    }

    pub fn files(&self) -> BTreeMap<String, String> {
        let entries = std::fs::read_dir(self.out()).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| {
                (utf8(Path::new(path.file_name().unwrap())).to_owned(), std::fs::read_to_string(&path).unwrap())
            })
            .collect()
    }
}

/// Whether the tests run at full length, as `make test-all` runs them.
pub fn is_slow() -> bool {
    std::env::var_os("RACESTACK_SLOW_TESTS").is_some()
}

/// Of what is tried one by one: all at full length, and in short the first of every so many.
pub fn in_short<T>(all: impl IntoIterator<Item = T>, every: usize) -> Vec<T> {
    all.into_iter().step_by(if is_slow() { 1 } else { every }).collect()
}

/// Runs racestack with these arguments.
pub fn racestack(args: &[&str]) -> Outcome {
    let args = Args::parse_from(["racestack"].iter().chain(args));
    run(&args, false, &Progress { progress: &|_, _| {}, notice: &|_| {} })
}

/// Runs git in a folder. What the machine's user has set up, such as signatures, is none of a test's business.
#[track_caller]
pub fn git(folder: &Path, args: &[&str]) -> Output {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let mut command = Command::new("git");
    command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]);
    command.arg("-C").arg(folder).args(identity).args(args).output().unwrap()
}

/// An out folder in memory: of each account the manifest and its other files; the script that deploys it gives stacks no tags, unless one
/// of these does.
#[track_caller]
pub fn out_folder(accounts: impl IntoIterator<Item = (String, Json, Vec<(String, String)>)>) -> OutFolder {
    let files = accounts.into_iter().map(|(account, manifest, files)| {
        let script = ("deploy.sh".to_owned(), "tags='[]'\n".to_owned());
        let manifest = ("manifest.json".to_owned(), manifest.to_string());
        let files = std::iter::once(script).chain(files).chain([manifest]);
        (account, files.map(|(name, text)| (name, text.into_bytes())).collect())
    });
    OutFolder::of_files("out".to_owned(), Path::new("out"), files.collect(), None).unwrap()
}

#[track_caller]
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for path in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &to);
        } else {
            std::fs::copy(&path, to).unwrap();
        }
    }
}

fn utf8(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The resources of a template, parsed.
#[track_caller]
pub fn resources(text: &str) -> BTreeMap<String, Yaml> {
    let template: Yaml = serde_yaml::from_str(text).unwrap();
    let resources = template["Resources"].as_mapping().unwrap().clone();
    resources.into_iter().map(|(id, resource)| (id.as_str().unwrap().to_owned(), resource)).collect()
}

/// What guard rules find in templates, with nothing suppressed.
pub fn guard_findings(rules: &RuleSet, templates: &[Template]) -> Vec<Finding> {
    let (outcomes, mut found) = evaluate(rules, &templates.iter().collect::<Vec<_>>());
    let outcomes: Vec<_> = templates.iter().map(|template| &template.source).zip(&outcomes).collect();
    found.extend(findings(rules, &outcomes, &Suppressions::new(Vec::new(), None)));
    found
}

/// A policy document as JSON.
#[track_caller]
pub fn json(value: &Yaml) -> Json {
    serde_json::to_value(value).unwrap()
}
