//! The part of SARIF 2.1.0 that code scanning services read. Numbers are sections of the OASIS standard
//! (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).

use serde::Serialize;
use serde_json::Value;

/// `sarifLog`, 3.13.
#[derive(Serialize)]
pub(super) struct Log<'d> {
    #[serde(rename = "$schema")]
    pub(super) schema: &'static str,
    pub(super) version: &'static str,
    pub(super) runs: [Run<'d>; 1],
}

/// `run`, 3.14.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run<'d> {
    pub(super) tool: Tool<'d>,
    pub(super) automation_details: AutomationDetails,
    pub(super) invocations: [Invocation; 1],
    /// 3.14.17. Without it, columns are UTF-16 code units.
    pub(super) column_kind: &'static str,
    pub(super) results: Vec<ResultEntry<'d>>,
    pub(super) properties: Value,
}

/// `tool`, 3.18.
#[derive(Serialize)]
pub(super) struct Tool<'d> {
    pub(super) driver: Driver<'d>,
}

/// `toolComponent`, 3.19.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'d> {
    pub(super) name: &'d str,
    pub(super) semantic_version: &'d str,
    pub(super) information_uri: &'static str,
    pub(super) rules: Vec<Rule<'d>>,
}

/// `reportingDescriptor`, 3.49.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'d> {
    pub(super) id: &'d str,
    pub(super) name: String,
    pub(super) short_description: Message,
    pub(super) full_description: Message,
    pub(super) help: Message,
    pub(super) default_configuration: Configuration,
    pub(super) properties: RuleProperties<'d>,
}

/// `reportingConfiguration`, 3.50.
#[derive(Serialize)]
pub(super) struct Configuration {
    pub(super) level: &'static str,
}

/// The rule properties that GitHub reads.
#[derive(Serialize)]
pub(super) struct RuleProperties<'d> {
    pub(super) tags: Vec<&'d str>,
    pub(super) precision: &'static str,
    #[serde(rename = "security-severity")]
    pub(super) security_severity: &'static str,
}

/// `message` and `multiformatMessageString`, 3.11 and 3.12.
#[derive(Serialize)]
pub(super) struct Message {
    pub(super) text: String,
}

/// `runAutomationDetails`, 3.17.
#[derive(Serialize)]
pub(super) struct AutomationDetails {
    pub(super) id: String,
}

/// `invocation`, 3.20.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub(super) execution_successful: bool,
    pub(super) tool_execution_notifications: Vec<Notification>,
}

/// `notification`, 3.58.
#[derive(Serialize)]
pub(super) struct Notification {
    pub(super) descriptor: DescriptorReference,
    pub(super) level: &'static str,
    pub(super) message: Message,
}

/// `reportingDescriptorReference`, 3.52.
#[derive(Serialize)]
pub(super) struct DescriptorReference {
    pub(super) id: &'static str,
}

/// `result`, 3.27.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultEntry<'d> {
    pub(super) rule_id: &'d str,
    pub(super) rule_index: usize,
    pub(super) level: &'static str,
    pub(super) message: Message,
    pub(super) locations: [Location; 1],
    pub(super) partial_fingerprints: PartialFingerprints<'d>,
    pub(super) baseline_state: &'static str,
    /// 3.27.23: without it suppressions are unknown; an empty list means that there are none.
    pub(super) suppressions: Vec<Suppression>,
    pub(super) properties: ResultProperties<'d>,
}

/// The fingerprint of this tool, 3.27.17; its name has the version of the scheme.
#[derive(Serialize)]
pub(super) struct PartialFingerprints<'d> {
    #[serde(rename = "stopleak/v1")]
    pub(super) stopleak: &'d str,
}

/// `suppression`, 3.35.
#[derive(Serialize)]
pub(super) struct Suppression {
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) justification: Option<String>,
}

/// `location`, 3.28.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub(super) physical_location: PhysicalLocation,
}

/// `physicalLocation`, 3.29.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub(super) artifact_location: ArtifactLocation,
    pub(super) region: Region,
}

/// `artifactLocation`, 3.4.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    pub(super) uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uri_base_id: Option<&'static str>,
}

/// `region`, 3.30. Never a `snippet`. `end_column` is one past the last character.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: usize,
    pub(super) start_column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

/// The fields that SARIF does not have, with the names of the master format.
#[derive(Serialize)]
pub(super) struct ResultProperties<'d> {
    pub(super) severity: &'static str,
    pub(super) confidence: &'static str,
    pub(super) why: &'d [String],
    pub(super) status: &'static str,
    pub(super) content_kind: &'static str,
    pub(super) object: Option<&'d str>,
    pub(super) first_commit: Option<&'d str>,
    pub(super) author: Option<&'d str>,
    pub(super) date: Option<&'d str>,
    pub(super) committer: Option<&'d str>,
    pub(super) committed: Option<&'d str>,
    pub(super) moved_from: &'d [String],
    pub(super) merge: Option<bool>,
    pub(super) shallow: Option<bool>,
    pub(super) at_head: Option<bool>,
    pub(super) refs: &'d [String],
    pub(super) refs_count: usize,
    pub(super) reachable: Option<bool>,
    pub(super) kept_by: &'d [String],
    pub(super) submodule: Option<&'d str>,
    pub(super) first_seen: Option<&'d str>,
    pub(super) removed_in: &'d [String],
    pub(super) reintroduced_in: &'d [String],
    pub(super) last_commit: Option<&'d str>,
}
