//! The credential report: who has a password, a second factor and access keys, and how old these are. It names no key.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::reading::ExportReader;
use crate::facts::date::Date;
use crate::files::FileError;
use crate::source::SourceFile;

const FILE: &str = "credential-report.json";

/// What somebody signs in with.
#[derive(Debug, Clone, Default)]
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
#[serde(rename_all = "PascalCase")]
struct Report {
    content: String,
}

type ByUser = BTreeMap<String, Credentials>;

impl ExportReader {
    pub(super) fn credentials(&mut self) -> Result<Option<(Arc<SourceFile>, ByUser)>, FileError> {
        let Some((source, report)) = self.json::<Report>(FILE)? else { return Ok(None) };
        let rows = STANDARD.decode(report.content.trim()).ok().and_then(|bytes| rows(&bytes));
        if rows.is_none() {
            self.refuse(&source, 1, &format!("`{FILE}` holds no credential report"));
        }
        Ok(rows.map(|rows| (source, rows)))
    }
}

/// The rows of a report; `None` where it is none.
fn rows(bytes: &[u8]) -> Option<ByUser> {
    let mut reader = csv::Reader::from_reader(bytes);
    let headers = reader.headers().ok()?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let user = column("user")?;
    let (password, mfa) = (column("password_enabled")?, column("mfa_active")?);
    let mut keys = Vec::new();
    for number in ["1", "2"] {
        let of = |word: &str| column(&format!("access_key_{number}_{word}"));
        keys.push((of("active")?, of("last_rotated")?, of("last_used_date")?));
    }
    let mut found = ByUser::new();
    for row in reader.records() {
        let row = row.ok()?;
        let is_true = |at: usize| row.get(at) == Some("true");
        // A moment, such as `2022-11-30T20:19:05+00:00`; or `N/A`.
        let day = |at: usize| row.get(at)?.get(..10)?.parse().ok();
        let active = keys.iter().filter(|(active, ..)| is_true(*active));
        let keys = active.map(|(_, made, used)| AccessKey { made: day(*made), used: day(*used) }).collect();
        let credentials = Credentials { has_password: is_true(password), has_mfa: is_true(mfa), keys };
        found.insert(row.get(user)?.to_owned(), credentials);
    }
    Some(found)
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
