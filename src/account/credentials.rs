//! The credential report: who has a password, a second factor and access keys, and how old these are. It names no key.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::reading::ExportReader;
use crate::facts::date::Date;
use crate::files::FileError;
use crate::source::Place;

const FILE: &str = "credential-report.json";

/// What somebody signs in with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Whether there is a password for the console.
    pub has_password: bool,
    /// Whether there is a second factor.
    pub has_mfa: bool,
    /// The access keys that are active.
    pub keys: Vec<AccessKey>,
}

/// An active access key.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// When it was made.
    pub made: Option<Date>,
    /// When it was last used; nothing where it never was.
    pub used: Option<Date>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a map with `Content`")]
struct Report {
    content: String,
}

/// What the report tells of each user, by name.
type CredentialsByName = BTreeMap<String, Credentials>;

impl ExportReader {
    pub(super) fn credentials(&mut self) -> Result<Option<(CredentialsByName, Place)>, FileError> {
        let Some((report, place)) = self.json::<Report>(FILE)? else { return Ok(None) };
        let rows = STANDARD.decode(report.content.trim()).ok().and_then(|bytes| rows(&bytes));
        if rows.is_none() {
            self.refuse(place.clone(), format!("`{FILE}` holds no credential report"));
        }
        Ok(rows.map(|rows| (rows, place)))
    }
}

/// What a report says, by user; `None` where it is none.
fn rows(bytes: &[u8]) -> Option<BTreeMap<String, Credentials>> {
    let mut reader = csv::Reader::from_reader(bytes);
    // Of a report without rows, the header alone says that it is one: with all that is asked of a row.
    let header = reader.headers().ok()?.iter().map(|column| (column.to_owned(), String::new())).collect();
    of_row(&header)?;
    reader.deserialize().map(|row| of_row(&row.ok()?)).collect()
}

fn of_row(row: &BTreeMap<String, String>) -> Option<(String, Credentials)> {
    // A moment, such as `2022-11-30T20:19:05+00:00`; or `N/A`.
    let day = |moment: &str| moment.get(..10)?.parse().ok();
    let mut keys = Vec::new();
    for number in [1, 2] {
        let of_key = |word: &str| row.get(&format!("access_key_{number}_{word}"));
        let (active, made, used) = (of_key("active")?, of_key("last_rotated")?, of_key("last_used_date")?);
        if active == "true" {
            keys.push(AccessKey { made: day(made), used: day(used) });
        }
    }
    let is_true = |column: &str| row.get(column).map(|value| value == "true");
    let (has_password, has_mfa) = (is_true("password_enabled")?, is_true("mfa_active")?);
    Some((row.get("user")?.clone(), Credentials { has_password, has_mfa, keys }))
}

#[cfg(test)]
mod tests {
    use super::rows;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

    #[test]
    fn a_report_is_read_by_the_names_of_its_columns() {
        let root = "<root_account>,arn,2020-01-01T00:00:00+00:00,not_supported,no_information,not_supported,not_supported,\
            true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";
        let bob = "bob,arn,2020-01-01T00:00:00+00:00,true,no_information,N/A,N/A,false,true,2022-11-30T20:19:05+00:00,\
            N/A,N/A,N/A,true,2026-01-02T00:00:00+00:00,2026-11-01T10:00:00+00:00,ap-northeast-1,s3,false,N/A,false,N/A";
        let found = rows(format!("{HEADER}\n{root}\n{bob}\n").as_bytes()).unwrap();
        assert!(found["<root_account>"].has_mfa && found["<root_account>"].keys.is_empty());
        let bob = &found["bob"];
        assert!(bob.has_password && !bob.has_mfa);
        assert_eq!(bob.keys.len(), 2);
        assert_eq!((bob.keys[0].made, bob.keys[0].used), ("2022-11-30".parse().ok(), None));
        assert_eq!(bob.keys[1].used, "2026-11-01".parse().ok());
    }

    #[test]
    fn what_is_no_report_is_not_taken_for_an_empty_one() {
        for text in ["", "user\n", "a,b\n1,2\n", &format!("{HEADER}\nbob,arn\n"), "\u{0}\u{1}"] {
            assert!(rows(text.as_bytes()).is_none(), "{text:?}");
        }
    }
}
