//! Pull requests, with git itself: what their reviewers get to read, and that whatever git leaves of two branches, one `synth`
//! makes the out folder right.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads and writes files, and may fail")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{git, is_slow, racestack};
use racestack::cli::Outcome;

const HEADER: &str = "name,display_name,email,team,state,notebook,was\n";
const ROWS: [&str; 3] = [
    "taro,T,taro@example.com,racing,,,\n",
    "minji,M,minji@example.com,racing,,,\n",
    "alex,Alex,alex@example.com,,,,\n",
];
const ROSTER: &str = "config/accounts/tokyo/roster.csv";
const SETTINGS: &str = "config/accounts/tokyo/settings.yaml";

/// A repository as `racestack init` makes it, with three people.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new(attributes: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Self { folder };
        let root = repository.path("");
        assert_eq!(racestack(&["init", root.to_str().unwrap()]).code, 0);
        std::fs::rename(repository.path("config/accounts/example"), repository.path("config/accounts/tokyo")).unwrap();
        repository.write(ROSTER, &(HEADER.to_owned() + &ROWS.concat()));
        repository.write(SETTINGS, &repository.read(SETTINGS).replace("000000000000", "111122223333"));
        if !attributes {
            std::fs::remove_file(repository.path(".gitattributes")).unwrap();
        }
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository.commit();
        repository
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.path(path), text).unwrap();
    }

    /// Runs git, and says whether it succeeded.
    fn git(&self, arguments: &[&str]) -> bool {
        git(self.folder.path(), arguments).status.success()
    }

    /// Runs git, and gives what it prints.
    fn output(&self, arguments: &[&str]) -> String {
        let command = Command::new("git").arg("-C").arg(self.folder.path()).args(arguments).output().unwrap();
        String::from_utf8(command.stdout).unwrap()
    }

    fn synth(&self, more: &[&str]) -> Outcome {
        let (config, out) = (self.path("config"), self.path("out"));
        let mut arguments = vec!["synth", "--config", config.to_str().unwrap(), "--out", out.to_str().unwrap()];
        arguments.extend(more);
        racestack(&arguments)
    }

    #[track_caller]
    fn commit(&self) {
        let outcome = self.synth(&[]);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        assert!(self.git(&["add", "--all"]) && self.git(&["commit", "--quiet", "--message", "x"]));
    }

    /// Commits a change on a branch of its own.
    #[track_caller]
    fn branch(&self, name: &str, change: &dyn Fn(&Self)) {
        assert!(self.git(&["checkout", "--quiet", "-b", name, "main"]));
        change(self);
        self.commit();
    }

    /// Merges two branches; where the roster conflicts, the rows of both sides are kept, as a person would.
    #[track_caller]
    fn merged(&self, one: &dyn Fn(&Self), other: &dyn Fn(&Self)) {
        self.branch("one", one);
        self.branch("other", other);
        self.git(&["merge", "--quiet", "--message", "m", "one"]);
        let rows = self.read(ROSTER);
        let is_mark = |line: &&str| !["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark));
        let kept: String = rows.split_inclusive('\n').filter(is_mark).collect();
        self.write(ROSTER, &kept);
    }
}

fn edit(path: &'static str, from: &'static str, to: &'static str) -> impl Fn(&Repository) {
    move |repository| {
        let text = repository.read(path);
        assert!(text.contains(from), "{path} has no {from}");
        repository.write(path, &text.replacen(from, to, 1));
    }
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, String)> = entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// What a branch changes.
type Change = Box<dyn Fn(&Repository)>;

