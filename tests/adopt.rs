//! `racestack adopt`: what is there becomes a configuration and an import, and what cannot be is told.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use std::path::PathBuf;

use crate::common::export::{ACCOUNT, ExportFiles, REGION};
use crate::common::{Workspace, racestack};
use racestack::cli::Outcome;
use serde_json::{Value, json};

const ROSTER: &[u8] = b"name,team,notebook\nbob,red,\nmei,,false\n";

/// An export of what racestack deployed, whose configuration is lost.
struct Lost {
    workspace: Workspace,
    export: ExportFiles,
}

impl Lost {
    #[track_caller]
    fn new(settings: &str) -> Self {
        let workspace = Workspace::new(settings, "roster.csv", ROSTER);
        workspace.synthesised();
        let mut export = ExportFiles::of(&workspace.path("out"));
        // CloudFormation cannot import it, so it would be an error.
        export.0.retain(|name, _| !name.starts_with("lifecycle-configurations/"));
        export.0.insert("lifecycle-configurations.json".to_owned(), json!({"NotebookInstanceLifecycleConfigs": []}));
        Self { workspace, export }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.workspace.path(name)
    }

    /// Adopts what is in the export, with the folders of the configuration and so on in `place`.
    #[track_caller]
    fn adopt_in(&self, place: &str, more: &[&str]) -> Outcome {
        let from = self.path("export");
        let _ = std::fs::remove_dir_all(&from);
        self.export.write(&from);
        let paths = ["config", "out", "import"].map(|name| self.path(place).join(name));
        let [config, out, import] = paths.each_ref().map(|path| path.to_str().unwrap());
        let mut args = vec!["adopt", "--account", "tokyo", "--from", from.to_str().unwrap()];
        args.extend(["--config", config, "--out", out, "--import", import]);
        racestack(&[&args, more].concat())
    }

    #[track_caller]
    fn adopt(&self, more: &[&str]) -> Outcome {
        self.adopt_in("new", &[&["--company", "mycompany", "--format", "json"], more].concat())
    }

    /// The rules and messages of what is found.
    #[track_caller]
    fn findings(&self) -> Vec<(String, String)> {
        let outcome = self.adopt(&[]);
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{}", outcome.stderr));
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
        report["findings"].as_array().unwrap().iter().map(|one| (text(one, "rule"), text(one, "message"))).collect()
    }

    /// Expects one finding of a rule, whose message holds a text.
    #[track_caller]
    fn finds(&self, rule: &str, text: &str) {
        let findings = self.findings();
        let [(found, message)] = findings.as_slice() else { panic!("{findings:#?}") };
        assert_eq!(found, rule, "{message}");
        assert!(message.contains(text), "{message}");
    }

    #[track_caller]
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes the configuration that there is before the adoption.
    fn configure(&self, company: &str, account: &str) {
        let _ = std::fs::remove_dir_all(self.path("new"));
        self.workspace.write("new/config/settings.yaml", company.as_bytes());
        let bucket = self.export.0["export.json"]["bucket"].as_str().unwrap();
        let account = format!("account_id: \"{ACCOUNT}\"\nregion: {REGION}\nbucket: {{name: {bucket}}}\n{account}");
        self.workspace.write("new/config/accounts/tokyo/settings.yaml", account.as_bytes());
    }

    fn notebook(&mut self, name: &str, tags: &Value) {
        let arn = format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/{name}");
        let description = json!({
            "NotebookInstanceName": name, "NotebookInstanceArn": arn, "NotebookInstanceStatus": "Stopped",
            "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/shared"), "InstanceType": "ml.t2.medium", "VolumeSizeInGB": 20,
        });
        self.export.0.insert(format!("notebook-instances/{name}.json"), description);
        let mut add = |file: &str, list: &str, value: Value| {
            self.export.0.get_mut(file).unwrap()[list].as_array_mut().unwrap().push(value);
        };
        add("notebook-instances.json", "NotebookInstances", json!({"NotebookInstanceName": name}));
        add("notebook-tags.json", "ResourceTagMappingList", json!({"ResourceARN": arn, "Tags": tags}));
    }
}

