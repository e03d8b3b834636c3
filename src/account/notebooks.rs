//! Notebook instances, training jobs and lifecycle configurations, as SageMaker tells of them.
//! Sources: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeNotebookInstance.html>,
//! <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrainingJobs.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::reading::{Described, ExportReader, LiveTag, place_of};
use crate::facts::date::Date;
use crate::files::FileError;
use crate::source::Place;

/// A notebook instance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a map with `NotebookInstanceName`, `NotebookInstanceArn` and others")]
pub struct LiveNotebook {
    #[serde(rename = "NotebookInstanceName")]
    pub name: String,
    #[serde(rename = "NotebookInstanceArn")]
    pub arn: String,
    /// The ARN of the role that it acts as.
    pub role_arn: String,
    /// `InService` while it runs.
    #[serde(rename = "NotebookInstanceStatus")]
    pub status: String,
    /// The day on which it last started, stopped or changed.
    #[serde(rename = "LastModifiedTime", default, deserialize_with = "day")]
    pub modified: Option<Date>,
    /// Those of `PROPERTIES`, by CloudFormation's names for them.
    #[serde(flatten)]
    pub properties: Map<String, Value>,
    #[serde(skip)]
    pub tags: Vec<LiveTag>,
    /// Where it is told of.
    #[serde(skip, default = "nowhere")]
    pub place: Place,
}

fn nowhere() -> Place {
    Place::of_file("")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a map with `Tags`")]
struct Tagged {
    #[serde(rename = "ResourceARN", default)]
    arn: String,
    tags: Vec<LiveTag>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, expecting = "a map with `OnCreate` and `OnStart`")]
struct LifecycleHooks {
    on_create: Vec<LifecycleHook>,
    on_start: Vec<LifecycleHook>,
}

#[derive(Deserialize)]
#[serde(expecting = "a map with `Content`")]
struct LifecycleHook {
    #[serde(rename = "Content", default)]
    content: String,
}

/// The folder of what is told of each notebook.
const NOTEBOOKS: &str = "notebook-instances";
/// The properties of a notebook that are compared, by the names that `DescribeNotebookInstance` has for them, and those of
/// CloudFormation.
pub const PROPERTIES: [(&str, &str); 10] = [
    ("InstanceType", "InstanceType"),
    ("VolumeSizeInGB", "VolumeSizeInGB"),
    ("RootAccess", "RootAccess"),
    ("InstanceMetadataServiceConfiguration", "InstanceMetadataServiceConfiguration"),
    ("SubnetId", "SubnetId"),
    ("SecurityGroups", "SecurityGroupIds"),
    ("KmsKeyId", "KmsKeyId"),
    ("DirectInternetAccess", "DirectInternetAccess"),
    ("PlatformIdentifier", "PlatformIdentifier"),
    ("NotebookInstanceLifecycleConfigName", "LifecycleConfigName"),
];

impl ExportReader {
    pub(super) fn notebooks(&mut self, of: (&str, &str)) -> Result<BTreeMap<String, LiveNotebook>, FileError> {
        let all = self.described::<LiveNotebook>(NOTEBOOKS, ("NotebookInstances", "NotebookInstanceName"))?;
        let tagged = self.list::<Tagged>("notebook-tags.json", "ResourceTagMappingList")?;
        let mut by_arn: BTreeMap<String, Vec<LiveTag>> = tagged.into_iter().map(|one| (one.arn, one.tags)).collect();
        let mut found = BTreeMap::new();
        for (name, (mut one, file)) in all {
            if one.name != name {
                self.refuse(file, format!("`{NOTEBOOKS}/{name}.json` is about the notebook `{}`", one.name));
                continue;
            }
            self.refuse_elsewhere(&file, std::iter::once(one.arn.as_str()), of);
            let property =
                |(theirs, ours): (&str, &str)| one.properties.remove(theirs).map(|value| (ours.to_owned(), value));
            one.properties = PROPERTIES.into_iter().filter_map(property).collect();
            one.tags = by_arn.remove(&one.arn).unwrap_or_default();
            one.place = place_of(&file.source, &format!("\"{name}\""));
            found.insert(name, one);
        }
        Ok(found)
    }

    /// The tags of the training jobs that run.
    pub(super) fn jobs(&mut self) -> Result<Described<Vec<LiveTag>>, FileError> {
        let all = self.described::<Tagged>("training-jobs", ("TrainingJobSummaries", "TrainingJobName"))?;
        Ok(all.into_iter().map(|(name, (job, place))| (name, (job.tags, place))).collect())
    }

    /// The scripts of the lifecycle configurations, in Base64.
    pub(super) fn lifecycles(&mut self) -> Result<Described<Vec<String>>, FileError> {
        let list = ("NotebookInstanceLifecycleConfigs", "NotebookInstanceLifecycleConfigName");
        let all = self.described::<LifecycleHooks>("lifecycle-configurations", list)?;
        let scripts =
            |hooks: LifecycleHooks| hooks.on_create.into_iter().chain(hooks.on_start).map(|hook| hook.content);
        Ok(all.into_iter().map(|(name, (hooks, place))| (name, (scripts(hooks).collect(), place))).collect())
    }
}

/// The day of a moment: a text such as `2026-11-01T10:00:00+09:00`, or the seconds since 1970.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text.get(..10).and_then(|day| day.parse().ok()),
        #[allow(clippy::cast_possible_truncation, reason = "a moment is some whole seconds")]
        Value::Number(seconds) => seconds.as_f64().and_then(|seconds| Date::of_seconds(seconds as i64)),
        _ => None,
    })
}
