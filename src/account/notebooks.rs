//! Notebook instances, training jobs and lifecycle configurations, as SageMaker tells of them.
//! Sources: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeNotebookInstance.html>,
//! <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrainingJobs.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::reading::{ExportReader, LiveTag};
use crate::facts::date::Date;
use crate::files::FileError;
use crate::source::{Place, SourceFile};

/// A notebook instance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LiveNotebook {
    #[serde(rename = "NotebookInstanceName")]
    pub name: String,
    #[serde(rename = "NotebookInstanceArn")]
    pub arn: String,
    /// The ARN of the role that it acts as.
    pub role_arn: String,
    /// Whether it runs.
    #[serde(rename = "NotebookInstanceStatus", deserialize_with = "is_running")]
    pub is_running: bool,
    /// The day on which it last started, stopped or changed.
    #[serde(rename = "LastModifiedTime", default, deserialize_with = "day")]
    pub modified: Option<Date>,
    #[serde(rename = "PlatformIdentifier")]
    pub platform: Option<String>,
    /// The name of its lifecycle configuration.
    #[serde(rename = "NotebookInstanceLifecycleConfigName")]
    pub lifecycle: Option<String>,
    /// What SageMaker tells of it, by CloudFormation's names for it.
    #[serde(flatten)]
    pub properties: BTreeMap<String, Value>,
    #[serde(skip)]
    pub tags: Vec<LiveTag>,
    #[serde(skip, default = "no_source")]
    source: Arc<SourceFile>,
}

impl LiveNotebook {
    pub(super) fn source(&self) -> &Arc<SourceFile> {
        &self.source
    }

    /// Where it is told of.
    pub fn place(&self) -> Place {
        super::place_of(&self.source, &format!("\"{}\"", self.name))
    }
}

/// A training job that runs.
#[derive(Debug)]
pub struct TrainingJob {
    pub name: String,
    pub tags: Vec<LiveTag>,
    source: Arc<SourceFile>,
}

impl TrainingJob {
    /// Where it is told of.
    pub fn place(&self) -> Place {
        Place::whole(&self.source)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tagged {
    #[serde(rename = "ResourceARN", default)]
    arn: String,
    tags: Vec<LiveTag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LifecycleDescription {
    #[serde(default)]
    on_start: Vec<LifecycleHook>,
    #[serde(default)]
    on_create: Vec<LifecycleHook>,
}

#[derive(Deserialize)]
struct LifecycleHook {
    #[serde(rename = "Content", default)]
    content: String,
}

/// The folder of what is told of each notebook.
const NOTEBOOKS: &str = "notebook-instances";
/// What `DescribeNotebookInstance` calls otherwise than CloudFormation.
const OTHER_NAMES: &[(&str, &str)] = &[("SecurityGroups", "SecurityGroupIds")];
/// The properties of a notebook that are compared by CloudFormation's names for them.
pub const PROPERTIES: &[&str] = &[
    "InstanceType",
    "VolumeSizeInGB",
    "RootAccess",
    "InstanceMetadataServiceConfiguration",
    "SubnetId",
    "SecurityGroupIds",
    "KmsKeyId",
    "DirectInternetAccess",
];

impl ExportReader {
    pub(super) fn notebooks(&mut self) -> Result<Vec<LiveNotebook>, FileError> {
        let all = self.described::<LiveNotebook>(NOTEBOOKS, ("NotebookInstances", "NotebookInstanceName"))?;
        let tagged = self.list::<Tagged>("notebook-tags.json", "ResourceTagMappingList")?;
        let mut by_arn: BTreeMap<String, Vec<LiveTag>> = tagged.into_iter().map(|one| (one.arn, one.tags)).collect();
        let mut found = Vec::with_capacity(all.len());
        for (name, (source, mut one)) in all {
            if one.name != name {
                let other = &one.name;
                self.refuse(&source, 1, &format!("`{NOTEBOOKS}/{name}.json` is about the notebook `{other}`"));
                continue;
            }
            for (theirs, ours) in OTHER_NAMES {
                if let Some(value) = one.properties.remove(*theirs) {
                    one.properties.insert((*ours).to_owned(), value);
                }
            }
            one.properties.retain(|key, _| PROPERTIES.contains(&key.as_str()));
            found.push(LiveNotebook { tags: by_arn.remove(&one.arn).unwrap_or_default(), source, ..one });
        }
        Ok(found)
    }

    pub(super) fn jobs(&mut self) -> Result<Vec<TrainingJob>, FileError> {
        let all = self.described::<Tagged>("training-jobs", ("TrainingJobSummaries", "TrainingJobName"))?.into_iter();
        Ok(all.map(|(name, (source, one))| TrainingJob { name, tags: one.tags, source }).collect())
    }

    pub(super) fn lifecycles(&mut self) -> Result<BTreeMap<String, (Vec<String>, Place)>, FileError> {
        let list = ("NotebookInstanceLifecycleConfigs", "NotebookInstanceLifecycleConfigName");
        let all = self.described::<LifecycleDescription>("lifecycle-configurations", list)?.into_iter();
        let told = |(name, (source, one)): (String, (_, LifecycleDescription))| {
            let hooks = one.on_create.into_iter().chain(one.on_start).map(|hook| hook.content).collect();
            (name, (hooks, Place::whole(&source)))
        };
        Ok(all.map(told).collect())
    }
}

fn no_source() -> Arc<SourceFile> {
    SourceFile::new("", "")
}

fn is_running<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    String::deserialize(deserializer).map(|status| status == "InService")
}

/// The day of a moment: a text such as `2026-11-01T10:00:00+09:00`, or the seconds since 1970.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    const SECONDS_A_DAY: f64 = 86_400.0;
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text.get(..10).and_then(|day| day.parse().ok()),
        #[allow(clippy::cast_possible_truncation, reason = "days since 1970 are a small number")]
        Value::Number(seconds) => {
            seconds.as_f64().and_then(|seconds| Date::since_1970((seconds / SECONDS_A_DAY).floor() as i64))
        }
        _ => None,
    })
}