#[test]
fn after_a_merge_one_synth_makes_the_out_folder_right() {
    let joins = |row: &'static str| edit(ROSTER, ROWS[0], row);
    let last = |row: &'static str| edit(ROSTER, ROWS[2], row);
    let merges: Vec<(&str, Change, Change)> = vec![
        (
            "two people join, far from each other",
            Box::new(joins("hana,H,h@example.com,,,,\ntaro,T,taro@example.com,racing,,,\n")),
            Box::new(last("alex,Alex,alex@example.com,,,,\nzoe,Z,z@example.com,,,,\n")),
        ),
        (
            "two people join in one line",
            Box::new(last("alex,Alex,alex@example.com,,,,\nann,A,a@example.com,,,,\n")),
            Box::new(last("alex,Alex,alex@example.com,,,,\nzoe,Z,z@example.com,,,,\n")),
        ),
        (
            "one joins and one leaves",
            Box::new(joins("hana,H,h@example.com,,,,\ntaro,T,taro@example.com,racing,,,\n")),
            Box::new(last("")),
        ),
        ("two people leave", Box::new(joins("")), Box::new(last(""))),
        (
            "one is renamed and one is suspended",
            Box::new(joins("tarou,T,taro@example.com,racing,,,taro\n")),
            Box::new(last("alex,Alex,alex@example.com,,suspended,,\n")),
        ),
        (
            "one joins, and the policies change",
            Box::new(last("alex,Alex,alex@example.com,,,,\nzoe,Z,z@example.com,,,,\n")),
            Box::new(edit(SETTINGS, "\nbucket:", "\ntags: {CostCenter: \"4711\"}\nbucket:")),
        ),
    ];
    for (at, (name, one, other)) in merges.iter().enumerate() {
        // In short, every other merge with the attributes, and the rest without.
        for attributes in [true, false].into_iter().filter(|with| is_slow() || *with == (at % 2 == 0)) {
            let repository = Repository::new(attributes);
            if !attributes {
                // Without the attributes, the lock has the marks, too: a person keeps the lines of both sides.
                repository.write(".gitattributes", "config/accounts/*/stacks.lock merge=union\n");
                repository.commit();
            }
            repository.merged(one, other);
            let texts = files(&repository.path("out/tokyo"));
            let mut with_marks =
                texts.iter().filter(|(_, text)| text.contains("<<<<<<< ")).map(|(name, _)| name.as_str());
            let marked = with_marks.clone().next().is_some();
            let merges = |name| ["deploy.sh", "manifest.json"].contains(&name);
            assert!(!attributes || with_marks.all(merges), "{name}: git wrote its marks into a template");
            let outcome = repository.synth(&["--check", "--locked"]);
            assert_eq!(outcome.code, 1, "{name}: {}", outcome.stderr);
            assert_eq!(outcome.stderr.contains("it has a merge conflict"), marked, "{name}: {}", outcome.stderr);
            let outcome = repository.synth(&[]);
            assert_eq!(outcome.code, 0, "{name}: {}", outcome.stderr);
            assert!(repository.git(&["add", "--all"]) && repository.git(&["commit", "--quiet", "--message", "merged"]));
            assert_eq!(repository.synth(&["--check", "--locked"]).code, 0, "{name}");
            // Nothing of it hangs on the way there.
            let found = files(&repository.path("out/tokyo"));
            std::fs::remove_dir_all(repository.path("out")).unwrap();
            assert_eq!(repository.synth(&[]).code, 0, "{name}");
            assert_eq!(files(&repository.path("out/tokyo")), found, "{name}");
        }
    }
}

#[test]
fn what_two_branches_change_in_different_stacks_merges_by_itself() {
    let row = |number: usize| format!("racer{number},R,racer{number}@example.com,,,,\n");
    for other in ["one leaves", "notebooks stop sooner"] {
        let repository = Repository::new(true);
        repository.write(ROSTER, &(repository.read(ROSTER) + &(10..50).map(row).collect::<String>()));
        repository.commit();
        let changed = |branch: &str| -> BTreeSet<String> {
            let names = repository.output(&["diff", "--name-only", "main", branch, "--", "out/*.yaml"]);
            names.lines().map(str::to_owned).collect()
        };
        repository.branch("one", &edit(ROSTER, ROWS[2], "alex,Alex,alex@example.com,,,,\nzoe,Z,z@example.com,,,,\n"));
        let joined = changed("one");
        repository.branch("other", &|repository| {
            if other == "notebooks stop sooner" {
                return edit(SETTINGS, "\nbucket:", "\nnotebooks: {idle_stop_minutes: 30}\nbucket:")(repository);
            }
            let elsewhere = files(&repository.path("out/tokyo"));
            let elsewhere = elsewhere.iter().filter(|(name, _)| !joined.contains(&format!("out/tokyo/{name}")));
            let stacks: String =
                elsewhere.filter(|(name, _)| name.starts_with("users-")).map(|(_, text)| text.as_str()).collect();
            let leaver = (10..50).find(|number| stacks.contains(&format!("\n  Racer{number}User:\n"))).unwrap();
            repository.write(ROSTER, &repository.read(ROSTER).replace(&row(leaver), ""));
        });
        assert_eq!((joined.len(), changed("other").len()), (1, 1), "{other}");
        assert!(joined.is_disjoint(&changed("other")), "{other}: both change the same stack");
        assert!(repository.git(&["merge", "--quiet", "--message", "m", "one"]), "{other}: git reports a conflict");
        let outcome = repository.synth(&["--check", "--locked"]);
        assert_eq!(outcome.code, 0, "{other}: {}", outcome.stderr);
    }
}

