//! The actions by which somebody comes to what they do not have: they become somebody else, or give themselves more.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

use serde_json::Value;

use crate::iam::{AccessLine, Direction, TooManyWays, is_like_pattern};
use crate::inventory::{IdentityKind, PolicyDocument, Principal, one_or_more};

/// Taking a role.
pub const TAKE: &str = "sts:AssumeRole";
/// Passing a role to a service.
pub const PASS: &str = "iam:PassRole";
/// Putting a user into a group.
pub const JOIN: &str = "iam:AddUserToGroup";

/// What an action does.
#[derive(PartialEq, Eq)]
pub enum StepEffect {
    /// It makes who calls it a role or a user, which these words say.
    Become(IdentityKind, &'static str),
    /// It puts a user into a group.
    Join,
    /// It gives an identity a policy.
    Give(IdentityKind),
    /// It changes a managed policy for all who have it.
    Rewrite,
    /// It takes a permissions boundary away, or sets another.
    Unbind(IdentityKind),
    /// It makes an identity, without any policy.
    Make(IdentityKind),
}

/// The actions by which somebody comes to what they do not have.
pub const STEPS: [(&str, StepEffect); 21] = [
    (TAKE, StepEffect::Become(IdentityKind::Role, "takes")),
    (PASS, StepEffect::Become(IdentityKind::Role, "can pass to a service")),
    ("iam:UpdateAssumeRolePolicy", StepEffect::Become(IdentityKind::Role, "can change the trust policy of")),
    ("iam:CreateAccessKey", StepEffect::Become(IdentityKind::User, "can make an access key of")),
    ("iam:CreateLoginProfile", StepEffect::Become(IdentityKind::User, "can make a password of")),
    ("iam:UpdateLoginProfile", StepEffect::Become(IdentityKind::User, "can change the password of")),
    (JOIN, StepEffect::Join),
    ("iam:PutUserPolicy", StepEffect::Give(IdentityKind::User)),
    ("iam:AttachUserPolicy", StepEffect::Give(IdentityKind::User)),
    ("iam:PutRolePolicy", StepEffect::Give(IdentityKind::Role)),
    ("iam:AttachRolePolicy", StepEffect::Give(IdentityKind::Role)),
    ("iam:PutGroupPolicy", StepEffect::Give(IdentityKind::Group)),
    ("iam:AttachGroupPolicy", StepEffect::Give(IdentityKind::Group)),
    ("iam:CreatePolicyVersion", StepEffect::Rewrite),
    ("iam:SetDefaultPolicyVersion", StepEffect::Rewrite),
    ("iam:DeleteUserPermissionsBoundary", StepEffect::Unbind(IdentityKind::User)),
    ("iam:PutUserPermissionsBoundary", StepEffect::Unbind(IdentityKind::User)),
    ("iam:DeleteRolePermissionsBoundary", StepEffect::Unbind(IdentityKind::Role)),
    ("iam:PutRolePermissionsBoundary", StepEffect::Unbind(IdentityKind::Role)),
    ("iam:CreateUser", StepEffect::Make(IdentityKind::User)),
    ("iam:CreateRole", StepEffect::Make(IdentityKind::Role)),
];

/// Whether an action, or a pattern, may be one of these.
pub fn is_step(pattern: &str) -> bool {
    let pattern = pattern.to_lowercase();
    STEPS.iter().any(|(action, _)| is_like_pattern(&pattern, &action.to_lowercase()))
}

/// The actions of `STEPS` with an effect.
pub fn actions_with(effect: StepEffect) -> impl Iterator<Item = &'static str> {
    STEPS.iter().filter(move |(_, one)| *one == effect).map(|(action, _)| *action)
}

/// What a principal may do by its own policies, of `STEPS`.
pub type Lines = Result<Vec<AccessLine>, TooManyWays>;

/// Whether lines tell of an action on a resource; `None` where they do not, `Some(true)` where it is certain.
pub fn tell(lines: &Lines, action: &str, resource: &str, said: &[(&str, Option<&str>)]) -> Option<bool> {
    let Ok(lines) = lines else { return Some(false) };
    let told = lines.iter().filter(|line| line.tells(action, resource, said));
    told.map(|line| line.direction == Direction::Widened).max()
}

/// Whether any of these tells of an action on a resource, by an identity with this permissions boundary.
pub fn may(powers: &[&Lines], action: &str, resource: &str, bound: Option<&str>) -> bool {
    powers.iter().any(|lines| tell(lines, action, resource, &[("iam:PermissionsBoundary", bound)]).is_some())
}

/// The principals of a kind, such as `Service`, that a trust policy lets in.
pub fn principals<'t>(trust: &'t PolicyDocument, kind: &'t str) -> impl Iterator<Item = &'t str> {
    let allows = trust.statements().filter(|one| one.get("Effect").is_some_and(|effect| effect == "Allow"));
    let named = allows.flat_map(move |one| one_or_more(one.get("Principal").and_then(|all| all.get(kind))));
    named.filter_map(Value::as_str)
}

/// Whether a trust policy may name somebody by more than the account.
pub fn names(trust: &PolicyDocument, who: &Principal<'_>) -> bool {
    let is_open = |one: &Value| one.get("Principal").is_none_or(|principal| principal == "*");
    let is_named = |one: &str| one == "*" || one == who.arn;
    session(trust, who).is_some() || principals(trust, "AWS").any(is_named) || trust.statements().any(is_open)
}

/// The session of a role that a trust policy names.
pub fn session<'t>(trust: &'t PolicyDocument, who: &Principal<'_>) -> Option<&'t str> {
    let session = format!(":assumed-role/{}/", who.name);
    principals(trust, "AWS").find(|one| who.kind == IdentityKind::Role && one.contains(&session))
}

/// Whether a trust policy names nobody but services.
pub fn is_of_services(trust: &PolicyDocument) -> bool {
    let is_service = |one: &Value| {
        let principals = one.get("Principal").and_then(Value::as_object);
        principals.is_some_and(|principals| principals.keys().all(|kind| kind == "Service"))
    };
    trust.statements().all(is_service)
}
