//! Folders that people share: read by everybody, or used by a team. What weakens their policies is found, in both directions.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use crate::common::edits::{Edit, synth_of};
use crate::common::{Workspace, in_short, json, resources};
use serde_json::Value;

/// A team, one that begins like it, and people without a team; with a notebook and without.
const ROSTER: &[u8] =
    b"name,team,state,notebook\nbob,red,,\nbobby,reds,,\nann,,,\nbo,red,,false\ncy,,,false\neve,red,suspended,\n";
const SETTINGS: &str = "bucket: {shared_folders: [materials, tracks], team_folders: true}\n";

const SHARED: &str = "policies/user/shared-folders.json.hbs";
const GUARDRAILS: &str = "policies/user/guardrails.json.hbs";
const BOUNDARY: &str = "policies/user/boundary.json.hbs";
const NOTEBOOK_BOUNDARY: &str = "policies/notebook/boundary.json.hbs";
const USERS: &str = "stacks/users.yaml.hbs";
const ACCESS: &str = "stacks/access.yaml.hbs";

/// The nets under the policies: taken away, they show what a policy alone lets through.
const NO_BOUNDARY: Edit<'static> = (USERS, "      PermissionsBoundary: {{@root.names.boundary_arn}}\n", "");
const NO_GUARDRAILS: Edit<'static> = (ACCESS, "        - !Ref GuardrailsPolicy\n", "");
const NO_NOTEBOOK_BOUNDARY: Edit<'static> =
    (USERS, "      PermissionsBoundary: {{@root.names.notebook_boundary_arn}}\n", "");
