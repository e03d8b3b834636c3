//! Requests in which policies have no say.

/// What policies do not decide.
///
/// "No permissions are required to perform this operation. If an administrator attaches a policy to your identity that
/// explicitly denies access to the `sts:GetCallerIdentity` action, you can still perform this operation."
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
///
/// "No permissions are required for users to perform this operation. [...] You cannot use policies to control
/// authentication operations." A policy that names it "has no effect on a user's ability to perform the `GetSessionToken`
/// operation", whether it allows or denies.
/// Sources: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html>
pub(super) const NOT_BY_POLICIES: [&str; 2] = ["sts:GetCallerIdentity", FOR_USERS];

/// It "must be called by using the long-term AWS security credentials of an IAM user": who has taken a role has none.
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
pub(super) const FOR_USERS: &str = "sts:GetSessionToken";

/// Whether policies have no say in an action.
pub fn is_beyond_policies(action: &str) -> bool {
    NOT_BY_POLICIES.iter().any(|one| one.eq_ignore_ascii_case(action))
}
