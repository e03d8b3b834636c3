//! "Did you mean": the known word nearest to an unknown one, or of the same meaning.

/// The columns of a roster, besides `tags.KEY`.
pub const COLUMNS: [&str; 12] = [
    "name",
    "display_name",
    "email",
    "team",
    "was",
    "state",
    "console",
    "notebook",
    "notebook.name",
    "notebook.instance_type",
    "notebook.volume_gb",
    "notebook.existing",
];

/// What other tools, and people in Japanese and Korean, call the columns; compared without case, spaces, `_` and `-`.
const COLUMN_WORDS: [(&str, &[&str]); 9] = [
    (
        "name",
        &[
            "username",
            "user",
            "login",
            "loginname",
            "userid",
            "iamuser",
            "iamusername",
            "account",
            "accountname",
            "id",
            "ユーザー名",
            "ユーザ名",
            "ユーザー",
            "ユーザーid",
            "ユーザid",
            "사용자",
            "사용자명",
            "사용자이름",
            "아이디",
        ],
    ),
    ("display_name", &["displayname", "fullname", "realname", "氏名", "名前", "表示名", "이름", "성명", "표시이름"]),
    ("email", &["mail", "emailaddress", "mailaddress", "メール", "メールアドレス", "이메일", "메일"]),
    ("team", &["group", "department", "チーム", "部署", "グループ", "팀", "부서", "그룹"]),
    ("was", &["formername", "oldname", "previousname", "旧名"]),
    ("state", &["status", "active", "enabled", "状態", "ステータス", "상태"]),
    ("notebook.name", &["notebookname", "notebookinstancename"]),
    ("notebook.instance_type", &["instancetype", "instance", "notebooktype", "インスタンスタイプ", "인스턴스유형"]),
    ("notebook.volume_gb", &["volumegb", "volume", "volumesize", "volumesizeingb", "disk", "diskgb"]),
];

/// The column that somebody meant by a word that means the same.
pub fn column_of(word: &str) -> Option<&'static str> {
    let plain: String =
        word.chars().filter(|c| !c.is_whitespace() && !"_-.".contains(*c)).flat_map(char::to_lowercase).collect();
    COLUMN_WORDS.iter().find(|(_, words)| words.contains(&plain.as_str())).map(|(column, _)| *column)
}

/// What somebody meant who wrote a word for a person's state that is none of ours: one of ours, or that the person has left.
pub fn state_of(word: &str) -> Option<&'static str> {
    const SUSPENDED: [&str; 17] = [
        "inactive",
        "disabled",
        "deactivated",
        "suspend",
        "paused",
        "blocked",
        "locked",
        "off",
        "false",
        "no",
        "停止",
        "休止",
        "無効",
        "休職",
        "정지",
        "중지",
        "비활성",
    ];
    const LEFT: [&str; 10] =
        ["left", "leaver", "gone", "deleted", "removed", "terminated", "退職", "退会", "퇴사", "탈퇴"];
    const ACTIVE: [&str; 9] = ["enabled", "enable", "on", "true", "yes", "有効", "在籍", "활성", "재직"];
    let plain = word.trim().to_lowercase();
    let is = |words: &[&str]| words.contains(&plain.as_str());
    if is(&SUSPENDED) {
        Some("did you mean `suspended`?")
    } else if is(&LEFT) {
        Some("take the row out for somebody who has left (`racestack offboard` prints the steps), or write `suspended`")
    } else if is(&ACTIVE) {
        Some("did you mean `active`?")
    } else {
        None
    }
}

/// The nearest of `known`, if it is near enough to be what was meant.
pub fn did_you_mean<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = found.to_lowercase();
    let (distance, nearest) = known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&lower, &word.to_lowercase()), word))
        .min_by_key(|(distance, _)| *distance)?;
    // A third of the letters may differ: beyond that, a guess misleads more often than it helps.
    let most = (found.chars().count().max(nearest.chars().count()) / 3).max(1);
    (distance <= most).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_words_are_meant() {
        let known = ["company", "bucket", "notebooks"];
        assert_eq!(did_you_mean("compnay", known), Some("company"));
        assert_eq!(did_you_mean("Bucket", known), Some("bucket"));
        assert_eq!(did_you_mean("colour", known), None);
    }

    #[test]
    fn words_of_the_same_meaning_are_meant() {
        for (word, column) in [
            ("username", "name"),
            ("user_name", "name"),
            ("User Name", "name"),
            ("user", "name"),
            ("氏名", "display_name"),
            ("이름", "display_name"),
            ("instance_type", "notebook.instance_type"),
            ("E-Mail Address", "email"),
        ] {
            assert_eq!(column_of(word), Some(column), "{word}");
        }
        assert_eq!(column_of("colour"), None);
        for word in ["inactive", "Disabled", "停止", "정지"] {
            assert_eq!(state_of(word), Some("did you mean `suspended`?"), "{word}");
        }
        assert!(state_of("left").unwrap().contains("offboard"));
        assert_eq!(state_of("actve"), None);
    }

    #[test]
    fn every_column_that_is_meant_is_one() {
        assert!(COLUMN_WORDS.iter().all(|(column, _)| COLUMNS.contains(column)));
    }
}
