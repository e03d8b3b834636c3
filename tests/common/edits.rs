//! Runs of synth with texts of the templates replaced.

use crate::common::Workspace;

/// Names that begin like others, that differ in what stands behind them, and a person of each form.
pub const ROSTER: &[u8] =
    b"name,state,notebook\nbob,,\nbobby,,\nbob.b@x+1,,\nBo,,false\neve,suspended,\nmallory,suspended,false\n";

/// A replacement of text in a template: the file, the text, and what stands in its place.
pub type Edit<'a> = (&'a str, &'a str, &'a str);

/// What synth reports with more settings and with these edits, finding by finding.
#[track_caller]
pub fn synth_with(more: &str, name: &str, edits: &[Edit<'_>]) -> Vec<String> {
    synth_of(ROSTER, more, name, edits)
}

/// The same for the people of a roster.
#[track_caller]
pub fn synth_of(roster: &[u8], more: &str, name: &str, edits: &[Edit<'_>]) -> Vec<String> {
    let workspace = edited(roster, more, name, edits);
    // The guard rules notice some of it, too; here they are in the way.
    workspace.write("rules/a.guard", b"rule ANY when Resources exists { Resources exists }\n");
    let rules = workspace.path("rules");
    let outcome = workspace.synth(&["--rules", rules.to_str().unwrap()]);
    outcome.stderr.split("\n\n").map(str::to_owned).collect()
}

/// A workspace with more settings, and with these edits in its templates.
#[track_caller]
pub fn edited(roster: &[u8], more: &str, name: &str, edits: &[Edit<'_>]) -> Workspace {
    let settings = format!("policies: hardened\nservices: [lambda, sagemaker]\nconsole: true\n{more}");
    let workspace = Workspace::new(&settings, "roster.csv", roster);
    let mut files: Vec<(&str, String)> = Vec::new();
    for (file, from, to) in edits {
        let embedded = format!("{}/templates/{file}", env!("CARGO_MANIFEST_DIR"));
        let index = files.iter().position(|(known, _)| known == file).unwrap_or_else(|| {
            files.push((file, std::fs::read_to_string(embedded).unwrap()));
            files.len() - 1
        });
        let (_, text) = &mut files[index];
        assert!(text.contains(from), "{name}: `{file}` has no {from}");
        *text = text.replacen(from, to, 1);
    }
    for (file, text) in files {
        workspace.write(&format!("config/templates/{file}"), text.as_bytes());
    }
    workspace
}

/// The message of a finding: what is told of it without the place.
pub fn message(finding: &str) -> &str {
    finding.lines().next().unwrap_or_default()
}
