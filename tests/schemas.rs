//! The committed JSON Schemas are those that this version prints, and `racestack init` shows every setting.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads files and may fail")]

use racestack::config::{Schema, account_schema, company_schema, roster_schema, suppressions_schema};

#[test]
fn the_committed_schemas_are_those_of_this_version() {
    let schemas: [(&str, Schema); 4] = [
        ("settings", company_schema()),
        ("account", account_schema()),
        ("roster", roster_schema()),
        ("suppressions", suppressions_schema()),
    ];
    for (name, schema) in schemas {
        let path = format!("{}/config/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = format!("{:#}\n", schema.for_editors());
        if std::env::var("BLESS").is_ok() {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{path} is stale: BLESS=1 cargo test --test suite schemas::");
    }
}

#[test]
fn the_files_of_init_show_every_setting() {
    let read = |name: &str| {
        std::fs::read_to_string(format!("{}/templates/init/config/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let files = read("settings.yaml") + &read("accounts/example/settings.yaml");
    // In a comment or not; in a map of its own or between braces.
    let shown = |key: &str| files.split([' ', '{', '\n']).any(|word| word.strip_suffix(':') == Some(key));
    for key in account_schema().keys() {
        assert!(shown(key.rsplit('.').next().unwrap()), "no file of `racestack init` shows `{key}`");
    }
}
