//! Where an organisation demands a permissions boundary for all roles, denials are the notebooks' net: they hold what the
//! boundary of racestack holds, statement by statement.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use crate::common::{Workspace, in_short, is_slow, json, resources};
use racestack::cli::Outcome;
use serde_json::{Value, json};

const ROSTER: &[u8] = b"name,state,notebook,team\nbob,,,red\nbobby,,,\neve,suspended,,red\n";
const KEY: &str = "\"arn:aws:kms:ap-northeast-1:111122223333:key/11111111-2222-3333-4444-555555555555\"";
/// The denials: their logical IDs, and their templates.
const DENIALS: [(&str, &str); 2] = [
    ("NotebookGuardrailsPolicy", "templates/policies/notebook/guardrails.json.hbs"),
    ("NotebookOtherActionsPolicy", "templates/policies/notebook/other-actions.json.hbs"),
];

/// An account in which everything is set that the denials name, and whose boundary says this.
fn workspace(boundary: &Value, more: &str) -> Workspace {
    workspace_of(ROSTER, boundary, more)
}

/// The same for these people.
fn workspace_of(roster: &[u8], boundary: &Value, more: &str) -> Workspace {
    let settings = format!(
        "deploy: {{template_bucket: mycompany-templates}}\npermissions_boundary: company/Boundary\nmfa: optional\n\
         bucket: {{kms_key: {KEY}, shared_folders: [materials], team_folders: true}}\n\
         notebooks: {{kms_key: {KEY}, subnet_id: subnet-0123456789abcdef0, security_group_ids: [sg-0123456789abcdef0]}}\n{more}"
    );
    let workspace = Workspace::new(&settings, "roster.csv", roster);
    workspace.write("config/policies/Boundary.json", boundary.to_string().as_bytes());
    workspace
}

fn everything() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}

/// What synth says with this document in the place of one of the denials.
#[track_caller]
fn with_denials(template: &str, document: &Value) -> Outcome {
    // Somebody with a team and somebody without: of few, the proof is quick.
    let workspace = workspace_of(b"name,team\nbob,red\nann,\n", &everything(), "");
    workspace.write(&format!("config/{template}"), document.to_string().as_bytes());
    workspace.synth(&[])
}

#[test]
fn every_role_has_the_companys_boundary_and_every_notebook_the_denials() {
    let rotation = "access_keys: {notify: admins@example.com}\n";
    let files = workspace(&everything(), rotation).synthesised();
    let boundary = json!("arn:aws:iam::111122223333:policy/company/Boundary");
    let denials = ["notebook-guardrails", "notebook-other-actions"]
        .map(|name| json!(format!("arn:aws:iam::111122223333:policy/deepracer/mycompany-deepracer-{name}")));
    let mut roles = 0;
    for file in ["service-roles.yaml", "operations.yaml", "users-001.yaml"] {
        for (id, resource) in resources(&files[file]) {
            let resource = json(&resource);
            let properties = &resource["Properties"];
            match resource["Type"].as_str().unwrap() {
                "AWS::IAM::Role" => {
                    roles += 1;
                    assert_eq!(properties["PermissionsBoundary"], boundary, "{file} {id}");
                    let policies = properties["ManagedPolicyArns"].as_array().cloned().unwrap_or_default();
                    let has_them = denials.iter().filter(|one| policies.contains(one)).count();
                    assert_eq!(has_them, if id.ends_with("NotebookRole") { 2 } else { 0 }, "{file} {id}");
                }
                "AWS::IAM::User" => assert_ne!(properties["PermissionsBoundary"], boundary, "{file} {id}"),
                _ => {}
            }
        }
    }
    assert_eq!(roles, 3 + 3 + 1);
}

/// Of the denials, in short, one of so many is looked at.
const EVERY: usize = 3;

#[test]
fn each_of_the_denials_is_missed() {
    let files = workspace_of(b"name,team\nbob,red\nann,\n", &everything(), "").synthesised();
    let resources = resources(&files["access.yaml"]);
    let mut tried = 0;
    for (id, template) in DENIALS {
        let written = json(&resources[id])["Properties"]["PolicyDocument"].clone();
        let intact = with_denials(template, &written);
        assert_eq!((intact.code, intact.stderr.contains("isolation::")), (0, false), "{}", intact.stderr);
        let all = written["Statement"].as_array().unwrap().iter().enumerate();
        for (index, statement) in in_short(all, EVERY) {
            // Without the tag, the denial that compares the role's name with it holds: an inverted operator matches what has
            // no value.
            if statement["Sid"] == "DenyWithoutTag" {
                continue;
            }
            let mut holed = written.clone();
            let hole = holed["Statement"][index].as_object_mut().unwrap();
            hole.shift_remove("NotAction");
            hole.insert("Action".to_owned(), json!("nothing:AtAll"));
            let outcome = with_denials(template, &holed);
            let net = ["the guardrails alone would let a notebook", "the guardrails would let a notebook"];
            let found = outcome
                .stderr
                .lines()
                .any(|line| line.starts_with("error[isolation::too-wide]") && net.iter().any(|net| line.contains(net)));
            assert!(found, "{} is not missed: {}", statement["Sid"], outcome.stderr);
            tried += 1;
        }
    }
    assert!(tried * if is_slow() { 1 } else { EVERY } >= 25, "{tried}");
}

#[test]
fn notebooks_without_the_denials_are_found() {
    let workspace = workspace(&everything(), "");
    let users =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/stacks/users.yaml.hbs")).unwrap();
    let line = "{{#each @root.names.notebook_denial_arns}}";
    assert!(users.contains(line));
    let one = users.replace(line, "{{#each @root.names.extra_notebook_policies}}");
    workspace.write("config/templates/stacks/users.yaml.hbs", one.as_bytes());
    let outcome = workspace.synth(&[]);
    assert_eq!(outcome.code, 1);
    let told = "a notebook does not have the policies `mycompany-deepracer-notebook-guardrails` and";
    assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
}

#[test]
fn notebooks_of_some_people_without_the_denials_are_found() {
    let users =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/stacks/users.yaml.hbs")).unwrap();
    let list = "        {{#each @root.names.notebook_denial_arns}}\n        - {{this}}\n        {{/each}}\n";
    assert!(users.contains(list));
    // Whoever's notebooks are looked at first, those of the others are, too.
    for some in ["if", "unless"] {
        let workspace = workspace_of(b"name,console\nbob,true\nann,false\n", &everything(), "");
        let of_some =
            users.replace(list, &format!("        {{{{#{some} password}}}}\n{list}        {{{{/{some}}}}}\n"));
        workspace.write("config/templates/stacks/users.yaml.hbs", of_some.as_bytes());
        let outcome = workspace.synth(&[]);
        let told = "a notebook does not have the policies `mycompany-deepracer-notebook-guardrails` and";
        assert!(outcome.code == 1 && outcome.stderr.contains(told), "{some}: {}", outcome.stderr);
    }
}