/// The folder of the documentation's page, and the marks around the section that this test makes.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/review.md");
const BEGIN: &str = "<!-- six pull requests -->\n";
const END: &str = "<!-- end -->\n";

/// So many lines are the first screen.
const SCREEN: usize = 24;

/// So many characters of a line are shown.
const WIDTH: usize = 150;

/// The people of the account that the pull requests are about.
const PEOPLE: [&str; 10] = ["aiko", "ben", "chie", "dai", "emi", "fumi", "go", "hana", "ichiro", "jun"];

fn row(name: &str) -> String {
    format!("{name},{name}@example.com,racing,,\n")
}

/// The diff's text without its colours.
fn plain(text: &str) -> String {
    let parts = text.split('\u{1b}');
    parts
        .map(|part| part.strip_prefix('[').and_then(|part| part.split_once('m')).map_or(part, |(_, rest)| rest))
        .collect()
}

#[test]
fn the_six_pull_requests_of_the_documentation_are_what_reviewers_get() {
    let roster = format!("name,email,team,notebook.instance_type,was\n{}", PEOPLE.map(row).concat());
    let hana = row("hana");
    let rename = "hanako,hana@example.com,racing,,hana\n";
    let edits: [(&str, &str, String, String); 6] = [
        ("Somebody joins", ROSTER, row("jun"), row("jun") + &row("kei")),
        ("Somebody leaves", ROSTER, hana.clone(), String::new()),
        ("Somebody gets another name (`was`)", ROSTER, hana.clone(), rename.to_owned()),
        ("A larger notebook for one", ROSTER, hana.clone(), "hana,hana@example.com,racing,ml.t3.large,\n".to_owned()),
        (
            "The other policies for everybody",
            SETTINGS,
            "policies: hardened".to_owned(),
            "policies: documented".to_owned(),
        ),
        ("One more tag on everything", SETTINGS, "tags: {}".to_owned(), "tags: {CostCenter: \"4711\"}".to_owned()),
    ];
    let repository = Repository::new(true);
    repository.write(ROSTER, &roster);
    repository.write("config/settings.yaml", "company: mycompany\n");
    let settings = repository.read(SETTINGS);
    repository.write(SETTINGS, &(settings.clone() + "policies: hardened\ntags: {}\n"));
    let other = "config/accounts/seoul";
    std::fs::create_dir_all(repository.path(other)).unwrap();
    let of_other = settings.replace("111122223333", "444455556666").replace("20240101000000", "20230102030405");
    assert_ne!(of_other, settings);
    repository.write(&format!("{other}/settings.yaml"), &of_other);
    repository.write(&format!("{other}/roster.csv"), &format!("name\n{}", "zoe\n"));
    // The people of the example leave, and others join.
    assert_eq!(repository.synth(&["--leavers", "3"]).code, 0);
    repository.commit();
    let mut text = String::new();
    for (title, path, from, to) in edits {
        let before = repository.read(path);
        assert!(before.contains(&from), "{path} has no {from}");
        repository.write(path, &before.replacen(&from, &to, 1));
        let outcome = repository.synth(&[]);
        assert_eq!(outcome.code, 0, "{title}: {}", outcome.stderr);
        assert!(repository.git(&["add", "--all"]));
        let of_git = repository.output(&["diff", "--cached", "--no-color", "--diff-algorithm=myers"]).lines().count();
        let out = repository.path("out");
        let diff = racestack(&["diff", "--git", "HEAD", out.to_str().unwrap()]);
        assert_eq!(diff.code, 0, "{title}: {}", diff.stderr);
        let shown = plain(&diff.stdout);
        let shown = shown.replace(&format!("({}", out.display()), "(out");
        let lines: Vec<&str> = shown.lines().collect();
        let rest = if lines.len() > SCREEN { "…\n" } else { "" };
        let cut = |line: &&str| match line.char_indices().nth(WIDTH) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => (*line).to_owned(),
        };
        let screen = lines[..SCREEN.min(lines.len())].iter().map(cut).collect::<Vec<_>>().join("\n");
        let head = format!("### {title}\n\n`git diff` has {of_git} lines, `racestack diff` {}.", lines.len());
        for part in [&head, "\n\n```text\n", &screen, "\n", rest, "```\n\n"] {
            text += part;
        }
        assert!(repository.git(&["reset", "--quiet", "--hard"]));
    }
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (section, after) = rest.split_once(END).unwrap();
    if std::env::var("BLESS").is_ok() {
        std::fs::write(PAGE, [before, BEGIN, &text, END, after].concat()).unwrap();
        return;
    }
    assert_eq!(section, text, "BLESS=1 cargo test --test suite pull_requests:: rewrites the section");
}