#[test]
fn what_racestack_deployed_becomes_what_it_was() {
    let lost = Lost::new("");
    assert_eq!(lost.findings(), []);
    let roster = lost.read("new/config/accounts/tokyo/roster.yaml");
    assert!(roster.contains("- name: bob\n  team: red\n  notebook:\n    name: bob\n    existing: true\n"), "{roster}");
    assert!(roster.contains("- name: mei\n  notebook: false\n"), "{roster}");
    let lock = lost.read("new/config/accounts/tokyo/stacks.lock");
    assert!(lock.contains("\nuser bob users-001 Bob bob -\n"), "{lock}");

    let [config, out, import] = ["new/config", "new/out", "new/import"].map(|name| lost.path(name));
    let [config, out, import] = [&config, &out, &import].map(|path| path.to_str().unwrap());
    let synth = racestack(&["synth", "--config", config, "--out", out, "--locked"]);
    assert_eq!(synth.code, 0, "{}", synth.stderr);
    let compared = racestack(&["diff", import, out, "--format", "json"]);
    let diff: Value = serde_json::from_str(&compared.stdout).unwrap_or_else(|_| panic!("{}", compared.stderr));
    let plan = &diff["plan"];
    assert_eq!((&plan["replace"], &plan["may_replace"], &plan["destroy"]), (&json!(0), &json!(0), &json!(0)), "{plan}");
    // All that is there is imported: what is added, CloudFormation cannot import.
    let added = diff["changes"].as_array().unwrap().iter().filter(|change| change["action"] == "add");
    let added: Vec<&str> = added.map(|change| change["resource_type"].as_str().unwrap()).collect();
    assert_eq!(added, ["AWS::SageMaker::NotebookInstanceLifecycleConfig"]);
    let bucket = lost.read("new/import/tokyo/storage.yaml");
    for part in ["VersioningConfiguration:\n        Status: Enabled\n", "PublicAccessBlockConfiguration:\n"] {
        assert!(bucket.contains(part), "{bucket}");
    }
    // Of what people are, nothing changes but for what keeps it in the stack.
    let users = diff["changes"].as_array().unwrap().iter().filter(|change| change["resource_type"] == "AWS::IAM::User");
    for path in users.flat_map(|change| change["properties"].as_array().unwrap().clone()) {
        assert_ne!(path["path"][0], "Properties", "{path}");
    }
}

#[test]
fn nothing_is_written_over() {
    let lost = Lost::new("");
    std::fs::create_dir_all(lost.path("new/import/tokyo")).unwrap();
    let outcome = lost.adopt(&[]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("is there already"), "{}", outcome.stderr);
    assert!(!lost.path("new/config").exists());
}

