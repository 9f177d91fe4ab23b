//! The JSON that agents expect from their hooks.
//!
//! Claude Code takes `allow` for a permission, and then skips its own question to the user. So an allowed call is
//! answered there with an empty object, which leaves the permission to the user.

use serde_json::{Value, json};

use crate::cli::exit_code::ExitCode;
use crate::cli::messages;

/// An answer to the agent.
#[derive(Debug)]
pub(super) struct Answer {
    /// The JSON to write.
    pub(super) response: Value,
    /// A message for the user.
    pub(super) note: Option<String>,
    /// The exit code, or the error that is the reason of a refusal.
    pub(super) result: anyhow::Result<ExitCode>,
}

impl Answer {
    /// Does not stop the call.
    pub(super) fn allow(format: ResponseFormat) -> Answer {
        Answer { response: format.allow(), note: None, result: Ok(ExitCode::Complete) }
    }

    /// Refuses the call for a reason that is found in it.
    pub(super) fn deny(format: ResponseFormat, reason: String) -> Answer {
        let code = if format == ResponseFormat::Unknown { ExitCode::Usage } else { ExitCode::Complete };
        Answer { response: format.deny(&reason), note: Some(reason), result: Ok(code) }
    }

    /// Refuses the call because it was not checked.
    pub(super) fn fail(format: ResponseFormat, what: &str, error: anyhow::Error) -> Answer {
        let reason = messages::shown(&format!("{what}: {error:#}"));
        Answer { response: format.deny(&reason), note: None, result: Err(error) }
    }
}

/// Format of an answer, one for each kind of hook that the agents document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseFormat {
    /// Claude Code, before a tool runs (`PreToolUse`).
    ClaudePreToolUse,
    /// Claude Code, before it requests permission from the user (`PermissionRequest`).
    ClaudePermissionRequest,
    /// Claude Code, at any other event: after a tool has run, or for a prompt.
    ClaudeOther,
    /// Cursor, for events that take a permission.
    CursorPermission,
    /// Cursor, for a prompt.
    CursorPrompt,
    /// An unknown agent. A refusal is written in all formats at once, and the exit code refuses as well.
    Unknown,
}

impl ResponseFormat {
    /// Returns the answer that does not stop the call.
    pub(crate) fn allow(self) -> Value {
        match self {
            ResponseFormat::ClaudePreToolUse
            | ResponseFormat::ClaudePermissionRequest
            | ResponseFormat::ClaudeOther
            | ResponseFormat::Unknown => json!({}),
            ResponseFormat::CursorPermission => json!({"permission": "allow"}),
            ResponseFormat::CursorPrompt => json!({"continue": true}),
        }
    }

    /// Returns the answer that stops the call. `reason` is shown to the agent and its user, and must contain no secret.
    pub(crate) fn deny(self, reason: &str) -> Value {
        match self {
            ResponseFormat::ClaudePreToolUse => json!({"hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny",
                "permissionDecisionReason": reason,
            }}),
            ResponseFormat::ClaudePermissionRequest => json!({"hookSpecificOutput": {
                "hookEventName": "PermissionRequest",
                "decision": {"behavior": "deny", "message": reason},
            }}),
            ResponseFormat::ClaudeOther => json!({"decision": "block", "reason": reason}),
            ResponseFormat::CursorPermission => {
                json!({"permission": "deny", "user_message": reason, "agent_message": reason})
            }
            ResponseFormat::CursorPrompt => json!({"continue": false, "user_message": reason}),
            ResponseFormat::Unknown => json!({
                "permission": "deny",
                "continue": false,
                "user_message": reason,
                "agent_message": reason,
                "decision": "block",
                "reason": reason,
                "hookSpecificOutput": {
                    "hookEventName": "PreToolUse",
                    "permissionDecision": "deny",
                    "permissionDecisionReason": reason,
                },
            }),
        }
    }
}
