//! The services that act in the account with a role of their own, and the names of these roles.

use super::names::IamPath;
use crate::config::Service;
use crate::facts::SERVICE_ROLE_PATH;

impl Service {
    /// The word that the settings use.
    pub fn as_str(self) -> &'static str {
        match self {
            Service::Deepracer => "deepracer",
            Service::Lambda => "lambda",
            Service::Sagemaker => "sagemaker",
            Service::Robomaker => "robomaker",
            Service::Cloudformation => "cloudformation",
        }
    }

    /// The name that the DeepRacer console gives the service's role.
    /// Source: <https://docs.aws.amazon.com/deepracer/latest/developerguide/deepracer-understand-required-permissions-and-iam-roles.html>
    pub fn role_name(self) -> &'static str {
        match self {
            Service::Deepracer => "AWSDeepRacerServiceRole",
            Service::Lambda => "AWSDeepRacerLambdaAccessRole",
            Service::Sagemaker => "AWSDeepRacerSageMakerAccessRole",
            Service::Robomaker => "AWSDeepRacerRoboMakerAccessRole",
            Service::Cloudformation => "AWSDeepRacerCloudFormationAccessRole",
        }
    }

    /// The service whose role has this name; `suffix` is the account's.
    pub fn of_role(name: &str, suffix: &str) -> Option<Self> {
        let name = name.strip_suffix(suffix)?;
        Service::ALL.into_iter().find(|service| service.role_name() == name)
    }

    /// All services, in the order of the settings.
    pub const ALL: [Service; 5] =
        [Service::Deepracer, Service::Lambda, Service::Sagemaker, Service::Robomaker, Service::Cloudformation];
}

/// Whether the policies of the service roles let services pass roles below `path`.
pub(super) fn may_pass(path: &IamPath) -> bool {
    [SERVICE_ROLE_PATH, "/AWSDeepRacer"].iter().any(|reached| path.as_str().starts_with(reached))
}

/// The names of all service roles, with the account's suffix.
pub(super) fn role_names(suffix: &str) -> Vec<String> {
    Service::ALL.iter().map(|service| format!("{}{suffix}", service.role_name())).collect()
}