#[test]
fn with_an_error_nothing_is_written() {
    let mut lost = Lost::new("");
    lost.export.add_user("robot");
    // A name that nobody has.
    let outcome = lost.adopt(&["--user", "robbot"]);
    assert_eq!(outcome.code, 1, "{}", outcome.stdout);
    for text in ["roster::unknown-user", "there is no user `robbot`", "did you mean `robot`?"] {
        assert!(outcome.stdout.contains(text), "{}", outcome.stdout);
    }
    assert!(!lost.path("new").exists());
    // Nowhere to write the import.
    lost.workspace.write("new/import", b"");
    assert_eq!(lost.adopt(&["--user", "robot"]).code, 2);
    assert!(!lost.path("new/config").exists());
    std::fs::remove_file(lost.path("new/import")).unwrap();
    // Then the corrected command does what it would have done at once.
    let outcome = lost.adopt(&["--user", "robot"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    let roster = lost.read("new/config/accounts/tokyo/roster.yaml");
    assert!(roster.contains("- name: robot\n"), "{roster}");
    assert!(lost.read("new/import/tokyo/users-001.yaml").contains("UserName: robot"));
}

#[test]
fn what_is_wrong_with_a_roster_that_is_not_written_can_be_corrected() {
    let mut lost = Lost::new("");
    lost.export.add_user("a,b");
    let outcome = lost.adopt_in("new", &["--company", "mycompany", "--user", "a,b"]);
    assert_eq!(outcome.code, 1, "{}", outcome.stdout);
    assert!(!lost.path("new").exists());
    let (before, roster) = outcome.stdout.split_once(", corrected, then run this again:\n").unwrap();
    assert!(before.starts_with("nothing is written; write this into ") && before.ends_with("roster.yaml"), "{before}");
    let corrected = roster.replace("- name: \"a,b\"\n  notebook: false\n", "");
    assert_ne!(roster, corrected);
    lost.workspace.write("new/config/accounts/tokyo/roster.yaml", corrected.as_bytes());
    let outcome = lost.adopt_in("new", &["--company", "mycompany"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(lost.read("new/config/accounts/tokyo/roster.yaml"), corrected);
    assert_eq!(lost.read("new/config/settings.yaml"), "company: mycompany\n");
    assert!(lost.path("new/import/tokyo/import.sh").exists());
}

#[test]
fn another_company_than_the_settings_have_is_refused() {
    let lost = Lost::new("");
    lost.configure("company: other\n", "");
    let outcome = lost.adopt(&[]);
    assert_eq!(outcome.code, 2, "{}", outcome.stdout);
    let message = "found `mycompany` for `--company`, the settings have `other`";
    assert!(outcome.stderr.contains(message), "{}", outcome.stderr);
    assert!(!lost.path("new/config/accounts/tokyo/roster.yaml").exists() && !lost.path("new/import").exists());
}

#[test]
fn an_out_folder_keeps_to_the_lock_that_it_was_made_with() {
    let lost = Lost::new("");
    std::fs::create_dir_all(lost.path("new")).unwrap();
    std::fs::rename(lost.path("out"), lost.path("new/out")).unwrap();
    lost.finds("lock::missing", "holds users stacks, but there is no lock");
    assert!(!lost.path("new/config/accounts/tokyo/stacks.lock").exists());
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let lost = Lost::new("");
    let (from, config) = (lost.path("export"), lost.path("new/config"));
    lost.export.write(&from);
    for args in [["--account", "../tokyo", "--company", "mycompany"], ["--account", "tokyo", "--company", "../x"]] {
        let mut all = vec!["adopt", "--from", from.to_str().unwrap(), "--config", config.to_str().unwrap()];
        all.extend(args);
        let outcome = racestack(&all);
        assert_eq!(outcome.code, 2, "{}", outcome.stdout);
        assert!(!config.exists());
    }
}

#[test]
fn where_everything_is_in_stacks_there_is_nothing_to_import() {
    let lost = Lost::new("");
    let outcome = lost.adopt_in("", &[]);
    let printed = (outcome.code, outcome.stdout.as_str());
    assert_eq!(printed, (0, "tokyo: there is nothing to import\n"), "{}", outcome.stderr);
    assert!(!lost.path("import").exists());
}

#[test]
fn a_person_who_exists_is_imported_and_nobody_else_changes() {
    let mut lost = Lost::new("");
    lost.export.add_user("sato.hana");
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/people/sato.hana");
    let user = lost.export.identity("UserDetailList", "sato.hana");
    user["Arn"] = arn.into();
    user["Tags"] = json!([{"Key": "team", "Value": "red"}, {"Key": "aws:made-by", "Value": "hand"}]);
    let reads = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::another/*"});
    lost.export.allow("UserDetailList", "sato.hana", &reads);
    // What others have is not told of.
    lost.notebook("spare", &json!([]));
    let asked = lost.adopt_in("", &["--user", "sato.hana"]);
    assert_eq!((asked.code, asked.stderr.as_str()), (0, ""), "{}", asked.stdout);
    assert!(asked.stdout.ends_with("- name: sato.hana\n  team: red\n  notebook: false\n"), "{}", asked.stdout);
    assert!(!lost.path("import").exists());

    // Somebody who is not there yet is made, and not imported.
    let row = [ROSTER, b"sato.hana,red,false\nnew.comer,red,false\n"].concat();
    lost.workspace.write("config/accounts/tokyo/roster.csv", &row);
    let adopted = lost.adopt_in("", &["--user", "sato.hana"]);
    assert_eq!(adopted.code, 0, "{}", adopted.stderr);
    assert!(adopted.stdout.contains(": 1 resource to import into 1 stack\n"), "{}", adopted.stdout);
    let listed: Value = serde_json::from_str(&lost.read("import/tokyo/users-001.resources-to-import.json")).unwrap();
    assert_eq!(listed[0]["ResourceIdentifier"], json!({"UserName": "sato.hana"}));
    let script = lost.read("import/tokyo/import.sh");
    assert!(
        script.contains("stacks='\nmycompany-deepracer-users-001 users-001.yaml users-001.resources-to-import.json\n'")
    );
    let template = lost.read("import/tokyo/users-001.yaml");
    assert!(template.contains("Path: /people/") && !template.contains("aws:made-by"), "{template}");
    assert!(template.contains("Resource: \"arn:aws:s3:::another/*\""), "{template}");
    assert!(!lost.read("import/tokyo/manifest.json").contains("new.comer"));

    assert_eq!(lost.workspace.synth(&[]).code, 0);
    let [import, out] = ["import", "out"].map(|name| lost.path(name));
    let compared = racestack(&["diff", import.to_str().unwrap(), out.to_str().unwrap(), "--format", "json"]);
    let diff: Value = serde_json::from_str(&compared.stdout).unwrap_or_else(|_| panic!("{}", compared.stderr));
    let plan = ["add", "change", "replace", "may_replace", "destroy"].map(|key| diff["plan"][key].as_u64().unwrap());
    assert_eq!(plan, [1, 1, 0, 0, 0], "{}", diff["plan"]);
}

#[test]
fn what_cloudformation_cannot_import_is_an_error() {
    let mut lost = Lost::new("");
    let named = json!([{"NotebookInstanceLifecycleConfigName": "mycompany-deepracer-notebooks"}]);
    let key = "lifecycle-configurations.json".to_owned();
    lost.export.0.insert(key, json!({ "NotebookInstanceLifecycleConfigs": named }));
    let file = "lifecycle-configurations/mycompany-deepracer-notebooks.json";
    lost.export.0.insert(file.to_owned(), json!({"OnStart": []}));
    lost.finds("adopt::name-taken", "the account has a lifecycle configuration `mycompany-deepracer-notebooks`");
    assert!(!lost.path("new/import").exists());
}

#[test]
fn a_name_under_another_path_is_an_error() {
    let mut lost = Lost::new("");
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/mycompany-deepracer-boundary");
    *lost.export.identity("Policies", "mycompany-deepracer-boundary").get_mut("Arn").unwrap() = arn.into();
    lost.finds("adopt::name-taken", "policy `mycompany-deepracer-boundary` under the path `/`");
}

#[test]
fn a_notebook_is_left_out_where_it_cannot_be_its_persons() {
    let tagged = json!([{"Key": "user", "Value": "mei"}]);
    let cases = [
        ("mei-2", json!([{"Key": "user", "Value": "ann"}]), "it is `ann`'s, who is no user, by its tag"),
        ("spare", json!([]), "it has no tag `user`"),
        ("mei--2", tagged, "its name holds `--`"),
        ("bob-2", json!([{"Key": "user", "Value": "bob"}]), "`bob` has `bob`"),
    ];
    for (name, tags, why) in cases {
        let mut lost = Lost::new("");
        lost.notebook(name, &tags);
        lost.finds("adopt::left-out", why);
        let roster = lost.read("new/config/accounts/tokyo/roster.yaml");
        assert!(roster.contains("- name: mei\n  notebook: false\n"), "{roster}");
    }
}

#[test]
fn a_notebook_whose_person_has_the_name_of_a_role_is_left_out() {
    let mut lost = Lost::new("");
    lost.notebook("meis-notebook", &json!([{"Key": "user", "Value": "mei"}]));
    lost.export.add_role("Mei", &json!({"Service": "sagemaker.amazonaws.com"}));
    lost.finds("adopt::left-out", "there is a role of that name already");
}

#[test]
fn a_notebook_without_a_tag_is_its_namesakes() {
    let mut lost = Lost::new("");
    lost.notebook("M-E-I", &json!([]));
    lost.finds("adopt::assumed-owner", "`M-E-I` has no tag `user`, and is taken for `mei`'s");
    let script = lost.read("new/import/tokyo/import.sh");
    assert!(script.contains(&format!("\nM-E-I arn:aws:iam::{ACCOUNT}:role/deepracer/notebook/mei [{{")), "{script}");
    assert!(!script.contains("\nbob arn:"), "{script}");
    let template = lost.read("new/import/tokyo/users-001.yaml");
    assert!(!template.contains("AWS::SageMaker"), "{template}");
}

#[test]
fn what_a_tag_says_goes_before_what_a_name_does() {
    let mut lost = Lost::new("");
    lost.notebook("mei", &json!([]));
    lost.notebook("zebra", &json!([{"Key": "user", "Value": "mei"}]));
    lost.finds("adopt::left-out", "the notebook `mei` stays as it is: `mei` has `zebra`");
}

#[test]
fn whose_group_has_a_policy_on_their_own_folder_is_a_person() {
    let mut lost = Lost::new("");
    lost.export.add_user("ann");
    lost.export.add_user("robot");
    let group = json!({
        "GroupName": "racers", "Arn": format!("arn:aws:iam::{ACCOUNT}:group/racers"), "GroupPolicyList": [],
        "AttachedManagedPolicies": [],
    });
    lost.export.list("GroupDetailList").push(group);
    let bucket = lost.export.0["export.json"]["bucket"].as_str().unwrap().to_owned();
    let resource = format!("arn:aws:s3:::{bucket}/${{aws:username}}/*");
    lost.export.allow("GroupDetailList", "racers", &json!({"Effect": "Allow", "Action": "s3:*", "Resource": resource}));
    lost.export.identity("UserDetailList", "ann")["GroupList"] = json!(["racers"]);
    assert_eq!(lost.findings(), []);
    let roster = lost.read("new/config/accounts/tokyo/roster.yaml");
    assert!(roster.contains("- name: ann\n") && !roster.contains("robot"), "{roster}");
}

#[test]
fn what_cloudformation_would_refuse_is_told_before() {
    // A template that is too large, by an inline policy.
    let mut lost = Lost::new("");
    let resources: Vec<String> = (0..2_000).map(|at| format!("arn:aws:s3:::another/{at:020}/*")).collect();
    lost.export.allow("UserDetailList", "mei", &json!({"Effect": "Allow", "Action": "s3:*", "Resource": resources}));
    lost.finds("limit::exceeded", "allowed are 51200");
    assert!(!lost.path("new/import").exists());
    // A stack that is a StackSet's, and a password that a stack would make another of.
    let settings = "deploy: {stack_sets: [storage]}\n";
    let mut lost = Lost::new("");
    lost.configure("company: mycompany\n", settings);
    lost.finds("adopt::name-taken", "is left to a StackSet");
    lost.configure("company: mycompany\nconsole: true\n", "");
    lost.export.credentials(&[(
        "mei",
        "true,N/A,N/A,N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
    )]);
    lost.finds("adopt::name-taken", "the user `mei` has a password already");
}

#[test]
fn what_the_deployment_behind_the_import_would_replace_or_delete_is_told_before() {
    let limit = "training: {max_runtime_minutes: 60}\n";
    let mut lost = Lost::new(limit);
    lost.export.add_user("sato.hana");
    lost.workspace.write("config/accounts/tokyo/roster.csv", &[ROSTER, b"sato.hana,red,false\n"].concat());
    let adopt = |settings: &str| {
        lost.workspace.write("config/settings.yaml", format!("company: mycompany\n{settings}").as_bytes());
        let outcome = lost.adopt_in("", &["--user", "sato.hana"]);
        (outcome.code, outcome.stderr)
    };
    // The policy on training jobs would go.
    let (code, stderr) = adopt("");
    assert!(code == 2 && stderr.contains("would replace or delete 1 resource: run `racestack synth`"), "{stderr}");
    // A role under another path is another role, of a name that is taken.
    let (code, stderr) = adopt(&format!("{limit}role_path: /managed/\n"));
    assert!(code == 1 && stderr.contains("error[diff::refused-replacement]"), "{stderr}");
    assert!(!lost.path("import").exists());
    assert_eq!(adopt(limit), (0, String::new()));
}

#[test]
fn a_service_role_under_another_path_leaves_its_service_out() {
    let mut lost = Lost::new("");
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/AWSDeepRacerLambdaAccessRole");
    *lost.export.identity("RoleDetailList", "AWSDeepRacerLambdaAccessRole").get_mut("Arn").unwrap() = arn.into();
    lost.finds("adopt::left-out", "its path is `/`");
    let settings = lost.read("new/config/accounts/tokyo/settings.yaml");
    assert!(settings.contains("services:\n  - sagemaker\n  - cloudformation\n"), "{settings}");
}

#[test]
fn the_settings_have_what_the_bucket_has() {
    let key = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555");
    let encryption = |key: &str| {
        let by = json!({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key});
        json!({"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": by}]}})
    };
    let mut lost = Lost::new("");
    lost.export.0.insert("bucket-encryption.json".to_owned(), encryption(&key));
    lost.export.0.insert("bucket-logging.json".to_owned(), json!({"LoggingEnabled": {"TargetBucket": "our-logs"}}));
    lost.export.credentials(&[(
        "bob",
        "true,N/A,N/A,N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
    )]);
    assert_eq!(lost.findings(), []);
    let settings = lost.read("new/config/accounts/tokyo/settings.yaml");
    assert!(settings.contains(&format!("  kms_key: {key}\n  access_logs: our-logs\nmfa: optional\n")), "{settings}");

    let mut lost = Lost::new("");
    lost.export.0.insert("bucket-encryption.json".to_owned(), encryption("alias/ours"));
    lost.finds("adopt::overwritten", "`alias/ours`");
    for (by, told) in [
        (json!({"SSEAlgorithm": "aws:kms"}), "the key `aws/s3` of KMS"),
        (json!({"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": &key}), "encrypts twice"),
    ] {
        let mut lost = Lost::new("");
        let mut others = encryption(&key);
        others["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"] = by;
        lost.export.0.insert("bucket-encryption.json".to_owned(), others);
        lost.finds("adopt::overwritten", told);
    }
    let mut lost = Lost::new("");
    lost.export.0.insert(
        "bucket-lifecycle.json".to_owned(),
        json!({"Rules": [{"ID": "expire-old-versions"}, {"ID": "tidy-up"}]}),
    );
    lost.finds("adopt::overwritten", "lifecycle rules in the place of `tidy-up`");
}

#[test]
fn an_export_that_lacks_a_file_is_no_account() {
    let mut lost = Lost::new("");
    for name in lost.export.0.keys().cloned().collect::<Vec<_>>() {
        let file = lost.export.0.remove(&name).unwrap();
        let findings = lost.findings();
        assert!(findings.iter().any(|(rule, _)| rule == "audit::export"), "{name}: {findings:?}");
        assert!(!lost.path("new").exists(), "{name}");
        lost.export.0.insert(name, file);
    }
}
