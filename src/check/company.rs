//! The company's policies whose documents are known, as resources of a stack, and where their statements stand.

use serde_json::{Value, json};

use crate::plan::AccountPlan;
use crate::render::span_index::SpanIndex;
use crate::source::Place;

/// What the logical IDs begin with; the policy's name follows.
const RESOURCE: &str = "CompanyPolicy";
/// What leads from such a resource to what stands in the policy's file.
const DOCUMENT: &str = "/Properties/PolicyDocument";

/// The policies, as the resources of a stack.
pub fn resources(plan: &AccountPlan<'_>) -> Value {
    let arn = format!("arn:{}:iam::{}:policy", plan.names.partition, plan.names.account_id);
    let documents = plan.account.company_policies.documents.iter();
    let policies = documents.filter_map(|(policy, (_, document))| {
        let (path, name) = policy.strip_prefix(&arn)?.rsplit_once('/')?;
        let properties = json!({"ManagedPolicyName": name, "Path": format!("{path}/"), "PolicyDocument": document});
        Some((format!("{RESOURCE}{name}"), json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": properties})))
    });
    policies.collect()
}

/// Where a part of such a resource stands in the policy's file, by the path that begins with its logical ID. `None` of any
/// other resource.
pub fn place(plan: &AccountPlan<'_>, path: &str) -> Option<Place> {
    let (name, inside) = path.strip_prefix(RESOURCE)?.split_once(DOCUMENT)?;
    let mut documents = plan.account.company_policies.documents.iter();
    let (_, (source, _)) = documents.find(|(policy, _)| policy.rsplit('/').next() == Some(name))?;
    Some(SpanIndex::read(source).place(inside))
}
