//! The one table of rules: every finding that racestack can make has its entry here, and `docs/findings.md` is tested
//! against it. The guard rules of `rules/` are something else: what breaks one of them is a finding of `guard::violation`.

use super::Severity;

/// What the table says of a rule.
#[derive(Debug)]
pub struct RuleInfo {
    /// The rule it describes.
    pub rule: Rule,
    /// `area::the-bad-thing`.
    pub id: &'static str,
    /// The severity of its findings.
    pub severity: Severity,
    /// One sentence: what the rule reports.
    pub summary: &'static str,
}

macro_rules! rules {
    ($($variant:ident, $id:literal, $severity:ident, $summary:literal;)*) => {
        /// A rule of racestack's own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $summary] $variant,)*
        }

        /// Every rule, in the order of the areas.
        pub const RULES: &[RuleInfo] = &[
            $(RuleInfo { rule: Rule::$variant, id: $id, severity: Severity::$severity, summary: $summary },)*
        ];
    };
}

rules! {
    FileMissing, "file::missing", Error, "a file that racestack needs does not exist";
    FileMisnamed, "file::misnamed", Warning, "a file or folder that racestack does not read, under nearly the name of one that it does, or in another folder";
    FileEncoding, "file::encoding", Error, "a file is not UTF-8, nor, where it is a roster in CSV, certain to be in another encoding";
    FileNotUtf8, "file::not-utf8", Warning, "a roster in CSV that is not UTF-8, and the encoding that it was taken to be in";
    FileConflict, "file::conflict", Error, "a file of the configuration, a template or a rule file has the marks of a merge conflict";
    FileOutdated, "file::outdated", Warning, "a schema, or a file for CI, that another version of racestack wrote";
    FileSyntax, "file::syntax", Error, "a file is not well-formed YAML, JSON or CSV";
    FileDuplicateKey, "file::duplicate-key", Error, "a key is twice in one map, or a column twice in a header";
    SettingsUnknownKey, "settings::unknown-key", Error, "a key that racestack does not know";
    SettingsUnknownValue, "settings::unknown-value", Error, "a word that is none of those allowed";
    SettingsWrongType, "settings::wrong-type", Error, "a value of another type, or outside its range";
    SettingsMissingKey, "settings::missing-key", Error, "a required key is missing";
    SettingsInvalidName, "settings::invalid-name", Error, "a name or ID that AWS refuses";
    SettingsContradiction, "settings::contradiction", Error, "two settings that cannot hold together";
    SettingsDefaultSecurityGroup, "settings::default-security-group", Warning, "notebooks in a subnet without security groups of their own, where those of the network let machines reach each other";
    SettingsInvalidTag, "settings::invalid-tag", Error, "a tag that AWS refuses, or that racestack sets itself";
    SettingsUnknownRegion, "settings::unknown-region", Warning, "a region that was not known when this version was made";
    SettingsUnlikelyDate, "settings::unlikely-date", Warning, "a bucket's `created` is 14 digits but no date";
    SettingsBucketWithoutDeepracer, "settings::bucket-without-deepracer", Warning, "a bucket whose name lacks `deepracer`, which the DeepRacer and RoboMaker roles cannot reach";
    AccountNone, "account::none", Error, "no account is configured";
    AccountUnknown, "account::unknown", Error, "an account was named that is not configured";
    AccountInvalidName, "account::invalid-name", Error, "an account's folder has a name that cannot become part of a path and a file name";
    AccountLink, "account::link", Error, "a link in the place of an account's folder, which is not followed";
    AccountDuplicateId, "account::duplicate-id", Error, "two accounts have one account ID";
    AccountDuplicateBucket, "account::duplicate-bucket", Error, "two accounts have one bucket name";
    AccountLeftBehind, "account::left-behind", Error, "an account whose ID, region, bucket or company is another than its out folder was made with: what is deployed would be left behind";
    RosterSeveral, "roster::several", Error, "an account has more than one roster";
    RosterEmpty, "roster::empty", Error, "a roster names nobody";
    RosterNotInDiff, "roster::not-in-diff", Warning, "a roster that `git diff` does not show: in UTF-16, or a workbook";
    RosterInvalidName, "roster::invalid-name", Error, "a user name that IAM refuses";
    RosterDuplicateUser, "roster::duplicate-user", Error, "two users of one name; IAM names are unique without regard to case";
    RosterDuplicateEmail, "roster::duplicate-email", Warning, "two users with one e-mail address: perhaps the same person";
    RosterInvalidEmail, "roster::invalid-email", Warning, "a text that is no e-mail address, so that racestack cannot see by it that a new user is a former one";
    RosterMangled, "roster::mangled", Warning, "a cell that a spreadsheet has made a date of, or a number; an error where digits are lost";
    RosterMixedAlphabets, "roster::mixed-alphabets", Warning, "a word with letters of two alphabets, some of which look alike";
    RosterReservedName, "roster::reserved-name", Error, "a user name that a service role or a folder that people share has";
    RosterSharedNotebookName, "roster::shared-notebook-name", Error, "two users whose notebooks would have one name";
    RosterInvalidTag, "roster::invalid-tag", Error, "a tag that AWS refuses, or that racestack sets itself";
    RosterTooManyTags, "roster::too-many-tags", Error, "more tags than AWS allows on one resource";
    RosterUntaggable, "roster::untaggable", Warning, "a display name or e-mail address with characters that AWS refuses in tags, which is therefore left out";
    RosterRenamed, "roster::renamed", Warning, "a user under a new name: CloudFormation replaces the user, and moves neither folder nor notebook";
    RosterMaybeRenamed, "roster::maybe-renamed", Warning, "a new user with the e-mail address of one who left: perhaps the same person";
    RosterMixedUp, "roster::mixed-up", Warning, "people with e-mail addresses that others had: perhaps names that were moved without the rest of their rows";
    RosterInvalidWas, "roster::invalid-was", Error, "a former name of someone who is still in the roster";
    RosterStaleWas, "roster::stale-was", Warning, "a former name that the lock does not know as a user's";
    RosterReturned, "roster::returned", Warning, "a user of a name that someone had who left, and whose folder may still be there";
    RosterManyLeave, "roster::many-leave", Warning, "more than a tenth of an account's people, and more than two, leave at once: an error with `--locked`, and where others join in the same run, until `synth --leavers N` has written the lock";
    RosterUnknownUser, "roster::unknown-user", Error, "a user was named whom neither the roster nor, for `racestack offboard`, the lock has; for `racestack adopt`, whom the account does not have";
    LockMissing, "lock::missing", Error, "the out folder, also under the name that the account had before, holds users stacks, but the lock that placed their users is gone";
    LockVersion, "lock::version", Error, "the lock is of a form that this racestack does not know";
    LockBroken, "lock::broken", Error, "the lock is not as racestack wrote it";
    LockMoved, "lock::moved", Error, "the lock has a user in another stack, or under other names, than the out folder";
    LockCopied, "lock::copied", Warning, "the lock of an account that has no stacks yet has no lines but those of another account's";
    LockRenamedNotebook, "lock::renamed-notebook", Error, "a notebook that would get another name, and so be replaced by an empty one";
    LockNeedsUpdate, "lock::needs-update", Error, "`synth --locked` would have to change the lock";
    NotebookInvalidName, "notebook::invalid-name", Error, "a notebook name that SageMaker refuses, that holds `--`, or with which no training job's name could begin";
    NotebookLongName, "notebook::long-name", Warning, "a notebook's name that the SageMaker SDK cuts at the beginning of the names of training jobs, whose logs can then not be read";
    NotebookDoubleHyphen, "notebook::double-hyphen", Warning, "a notebook from before whose name holds `--`, as no new notebook's does";
    NotebookInvalidType, "notebook::invalid-type", Error, "text that is no instance type";
    NotebookRetiredType, "notebook::retired-type", Error, "an instance type of a family that the notebook platform no longer offers";
    SettingsEmptyValue, "settings::empty-value", Warning, "a setting without a value, which counts as not set";
    SettingsUnknownInstanceType, "settings::unknown-instance-type", Warning, "an allowed instance type or family that was not known when this version was made; an error where its family gets no new sizes";
    NotebookUnknownType, "notebook::unknown-type", Warning, "an instance type that was not known for notebooks when this version was made; an error where its family gets no new sizes";
    NotebookTypeNotAllowed, "notebook::type-not-allowed", Error, "an instance type that the settings do not allow for notebooks";
    BudgetUnavailable, "budget::unavailable", Warning, "budgets in a region where CloudFormation had no `AWS::Budgets::Budget` when this version was made";
    ServiceRetired, "service::retired", Warning, "a role for a service that AWS has retired";
    SuppressionUnknownRule, "suppression::unknown-rule", Error, "a suppression names a rule that does not exist";
    SuppressionNotAllowed, "suppression::not-allowed", Error, "a suppression names a rule whose findings must be mended";
    SuppressionIncomplete, "suppression::incomplete", Error, "a suppression without a resource, a reason or an owner";
    SuppressionNotCompared, "suppression::not-compared", Warning, "suppressions expire, and no `--today` was given to compare with; an error under `--check`";
    SuppressionExpired, "suppression::expired", Warning, "a suppression that expired, and so suppresses nothing any more";
    SuppressionUnused, "suppression::unused", Warning, "a suppression of a finding that is not made";
    IsolationTooWide, "isolation::too-wide", Error, "a person, or their notebook, can do what nobody may; a warning with the documented policies";
    IsolationOwnRefused, "isolation::own-refused", Error, "a person, or their notebook, cannot use what is their own; a warning with the documented policies";
    IsolationUndecided, "isolation::undecided", Error, "it is not known whether a person, or their notebook, can do what nobody may; a warning with the documented policies, and of what replaced templates make otherwise, such as a start script";
    IsolationWrongTag, "isolation::wrong-tag", Error, "a user, a notebook role or a notebook whose tags `user` and `notebook` do not say whose it is";
    IsolationUnboundRoles, "isolation::unbound-roles", Warning, "the settings leave out what binds a notebook role's tag to its name";
    LifecycleEnded, "lifecycle::ended", Warning, "a template uses a platform or a runtime that AWS has retired";
    LifecycleEnds, "lifecycle::ends", Warning, "a template uses what AWS retires within 180 days of `--today`";
    PolicyWeak, "policy::weak", Warning, "a known weakness of the documented policies";
    TemplateUnknown, "template::unknown", Error, "a file in the templates folder that replaces no template";
    TemplateSyntax, "template::syntax", Error, "a template that is not well-formed handlebars";
    TemplateFill, "template::fill", Error, "a template that cannot be filled, or that does not give YAML";
    OutputForeign, "output::foreign-file", Warning, "a file in an account's out folder that racestack did not write";
    OutputOccupied, "output::occupied", Error, "a file or folder that racestack did not write has the name of one that it is to write";
    OutputNotAFolder, "output::not-a-folder", Error, "a link or a file in the place of an account's out folder";
    OutputUnreadableManifest, "output::unreadable-manifest", Error, "an out folder's manifest does not say which files are racestack's";
    OutputAnotherKind, "output::another-kind", Error, "a folder holds something else than what is to be written there, such as an account's stacks where a cloud assembly is wanted";
    OutputOrphan, "output::orphan", Warning, "an out folder of an account that is no longer configured";
    OutputRemovedStack, "output::removed-stack", Warning, "a stack that is no longer made, and may still be deployed";
    OutputStale, "output::stale", Error, "`synth --check` found a file that differs from what synth would write";
    StackSetEmpty, "stackset::empty", Error, "a StackSet of a part that no account has";
    StackSetDeployedTwice, "stackset::deployed-twice", Warning, "a StackSet of a part that `deploy.sh` deploys as well, so that the names collide";
    StackSetDifference, "stackset::difference", Error, "accounts that differ by more than what a StackSet's parameters can say";
    StackSetPartition, "stackset::partition", Error, "accounts of several partitions, which no StackSet spans";
    StackSetMacro, "stackset::macro", Error, "a template with a macro, whose result a StackSet would deploy without showing it first";
    TemplateNotCloudformation, "template::not-cloudformation", Error, "a template holds what CloudFormation does not know, such as an unknown tag";
    TemplateYamlWord, "template::yaml-word", Warning, "a word without quotes in a template of one's own that CloudFormation takes for true or false";
    TemplateStructure, "template::structure", Error, "a template whose structure is not the one that its users should give it";
    LimitExceeded, "limit::exceeded", Error, "more of something than AWS allows in one place";
    LimitSyntax, "limit::syntax", Error, "a name or value in a template that AWS refuses";
    LimitQuota, "limit::quota", Error, "more of something than the account's quota allows";
    ReferenceUnresolved, "reference::unresolved", Error, "a reference to a resource that no stack defines, or that is deployed later";
    ReferenceForeign, "reference::foreign", Error, "an ARN of another partition or account than the stack's";
    GuardBrokenRules, "guard::broken-rules", Error, "a guard rule file cannot be used: it is empty, does not parse, or recurses";
    GuardUnknownType, "guard::unknown-type", Error, "a guard rule names a resource type that CloudFormation does not have, and so could never fail";
    GuardNeverApplied, "guard::never-applied", Warning, "a guard rule was skipped on every template although it names no resource type";
    GuardUnreadableReport, "guard::unreadable-report", Error, "the guard engine gave no report that can be read";
    GuardViolation, "guard::violation", Error, "a template breaks a guard rule";
    DiffRefusedReplacement, "diff::refused-replacement", Error, "a change that replaces a resource which keeps its fixed name, which CloudFormation refuses";
    DiffSmallerVolume, "diff::smaller-volume", Error, "a notebook's volume that would become smaller, which SageMaker refuses";
    DiffChangedType, "diff::changed-type", Error, "another type under the same logical ID, which CloudFormation refuses";
    DiffMovedName, "diff::moved-name", Error, "a resource with a fixed name in another stack, or under another logical ID, than before";
    DiffCollides, "diff::collides", Error, "stacks in another region, AWS account or company than before, while those of before have names that are global";
    DiffHandedOver, "diff::handed-over", Warning, "a stack, or a notebook made by hand, that something else is to make than before, while the old one has its names";
    DiffWidened, "diff::widened", Error, "somebody may do more than before, or perhaps more, and `--fail-on widened` was given";
    DiffReplaced, "diff::replaced", Error, "something is replaced, or may be, and `--fail-on replaced` was given";
    DiffDeleted, "diff::deleted", Error, "something is deleted, and `--fail-on deleted` was given";
    AuditExport, "audit::export", Error, "an export of an account that lacks something, is of another account, or cannot be read";
    AuditReached, "audit::reached", Error, "a user, role or resource policy that is neither a person's nor trusted, and reaches what people have";
    AuditNotebookRole, "audit::notebook-role", Error, "a notebook that acts as another role than its person's own";
    AuditDrift, "audit::drift", Warning, "something in an account that differs from what its out folder says";
    AuditNotInRoster, "audit::not-in-roster", Warning, "somebody, or something, that is deployed and that no stack of the out folder has";
    AuditNotDeployed, "audit::not-deployed", Warning, "something that the out folder has and the account does not";
    AuditOwnerless, "audit::ownerless", Warning, "a notebook, a training job or a folder that belongs to nobody of the roster";
    AuditOldKey, "audit::old-key", Warning, "an access key older than the settings allow";
    AuditUnusedKey, "audit::unused-key", Warning, "an access key that was never used, or not for long";
    AuditNoMfa, "audit::no-mfa", Warning, "a user with a password for the console and without a second factor";
    AuditRetiredPlatform, "audit::retired-platform", Warning, "a notebook on a platform that AWS has retired";
    AuditRunning, "audit::running", Warning, "a notebook that has been running for days";
    AdoptLeftOut, "adopt::left-out", Warning, "something of an account that stays outside of the stacks";
    AdoptAssumedOwner, "adopt::assumed-owner", Warning, "a notebook without the tag `user` that is taken for a person's by its name";
    AdoptOverwritten, "adopt::overwritten", Warning, "something of a bucket that the first deployment puts racestack's own in the place of";
    AdoptNameTaken, "adopt::name-taken", Error, "something of an account that has the name of what synth makes, and that CloudFormation cannot import";
}

impl Rule {
    /// The entry of the table.
    pub fn info(self) -> &'static RuleInfo {
        &RULES[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_finds_its_own_entry() {
        for info in RULES {
            assert_eq!(info.rule.info().id, info.id);
        }
    }

    #[test]
    fn ids_are_unique_and_have_an_area_and_a_bad_thing() {
        let mut seen = std::collections::BTreeSet::new();
        for info in RULES {
            let (area, thing) = info.id.split_once("::").unwrap();
            let word = |text: &str| {
                !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit())
            };
            assert!(word(area) && word(thing), "{}", info.id);
            assert!(seen.insert(info.id), "{} stands twice", info.id);
        }
    }
}
