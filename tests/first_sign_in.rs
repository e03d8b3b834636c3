//! The first sign-in, decided by the policies that are written: change the password, set up a second factor, and only then
//! work; and at no time reach another's password or device.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{Workspace, json, resources};
use racestack::iam::{Context, Decision, Document, Policies, Principal, Request, decide};
use serde_json::Value;

use Decision::{Allowed, ExplicitlyDenied, ImplicitlyDenied};

const ACCOUNT: &str = "111122223333";
const BUCKET: &str = "arn:aws:s3:::mycompany-aws-deepracer-test-20221130201905";
const PROFILES: [&str; 2] = ["hardened", "documented"];

/// How somebody has signed in: with a password alone, an access key alone, or either with a second factor.
const WITHOUT_MFA: [fn() -> Context; 2] = [|| Context::new().with("aws:MultiFactorAuthPresent", "false"), Context::new];
const WITH_MFA: fn() -> Context = || Context::new().with("aws:MultiFactorAuthPresent", "true");

/// What somebody may do, by all their policies.
struct Person {
    principal: Principal,
    /// What each of their requests says of them.
    own: Context,
    identity: Vec<Document>,
    boundary: Option<Document>,
}

impl Person {
    fn asks(&self, action: &str, resource: &str, context: Context) -> Decision {
        let context =
            self.own.iter().fold(context, |context, (key, values)| context.with(key, &values.unwrap().list[0]));
        let (principal, action, resource) = (self.principal.clone(), action.to_owned(), resource.to_owned());
        let identity: Vec<_> = self.identity.iter().collect();
        let policies = Policies { identity: &identity, boundary: self.boundary.as_ref(), ..Policies::default() };
        decide(&Request { principal, action, resource, context }, &policies).decision
    }
}

/// The stacks of `tanaka.taro` and others, whose names begin or go on like that one, with a profile and what `mfa` says.
struct Stacks {
    access: BTreeMap<String, Value>,
    users: BTreeMap<String, Value>,
    user_path: String,
}

const ROSTER: &[u8] = b"name,state\ntanaka.taro,\ntanaka,\ntanaka.taro2,\nsato.hana,suspended\n";
const OTHERS: [&str; 3] = ["tanaka", "tanaka.taro2", "sato.hana"];

impl Stacks {
    #[track_caller]
    fn new(profile: &str, mfa: &str) -> Self {
        let settings = format!("policies: {profile}\nconsole: true\nmfa: {mfa}\n");
        let files = Workspace::new(&settings, "roster.csv", ROSTER).synthesised();
        let of = |file: &str| resources(&files[file]).into_iter().map(|(id, resource)| (id, json(&resource))).collect();
        let user_path = if profile == "hardened" { "/deepracer/" } else { "/" }.to_owned();
        Self { access: of("access.yaml"), users: of("users-001.yaml"), user_path }
    }

    fn policy(&self, id: &str) -> Document {
        Document::parse(&self.access[id]["Properties"]["PolicyDocument"]).unwrap()
    }

    /// The policy of an ARN that a template names.
    fn attached(&self, arn: &Value) -> Document {
        let name = arn.as_str().unwrap().rsplit('/').next().unwrap();
        let id = self.access.iter().find(|(_, policy)| policy["Properties"]["ManagedPolicyName"] == name).unwrap().0;
        self.policy(id)
    }

    fn user(&self, id: &str) -> Person {
        let user = &self.users[&format!("{id}User")]["Properties"];
        let group = self.access["Group"]["Properties"]["ManagedPolicyArns"].as_array().unwrap();
        // `!Ref` in the template: a tagged value, which is written as a map of one key here.
        let of_group = group.iter().map(|reference| {
            let id = reference.as_object().map_or(reference, |map| map.values().next().unwrap());
            self.policy(id.as_str().unwrap())
        });
        let name = user["UserName"].as_str().unwrap().to_owned();
        Person {
            principal: Principal::User { arn: self.user_arn(&name), account: ACCOUNT.to_owned() },
            own: tags(user).with("aws:username", &name),
            identity: of_group.chain(self.managed(user)).collect(),
            boundary: user.get("PermissionsBoundary").map(|arn| self.attached(arn)),
        }
    }

    fn notebook_role(&self, id: &str) -> Person {
        let role = &self.users[&format!("{id}NotebookRole")]["Properties"];
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/deepracer/notebook/{}", role["RoleName"].as_str().unwrap());
        Person {
            own: tags(role).with("aws:PrincipalArn", &arn),
            principal: Principal::Role { arn, session: None, account: ACCOUNT.to_owned() },
            identity: self.managed(role).collect(),
            boundary: Some(self.attached(&role["PermissionsBoundary"])),
        }
    }

