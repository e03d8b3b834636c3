//! The services that act in the account with a role of their own, and the names of these roles.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::config::{IamPath, Profile, Service};
use crate::facts::SERVICE_ROLE_PATH;
use crate::source::Place;

impl Service {
    /// The word that the settings use, the one that logical IDs have, and the name that the DeepRacer console gives the service's role.
    /// Source: <https://docs.aws.amazon.com/deepracer/latest/developerguide/deepracer-understand-required-permissions-and-iam-roles.html>
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Service::Deepracer => ("deepracer", "DeepRacer", "AWSDeepRacerServiceRole"),
            Service::Lambda => ("lambda", "Lambda", "AWSDeepRacerLambdaAccessRole"),
            Service::Sagemaker => ("sagemaker", "SageMaker", "AWSDeepRacerSageMakerAccessRole"),
            Service::Robomaker => ("robomaker", "RoboMaker", "AWSDeepRacerRoboMakerAccessRole"),
            Service::Cloudformation => ("cloudformation", "CloudFormation", "AWSDeepRacerCloudFormationAccessRole"),
        }
    }

    /// The word that the settings use.
    pub fn as_str(self) -> &'static str {
        self.names().0
    }

    /// The logical ID of the service's role.
    pub fn logical_id(self) -> String {
        format!("{}Role", self.names().1)
    }

    /// The name that the DeepRacer console gives the service's role.
    pub fn role_name(self) -> &'static str {
        self.names().2
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

/// The names of all service roles, with the account's suffix.
pub(super) fn role_names(suffix: &str) -> Vec<String> {
    Service::ALL.iter().map(|service| format!("{}{suffix}", service.role_name())).collect()
}

impl Reader<'_> {
    /// Checks the paths that people and roles begin with. No service may pass the notebook roles below theirs.
    pub(super) fn paths(&mut self) {
        let settings = &self.config.settings;
        let is_root = settings.iam_path.as_ref().is_some_and(|path| path.as_str() == "/");
        if is_root && settings.policies == Profile::Hardened {
            let message =
                "`/` is the path of all users, and with `policies: hardened` their path tells people from others";
            self.contradict("iam_path", message, "choose a path for `iam_path`, such as `/deepracer/`");
        }
        let (path, key) = match &settings.role_path {
            Some(own) => (Some(own), "role_path"),
            None => (settings.iam_path.as_ref(), "iam_path"),
        };
        // The policies of the service roles let services pass roles below these.
        let reached = |path: &&IamPath| {
            [SERVICE_ROLE_PATH, "/AWSDeepRacer"].iter().any(|reached| path.as_str().starts_with(reached))
        };
        if let Some(path) = path.filter(reached) {
            let message =
                format!("services may pass the roles below `{path}`, and so take on a person's notebook role");
            self.contradict(key, message, format!("choose another `{key}`, such as `/deepracer/`"));
        }
    }

    pub(super) fn services(&self) -> BTreeMap<Service, Place> {
        let nodes = self.config.node.values_of("services").unwrap_or_default();
        self.config.settings.services.iter().copied().zip(nodes.iter().map(|node| node.place.clone())).collect()
    }
}
