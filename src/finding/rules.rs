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
    FileMisnamed, "file::misnamed", Warning, "a file or folder that racestack ignores, because its name is misspelled or it is in the wrong folder";
    FileEncoding, "file::encoding", Error, "a file is not UTF-8; for a roster in CSV, racestack also could not detect another encoding with certainty";
    FileNotUtf8, "file::not-utf8", Warning, "a roster in CSV is not UTF-8; the message names the encoding that racestack used";
    FileConflict, "file::conflict", Error, "a file of the configuration, a template or a rule file has the markers of a Git merge conflict";
    FileOutdated, "file::outdated", Warning, "a schema, or a file for CI, that this version of racestack writes differently";
    FileSyntax, "file::syntax", Error, "a file is not well-formed YAML, JSON or CSV";
    FileDuplicateKey, "file::duplicate-key", Error, "a key is twice in one map, or a column twice in a header";
    SettingsUnknownKey, "settings::unknown-key", Error, "a key that racestack does not know";
    SettingsUnknownValue, "settings::unknown-value", Error, "a value that is not one of the allowed words";
    SettingsWrongType, "settings::wrong-type", Error, "a value of another type, or outside its range";
    SettingsMissingKey, "settings::missing-key", Error, "a required key is missing";
    SettingsInvalidName, "settings::invalid-name", Error, "a name or ID that AWS refuses";
    SettingsContradiction, "settings::contradiction", Error, "two settings that contradict each other";
    SettingsDefaultSecurityGroup, "settings::default-security-group", Warning, "notebooks have a subnet but no security groups; the default security group of the network lets machines in it reach each other";
    SettingsInvalidTag, "settings::invalid-tag", Error, "a tag that AWS refuses, or that racestack sets itself";
    SettingsPlaceholderId, "settings::placeholder-id", Warning, "the account ID that `racestack init` writes, which is no account's: `deploy.sh` refuses it with any credentials";
    SettingsUnknownRegion, "settings::unknown-region", Warning, "a region that was not known when this version was made";
    SettingsUnlikelyDate, "settings::unlikely-date", Warning, "a bucket's `created` is 14 digits but no date";
    SettingsBucketWithoutDeepracer, "settings::bucket-without-deepracer", Warning, "a bucket whose name lacks `deepracer`, which the DeepRacer and RoboMaker roles cannot reach";
    AccountNone, "account::none", Error, "no account is configured";
    AccountUnknown, "account::unknown", Error, "a command names an account that the configuration does not have";
    AccountInvalidName, "account::invalid-name", Error, "an account's folder has a name that cannot become part of a path and a file name";
    AccountLink, "account::link", Error, "a link in the place of an account's folder, which is not followed";
    AccountDuplicateId, "account::duplicate-id", Error, "two accounts have one account ID";
    AccountDuplicateBucket, "account::duplicate-bucket", Error, "two accounts have one bucket name";
    AccountLeftBehind, "account::left-behind", Error, "an account's ID, region, bucket or company changed; racestack would no longer manage the deployed stacks";
    RosterSeveral, "roster::several", Error, "an account has more than one roster";
    RosterEmpty, "roster::empty", Error, "a roster names nobody";
    RosterNotInDiff, "roster::not-in-diff", Warning, "a roster that `git diff` does not show: in UTF-16, or a workbook";
    RosterInvalidName, "roster::invalid-name", Error, "a user name that IAM refuses";
    RosterDuplicateUser, "roster::duplicate-user", Error, "two users of one name; IAM names are unique without regard to case";
    RosterDuplicateEmail, "roster::duplicate-email", Warning, "two users with one e-mail address: perhaps the same person";
    RosterInvalidEmail, "roster::invalid-email", Warning, "the text is not an e-mail address; racestack needs e-mail addresses to detect renamed people";
    RosterMangled, "roster::mangled", Warning, "a spreadsheet turned a cell into a date or a number; an error if digits are lost";
    RosterMixedAlphabets, "roster::mixed-alphabets", Warning, "a word with letters of two alphabets, some of which look alike";
    RosterReservedName, "roster::reserved-name", Error, "a user name that a service role or a folder that people share has";
    RosterSharedNotebookName, "roster::shared-notebook-name", Error, "two users whose notebooks would have one name";
    RosterInvalidTag, "roster::invalid-tag", Error, "a tag that AWS refuses, or that racestack sets itself";
    RosterTooManyTags, "roster::too-many-tags", Error, "more tags than AWS allows on one resource";
    RosterUntaggable, "roster::untaggable", Warning, "a display name or e-mail address with characters that AWS refuses in tags, which is therefore left out";
    RosterRenamed, "roster::renamed", Warning, "a user under a new name: CloudFormation replaces the user, and moves neither folder nor notebook";
    RosterMaybeRenamed, "roster::maybe-renamed", Warning, "a new user with the e-mail address of one who left: perhaps the same person";
    RosterMixedUp, "roster::mixed-up", Warning, "people now have e-mail addresses that others had; perhaps somebody sorted only one column";
    RosterInvalidWas, "roster::invalid-was", Error, "a former name of someone who is still in the roster";
    RosterStaleWas, "roster::stale-was", Warning, "a former name that the lock does not know as a user's";
    RosterReturned, "roster::returned", Warning, "a user of a name that someone had who left, and whose folder may still be there; an error where the lock or the out folder shows that one side of a merge removed the row";
    RosterManyLeave, "roster::many-leave", Warning, "more than two people and more than a tenth of an account leave at once; an error with `--locked`, and if people join in the same run. Confirm with `synth --leavers N`";
    RosterUnknownUser, "roster::unknown-user", Error, "a command names a user that does not exist: in the roster, for `offboard` also in `stacks.lock`, for `adopt` in the account";
    LockMissing, "lock::missing", Error, "`stacks.lock` is missing, but the out folder (also under the account's old name) has users stacks";
    LockVersion, "lock::version", Error, "a newer version of racestack wrote `stacks.lock`";
    LockBroken, "lock::broken", Error, "the lock is not as racestack wrote it";
    LockMoved, "lock::moved", Error, "the lock has a user in another stack, or under other names, than the out folder";
    LockCopied, "lock::copied", Warning, "`stacks.lock` of a new account is a copy of another account's";
    LockRenamedNotebook, "lock::renamed-notebook", Error, "a notebook that would get another name, and so be replaced by an empty one";
    LockNeedsUpdate, "lock::needs-update", Error, "`synth --locked` would have to change the lock";
    NotebookInvalidName, "notebook::invalid-name", Error, "a notebook name that SageMaker refuses, that holds `--`, or with which no training job's name could begin";
    NotebookLongName, "notebook::long-name", Warning, "a notebook's name that the SageMaker SDK cuts at the beginning of the names of training jobs, whose logs can then not be read";
    NotebookDoubleHyphen, "notebook::double-hyphen", Warning, "a notebook from before whose name holds `--`, as no new notebook's does";
    NotebookInvalidType, "notebook::invalid-type", Error, "text that is no instance type";
    NotebookOfStack, "notebook::of-stack", Error, "a notebook is marked `existing: true`, and a stack made it: CloudFormation would delete it";
    NotebookRetiredType, "notebook::retired-type", Error, "an instance type of a family that the notebook platform no longer offers";
    SettingsEmptyValue, "settings::empty-value", Warning, "a setting without a value, which counts as not set";
    SettingsNoEffect, "settings::no-effect", Warning, "an account's own setting that nothing in the account uses";
    SettingsUnknownInstanceType, "settings::unknown-instance-type", Warning, "an allowed instance type or family that was not known when this version was made; an error where its family gets no new sizes";
    NotebookUnknownType, "notebook::unknown-type", Warning, "an instance type that was not known for notebooks when this version was made; an error where its family gets no new sizes";
    NotebookTypeNotAllowed, "notebook::type-not-allowed", Error, "an instance type that the settings do not allow for notebooks";
    BudgetUnavailable, "budget::unavailable", Warning, "budgets in a region where CloudFormation had no `AWS::Budgets::Budget` when this version was made";
    ServiceRetired, "service::retired", Warning, "a role for a service that AWS has retired";
    SuppressionUnknownRule, "suppression::unknown-rule", Error, "a suppression names a rule that does not exist";
    SuppressionNotAllowed, "suppression::not-allowed", Error, "a suppression names a rule that you cannot suppress: fix the finding";
    SuppressionIncomplete, "suppression::incomplete", Error, "a suppression without a resource, a reason or an owner";
    SuppressionNotCompared, "suppression::not-compared", Warning, "`--today` is missing, so racestack cannot tell which suppressions are expired; an error with `--check`";
    SuppressionExpired, "suppression::expired", Warning, "a suppression that expired, and so suppresses nothing any more";
    SuppressionUnused, "suppression::unused", Warning, "a suppression that matches no finding";
    IsolationTooWide, "isolation::too-wide", Error, "a person, or their notebook, can do what nobody may; a warning with the documented policies";
    IsolationOwnRefused, "isolation::own-refused", Error, "a person, or their notebook, cannot use what is their own; a warning with the documented policies";
    IsolationUndecided, "isolation::undecided", Error, "racestack cannot decide whether a person, or their notebook, can do what nobody may; a warning with the documented policies, and for parts that your own templates replace, such as the start script";
    IsolationWrongTag, "isolation::wrong-tag", Error, "a user, a notebook role or a notebook whose tags `user` and `notebook` do not say whose it is";
    IsolationUnboundRoles, "isolation::unbound-roles", Warning, "`notebooks.bind_roles` is `false`: nothing ties the tag `user` of a notebook role to the role's name";
    LifecycleEnded, "lifecycle::ended", Warning, "a template uses a platform or a runtime that AWS has retired";
    LifecycleEnds, "lifecycle::ends", Warning, "a template uses what AWS retires within 180 days of `--today`";
    PolicyWeak, "policy::weak", Warning, "a known weakness of the documented policies";
    TemplateUnknown, "template::unknown", Error, "a file in the templates folder that replaces no template";
    TemplateSyntax, "template::syntax", Error, "a template that is not well-formed handlebars";
    TemplateFill, "template::fill", Error, "a template that cannot be filled, or that does not give YAML";
    OutputForeign, "output::foreign-file", Warning, "a file in an account's out folder that racestack did not write";
    OutputOccupied, "output::occupied", Error, "racestack would overwrite a file or folder that it did not write";
    OutputNotAFolder, "output::not-a-folder", Error, "a link or a file in the place of an account's out folder";
    OutputUnreadableManifest, "output::unreadable-manifest", Error, "an out folder's `manifest.json` is damaged, so racestack does not know which files it may replace";
    OutputAnotherKind, "output::another-kind", Error, "the target folder already has other content, for example an account's stacks where a cloud assembly would go";
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
    GuardBrokenRules, "guard::broken-rules", Error, "a guard rule file cannot be used: it does not parse, or its rules call each other in a circle";
    GuardUnknownType, "guard::unknown-type", Error, "a guard rule names a resource type that CloudFormation does not have, and so could never fail";
    GuardNeverApplied, "guard::never-applied", Warning, "a guard rule was skipped on every template although it names no resource type";
    GuardUnreadableReport, "guard::unreadable-report", Error, "the guard engine gave no report that can be read";
    GuardViolation, "guard::violation", Error, "a template breaks a guard rule";
    DiffRefusedReplacement, "diff::refused-replacement", Error, "a change that replaces a resource which keeps its fixed name, which CloudFormation refuses";
    DiffSmallerVolume, "diff::smaller-volume", Error, "a notebook's volume that would become smaller, which SageMaker refuses";
    DiffChangedType, "diff::changed-type", Error, "another type under the same logical ID, which CloudFormation refuses";
    DiffMovedName, "diff::moved-name", Error, "a resource with a fixed name in another stack, or under another logical ID, than before";
    DiffCollides, "diff::collides", Error, "stacks would move to another region, AWS account or company, but the old ones still have global names";
    DiffHandedOver, "diff::handed-over", Warning, "another tool or stack would now create this stack or notebook, but the old one still uses its name";
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
    AdoptOverwritten, "adopt::overwritten", Warning, "the first deployment overwrites a property of the bucket";
    AdoptNameTaken, "adopt::name-taken", Error, "the account already has a resource with a name that synth uses, and CloudFormation cannot import it";
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