    /// The policies that are attached to a user or role itself.
    fn managed<'a>(&'a self, principal: &'a Value) -> impl Iterator<Item = Document> {
        assert!(principal.get("Policies").is_none(), "an inline policy");
        principal.get("ManagedPolicyArns").and_then(Value::as_array).into_iter().flatten().map(|arn| self.attached(arn))
    }

    fn user_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:user{}{name}", self.user_path)
    }
}

/// The tags of a user or role, as its requests have them.
fn tags(principal: &Value) -> Context {
    principal["Tags"].as_array().unwrap().iter().fold(Context::new(), |context, tag| {
        context.with(&format!("aws:PrincipalTag/{}", tag["Key"].as_str().unwrap()), tag["Value"].as_str().unwrap())
    })
}

fn device(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:mfa/{name}")
}

fn secret(name: &str) -> String {
    format!("arn:aws:secretsmanager:ap-northeast-1:{ACCOUNT}:secret:mycompany-deepracer/{name}/password-AbCdEf")
}

/// The way from the first password to a second factor, in order.
fn enrolment(user: &str, device: &str) -> Vec<(&'static str, String)> {
    vec![
        // The console asks for a new password before it shows anything.
        ("iam:GetAccountPasswordPolicy", "*".to_owned()),
        ("iam:ChangePassword", user.to_owned()),
        // Security credentials.
        ("iam:GetUser", user.to_owned()),
        ("iam:GetLoginProfile", user.to_owned()),
        ("iam:ListMFADevices", user.to_owned()),
        ("iam:ListVirtualMFADevices", "*".to_owned()),
        // Assign MFA device; the first time, it was broken off.
        ("iam:CreateVirtualMFADevice", device.to_owned()),
        ("iam:DeleteVirtualMFADevice", device.to_owned()),
        ("iam:CreateVirtualMFADevice", device.to_owned()),
        ("iam:EnableMFADevice", user.to_owned()),
        ("iam:GetMFADevice", user.to_owned()),
        ("iam:ResyncMFADevice", user.to_owned()),
    ]
}

/// What somebody came for.
fn work(user: &str) -> Vec<(&'static str, String, Context)> {
    let own =
        || Context::new().with("aws:ResourceTag/user", "tanaka.taro").with("sagemaker:ResourceTag/user", "tanaka.taro");
    let notebook = format!("arn:aws:sagemaker:ap-northeast-1:{ACCOUNT}:notebook-instance/tanaka-taro");
    vec![
        ("s3:ListBucket", BUCKET.to_owned(), Context::new().with("s3:prefix", "tanaka.taro/")),
        ("s3:GetObject", format!("{BUCKET}/tanaka.taro/reward.py"), Context::new()),
        ("s3:PutObject", format!("{BUCKET}/tanaka.taro/reward.py"), Context::new()),
        ("iam:CreateAccessKey", user.to_owned(), Context::new()),
        ("sagemaker:CreatePresignedNotebookInstanceUrl", notebook.clone(), own()),
        ("sagemaker:StartNotebookInstance", notebook, own()),
    ]
}

fn and(context: Context, mfa: &Context) -> Context {
    mfa.iter().fold(context, |context, (key, values)| context.with(key, values.unwrap().list[0].clone()))
}

/// Where a second factor is required, the first sign-in leads to one and nowhere else; where it is optional, people work without it.
/// Without it, nobody takes it away.
#[test]
fn without_a_second_factor_people_set_one_up_and_work_where_it_is_optional_alone() {
    let settings = [("required", ExplicitlyDenied, ExplicitlyDenied), ("optional", Allowed, ImplicitlyDenied)];
    for (profile, (setting, working, taking_away)) in
        PROFILES.into_iter().flat_map(|one| settings.map(|two| (one, two)))
    {
        let stacks = Stacks::new(profile, setting);
        let person = stacks.user("TanakaTaro");
        let (user, device) = (stacks.user_arn("tanaka.taro"), device("tanaka.taro"));
        let assert_works = |mfa: &Context, expected| {
            for (action, resource, context) in work(&user) {
                let decision = person.asks(action, &resource, and(context, mfa));
                assert_eq!(decision, expected, "{profile}, {setting}: {action} on {resource}");
            }
        };
        for mfa in WITHOUT_MFA {
            for (action, resource) in enrolment(&user, &device) {
                assert_eq!(
                    person.asks(action, &resource, mfa()),
                    Allowed,
                    "{profile}, {setting}: {action} on {resource}"
                );
            }
            assert_works(&mfa(), working);
            assert_eq!(person.asks("iam:DeactivateMFADevice", &user, mfa()), taking_away, "{profile}, {setting}");
            // Nobody needs a permission for it.
            assert_eq!(person.asks("sts:GetSessionToken", "*", mfa()), Allowed, "{profile}, {setting}");
        }
        assert_works(&WITH_MFA(), Allowed);
        assert_eq!(person.asks("iam:DeactivateMFADevice", &user, WITH_MFA()), Allowed, "{profile}, {setting}");
    }
}