const NETS: &[Edit<'static>] = &[NO_BOUNDARY, NO_GUARDRAILS, NO_NOTEBOOK_BOUNDARY];
const NONE: &[Edit<'static>] = &[];
/// The guardrails on others' folders, without the condition that there is a team.
const NO_CONDITION: &[Edit<'static>] = &[(
    GUARDRAILS,
    "{{#if team_folders}},\n      \"Condition\": {\n        \"Null\": {\n          \"aws:PrincipalTag/team\": \"false\"\n        }\n      }{{/if}}",
    "",
)];

const TEAM_OBJECTS: &str = "{{bucket_arn}}/teams/${aws:PrincipalTag/team}/*";
const TEAM_PREFIX: &str = "\"s3:prefix\": \"teams/${aws:PrincipalTag/team}/*\"";
const SHARED_OBJECTS: &str =
    "[{{#each shared_folders}}\"{{@root.bucket_arn}}/{{this}}/*\"{{#unless @last}}, {{/unless}}{{/each}}]";
const READ: &str = "\"s3:GetObject\",\n        \"s3:GetObjectTagging\"";
const READ_IN_BOUNDARY: &str = "\"Sid\": \"ReadSharedFolders\",\n      \"Effect\": \"Allow\",\n      \"Action\": [";
/// Where the guardrails leave the folder of one's team open.
const TEAM_LEFT_OPEN: &str = "\"{{bucket_arn}}/teams/${aws:PrincipalTag/team}/*\", {{/if}}";
const TEAM_LIST_LEFT_OPEN: &str = "\"teams/${aws:PrincipalTag/team}/*\", {{/if}}";

const TOO_WIDE: &str = "error[isolation::too-wide]";
const REFUSED: &str = "error[isolation::own-refused]";
const UNDECIDED: &str = "error[isolation::undecided]";
const WRONG_TAG: &str = "error[isolation::wrong-tag]";

/// What weakens the policies: a name, the nets that are taken away first, the edit, and what a finding tells.
type Mutant = (&'static str, &'static [Edit<'static>], Edit<'static>, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const MUTANTS: &[Mutant] = &[
    // What everybody reads.
    ("shared folders are written", NETS, (SHARED, READ, "\"s3:GetObject\", \"s3:PutObject\""), TOO_WIDE, &["a person can", "s3:PutObject", "/materials/*"]),
    ("shared folders are written from notebooks", NETS, (SHARED, READ, "\"s3:GetObject\", \"s3:PutObject\""), TOO_WIDE, &["a notebook can", "s3:PutObject", "/tracks/*"]),
    ("what is in shared folders is deleted", NETS, (SHARED, READ, "\"s3:GetObject\", \"s3:DeleteObject\""), TOO_WIDE, &["s3:DeleteObject"]),
    ("tags in shared folders are set", NETS, (SHARED, READ, "\"s3:GetObject\", \"s3:PutObjectTagging\""), TOO_WIDE, &["s3:PutObjectTagging"]),
    ("a folder that begins like a shared one is read", NETS, (SHARED, SHARED_OBJECTS, "[\"{{bucket_arn}}/materials*\", \"{{bucket_arn}}/tracks/*\"]"), TOO_WIDE, &["/materials*"]),
    ("another folder is read", NETS, (SHARED, SHARED_OBJECTS, "[\"{{bucket_arn}}/materials/*\", \"{{bucket_arn}}/tracks/*\", \"{{bucket_arn}}/secret/*\"]"), TOO_WIDE, &["/secret/*"]),
    ("one of the shared folders is not read", NETS, (SHARED, SHARED_OBJECTS, "\"{{bucket_arn}}/materials/*\""), REFUSED, &["a person cannot read the shared folders", "/tracks/*"]),
    ("notebooks do not read shared folders", NONE, (USERS, "        - {{@root.names.shared_folders_policy_arn}}\n", "        - {{@root.names.notebook_policy_arn}}\n"), REFUSED, &["a notebook cannot read the shared folders"]),
    ("shared folders are not listed", NETS, (SHARED, "\"s3:ListBucket\"", "\"s3:GetBucketLocation\""), REFUSED, &["a person cannot list the shared folders"]),
    ("the root is listed beside shared folders", NETS, (SHARED, "\"s3:prefix\": [{{#each", "\"s3:prefix\": [\"\", {{#each"), TOO_WIDE, &["s3:ListBucket"]),
    ("the boundary lets shared folders be written", NONE, (BOUNDARY, READ_IN_BOUNDARY, "\"Sid\": \"ReadSharedFolders\",\n      \"Effect\": \"Allow\",\n      \"Action\": [\n        \"s3:PutObject\","), TOO_WIDE, &["the permissions boundary alone would let a person", "s3:PutObject"]),
    ("the notebooks' boundary lets shared folders be written", NONE, (NOTEBOOK_BOUNDARY, "\"s3:GetObjectTagging\"\n      ],\n      \"Resource\": [{{#each", "\"s3:PutObject\"\n      ],\n      \"Resource\": [{{#each"), TOO_WIDE, &["the permissions boundary alone would let a notebook", "s3:PutObject"]),
    ("the boundary forgets shared folders", NONE, (BOUNDARY, SHARED_OBJECTS, "\"{{bucket_arn}}/materials/*\""), REFUSED, &["a person cannot read the shared folders"]),
    ("the guardrails leave writing open", NONE, (GUARDRAILS, "\"s3:PutObject*\",\n        \"s3:RenameObject\"", "\"s3:RenameObject\""), TOO_WIDE, &["the guardrails would let a person", "s3:PutObject"]),
    ("the guardrails leave deleting open", NONE, (GUARDRAILS, "\"s3:DeleteObject*\",", ""), TOO_WIDE, &["the guardrails would let a person", "s3:DeleteObject"]),
    // The folders of teams.
    ("all teams' folders", NETS, (SHARED, TEAM_OBJECTS, "{{bucket_arn}}/teams/*"), TOO_WIDE, &["a person can", "/teams/*"]),
    ("teams that begin alike", NETS, (SHARED, TEAM_OBJECTS, "{{bucket_arn}}/teams/${aws:PrincipalTag/team}*"), TOO_WIDE, &["a person can", "/teams/TEAM*"]),
    ("teams that begin alike, from notebooks", NETS, (SHARED, TEAM_OBJECTS, "{{bucket_arn}}/teams/${aws:PrincipalTag/team}*"), TOO_WIDE, &["a notebook can", "/teams/TEAM*"]),
    ("one team by its name", NETS, (SHARED, TEAM_OBJECTS, "{{bucket_arn}}/teams/red/*"), TOO_WIDE, &["/teams/red/*"]),
    ("one team by its name is not one's own", NETS, (SHARED, TEAM_OBJECTS, "{{bucket_arn}}/teams/red/*"), REFUSED, &["in the folder of their team"]),
    ("the folder of a team outside of `teams`", NETS, (SHARED, TEAM_OBJECTS, "{{bucket_arn}}/${aws:PrincipalTag/team}/*"), TOO_WIDE, &["/TEAM/*"]),
    ("lists of teams that begin alike", NETS, (SHARED, TEAM_PREFIX, "\"s3:prefix\": \"teams/${aws:PrincipalTag/team}*\""), TOO_WIDE, &["s3:ListBucket"]),
    ("lists of all teams", NETS, (SHARED, TEAM_PREFIX, "\"s3:prefix\": \"teams/*\""), TOO_WIDE, &["s3:ListBucket"]),
    ("a default for who has no team", NETS, (SHARED, "{{bucket_arn}}/teams/${aws:PrincipalTag/team}/*\",\n      \"Condition\": {\n        \"Null\": {\n          \"aws:PrincipalTag/team\": \"false\"\n        }\n      }", "{{bucket_arn}}/teams/${aws:PrincipalTag/team, 'red'}/*\""), TOO_WIDE, &["/teams/red/*"]),
    ("the condition on the tag is turned around, with a default", NETS, (SHARED, "{{bucket_arn}}/teams/${aws:PrincipalTag/team}/*\",\n      \"Condition\": {\n        \"Null\": {\n          \"aws:PrincipalTag/team\": \"false\"", "{{bucket_arn}}/teams/${aws:PrincipalTag/team, '*'}/*\",\n      \"Condition\": {\n        \"Null\": {\n          \"aws:PrincipalTag/team\": \"true\""), TOO_WIDE, &["/teams/"]),
    ("another tag says the team", NETS, (SHARED, TEAM_OBJECTS, "{{bucket_arn}}/teams/${aws:PrincipalTag/user}/*"), TOO_WIDE, &["/teams/NAME/*"]),
    ("versions in the team's folder are deleted", NETS, (SHARED, "\"s3:GetObjectVersion\",", "\"s3:GetObjectVersion\", \"s3:DeleteObjectVersion\","), TOO_WIDE, &["s3:DeleteObjectVersion", "/teams/TEAM/*"]),
    ("nobody writes in the team's folder", NETS, (SHARED, "\"s3:PutObject\",", ""), REFUSED, &["a person cannot read, write and delete in the folder of their team"]),
    ("the boundary opens all teams' folders", NONE, (BOUNDARY, TEAM_OBJECTS, "{{bucket_arn}}/teams/*"), TOO_WIDE, &["the permissions boundary alone would let a person"]),
    ("the notebooks' boundary opens all teams' folders", NONE, (NOTEBOOK_BOUNDARY, TEAM_OBJECTS, "{{bucket_arn}}/teams/*"), TOO_WIDE, &["the permissions boundary alone would let a notebook"]),
    ("the boundary forgets the team's folder", NONE, (BOUNDARY, TEAM_OBJECTS, "{{bucket_arn}}/teams/red/*"), REFUSED, &["in the folder of their team"]),
    ("the guardrails leave all teams' folders open", NONE, (GUARDRAILS, TEAM_LEFT_OPEN, "\"{{bucket_arn}}/teams/*\", {{/if}}"), TOO_WIDE, &["the guardrails would let a person"]),
    ("the guardrails leave lists of all teams open", NONE, (GUARDRAILS, TEAM_LIST_LEFT_OPEN, "\"teams/*\", {{/if}}"), TOO_WIDE, &["the guardrails would let a person", "s3:ListBucket"]),
    ("the guardrails shut one's own team's folder", NONE, (GUARDRAILS, TEAM_LEFT_OPEN, "\"{{bucket_arn}}/teams/red/*\", {{/if}}"), REFUSED, &["in the folder of their team"]),
    ("the guardrails forget who has no team", NONE, (GUARDRAILS, "\"Null\": {\n          \"aws:PrincipalTag/team\": \"true\"\n        }", "\"Null\": {\n          \"aws:username\": \"true\"\n        }"), TOO_WIDE, &["the guardrails would let a person"]),
    ("the guardrails rest on a variable without a value", NO_CONDITION, (GUARDRAILS, "\"Null\": {\n          \"aws:PrincipalTag/team\": \"true\"\n        }", "\"Null\": {\n          \"aws:username\": \"true\"\n        }"), UNDECIDED, &["the guardrails would let a person"]),
    // The tag.
    ("everybody has the tag of one team", NONE, (USERS, "      Tags:\n        {{tags user_tags indent=8}}", "      Tags:\n        - {Key: user, Value: {{name}}}\n        {{#if notebook}}\n        - {Key: notebook, Value: {{notebook.name}}}\n        {{/if}}\n        - {Key: team, Value: red}"), WRONG_TAG, &["the tag `team`"]),
    ("everybody has the tag in another case", NONE, (USERS, "        {{tags user_tags indent=8}}", "        {{tags user_tags indent=8}}\n        - {Key: Team, Value: red}"), WRONG_TAG, &["the tag `team`", "under the key `Team`"]),
];

#[test]
fn nothing_is_reported_of_folders_that_are_shared() {
    const KEY: &str = "kms_key: \"arn:aws:kms:ap-northeast-1:111122223333:key/0123abcd\"";
    for settings in [
        SETTINGS.to_owned(),
        format!("{SETTINGS}mfa: required\n"),
        SETTINGS.replace("team_folders", &format!("{KEY}, team_folders")),
        "bucket: {team_folders: true}\n".to_owned(),
        "bucket: {shared_folders: [materials]}\n".to_owned(),
    ] {
        let findings = synth_of(ROSTER, &settings, "as they are", &[(SHARED, "s3", "s3")]);
        let found: Vec<&String> = findings.iter().filter(|one| one.starts_with("error")).collect();
        assert!(found.is_empty(), "{settings}: {found:?}");
    }
}

#[test]
fn every_weakening_of_what_is_shared_is_found() {
    let mut missed = Vec::new();
    for (name, nets, edit, rule, told) in in_short(MUTANTS, 3) {
        let edits: Vec<Edit> = nets.iter().copied().chain([*edit]).collect();
        let findings = synth_of(ROSTER, SETTINGS, name, &edits);
        let is_it = |one: &String| one.starts_with(rule) && told.iter().all(|text| one.contains(text));
        if !findings.iter().any(is_it) {
            missed.push(format!("## {name}: no {rule} with {told:?} in\n{}", findings.join("\n\n")));
        }
    }
    assert!(missed.is_empty(), "{} missed\n{}", missed.len(), missed.join("\n"));
}

/// The statements of a policy of `access.yaml`.
fn statements(settings: &str, resource: &str) -> Vec<Value> {
    let files = Workspace::new(settings, "roster.csv", ROSTER).synthesised();
    let resources = resources(&files["access.yaml"]);
    let Some(policy) = resources.get(resource) else { return Vec::new() };
    json(policy)["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap().clone()
}

#[test]
fn no_statement_rests_on_a_team_that_somebody_may_not_have() {
    for profile in ["hardened", "documented"] {
        let settings = format!("policies: {profile}\n{SETTINGS}");
        for resource in ["SharedFoldersPolicy", "GuardrailsPolicy", "BoundaryPolicy", "NotebookBoundaryPolicy"] {
            let named: Vec<Value> = statements(&settings, resource)
                .into_iter()
                .filter(|statement| statement.to_string().contains("${aws:PrincipalTag/team}"))
                .collect();
            assert_eq!(named.len(), 2, "{resource}: {named:?}");
            for statement in named {
                assert_eq!(statement["Condition"]["Null"]["aws:PrincipalTag/team"], "false", "{resource}: {statement}");
            }
        }
    }
}

#[test]
fn what_is_shared_is_the_same_in_both_profiles_and_nothing_unless_it_is_set() {
    let [hardened, documented] = ["hardened", "documented"]
        .map(|profile| statements(&format!("policies: {profile}\n{SETTINGS}"), "SharedFoldersPolicy"));
    assert_eq!(hardened.len(), 4);
    assert_eq!(hardened, documented);
    for off in ["", "bucket: {shared_folders: [], team_folders: false}\n"] {
        assert_eq!(statements(off, "SharedFoldersPolicy"), Vec::<Value>::new());
        let all = Workspace::new(off, "roster.csv", ROSTER).synthesised();
        assert!(!all["access.yaml"].contains("teams/") && !all["users-001.yaml"].contains("shared-folders"));
    }
    assert_eq!(statements("bucket: {shared_folders: [materials]}\n", "SharedFoldersPolicy").len(), 2);
    assert_eq!(statements("bucket: {team_folders: true}\n", "SharedFoldersPolicy").len(), 2);
}

#[test]
fn with_the_documented_policies_sharing_adds_no_finding() {
    let told = |sharing: &str| -> Vec<String> {
        let settings = format!("policies: documented\nservices: [lambda, sagemaker]\n{sharing}");
        let outcome = Workspace::new(&settings, "roster.csv", ROSTER).synth(&[]);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome.stderr.lines().filter(|line| line.contains("]: ")).map(str::to_owned).collect()
    };
    let without = told("");
    assert!(without.iter().any(|one| one.contains("isolation::too-wide")), "{without:?}");
    assert_eq!(told(SETTINGS), without);
}