#[test]
fn nothing_is_excepted_from_the_second_factor_but_the_way_to_it() {
    let stacks = Stacks::new("hardened", "required");
    let statements = stacks.access["SignInPolicy"]["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap();
    let denial = statements.iter().find(|statement| statement["Sid"] == "DenyWithoutMfa").unwrap();
    let excepted: BTreeSet<&str> =
        denial["NotAction"].as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect();
    let mut way: BTreeSet<&str> = enrolment("", "").into_iter().map(|(action, _)| action).collect();
    way.insert("sts:GetSessionToken");
    assert_eq!(excepted, way);
}

#[test]
fn nobody_reaches_the_password_or_the_device_of_another() {
    const OF_A_USER: [&str; 11] = [
        "iam:ChangePassword",
        "iam:CreateLoginProfile",
        "iam:DeactivateMFADevice",
        "iam:DeleteLoginProfile",
        "iam:EnableMFADevice",
        "iam:GetLoginProfile",
        "iam:GetMFADevice",
        "iam:GetUser",
        "iam:ListMFADevices",
        "iam:ResyncMFADevice",
        "iam:UpdateLoginProfile",
    ];
    const OF_A_DEVICE: [&str; 4] =
        ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice", "iam:TagMFADevice", "iam:UntagMFADevice"];
    for (profile, setting) in
        PROFILES.into_iter().flat_map(|profile| ["required", "optional", "off"].map(|mfa| (profile, mfa)))
    {
        let stacks = Stacks::new(profile, setting);
        let person = stacks.user("TanakaTaro");
        for mfa in WITHOUT_MFA.into_iter().chain([WITH_MFA]) {
            let denied = |action: &str, resource: &str| {
                let decision = person.asks(action, resource, mfa());
                let is_denied = matches!(decision, ExplicitlyDenied | ImplicitlyDenied);
                assert!(is_denied, "{profile}, {setting}: {action} on {resource} is {decision:?}");
            };
            for other in OTHERS {
                for action in OF_A_USER {
                    denied(action, &stacks.user_arn(other));
                }
                for action in OF_A_DEVICE {
                    denied(action, &device(other));
                }
            }
            for name in OTHERS.into_iter().chain(["tanaka.taro"]) {
                for action in
                    ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"]
                {
                    assert_eq!(person.asks(action, &secret(name), mfa()), ExplicitlyDenied, "{profile}: {action}");
                }
            }
            for action in ["iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:DeleteLoginProfile"] {
                denied(action, &stacks.user_arn("tanaka.taro"));
            }
        }
    }
}

#[test]
fn somebody_who_is_suspended_can_sign_in_and_do_nothing() {
    for profile in PROFILES {
        let stacks = Stacks::new(profile, "required");
        let person = stacks.user("SatoHana");
        let (user, device) = (stacks.user_arn("sato.hana"), device("sato.hana"));
        for mfa in WITHOUT_MFA.into_iter().chain([WITH_MFA]) {
            for (action, resource) in enrolment(&user, &device) {
                assert_eq!(person.asks(action, &resource, mfa()), ExplicitlyDenied, "{profile}: {action}");
            }
        }
    }
}

#[test]
fn a_notebook_works_without_a_second_factor_and_reads_no_password() {
    for profile in PROFILES {
        let role = Stacks::new(profile, "required").notebook_role("TanakaTaro");
        let own = format!("{BUCKET}/tanaka.taro/reward.py");
        assert_eq!(role.asks("s3:GetObject", &own, Context::new()), Allowed, "{profile}");
        for name in OTHERS.into_iter().chain(["tanaka.taro"]) {
            let decision = role.asks("secretsmanager:GetSecretValue", &secret(name), Context::new());
            assert_eq!(decision, ExplicitlyDenied, "{profile}: {name}");
        }
    }
}
