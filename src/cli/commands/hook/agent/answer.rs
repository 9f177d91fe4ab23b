//! What the agents expect to be answered.
//!
//! Consent is not an order: Claude Code takes `allow` for permission that its user would otherwise be asked
//! for, so there a call without objections is answered with nothing.

use serde_json::{Value, json};

/// Which of the documented forms an answer has to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Claude Code, before a tool is used.
    ClaudeBefore,
    /// Claude Code, before it asks its user for permission.
    ClaudePermission,
    /// Claude Code, at any other event: after a tool was used, or with a prompt.
    ClaudeOther,
    /// Cursor, where it asks for permission.
    CursorPermission,
    /// Cursor, with a prompt.
    CursorPrompt,
    /// Nobody that we know. It is answered in all forms, and the exit code tells too.
    Unknown,
}

impl Form {
    /// Nothing speaks against the call.
    pub(crate) fn allowed(self) -> Value {
        match self {
            Form::ClaudeBefore | Form::ClaudePermission | Form::ClaudeOther | Form::Unknown => json!({}),
            Form::CursorPermission => json!({"permission": "allow"}),
            Form::CursorPrompt => json!({"continue": true}),
        }
    }

    /// The call must not be carried out; `reason` is safe to be seen.
    pub(crate) fn refused(self, reason: &str) -> Value {
        match self {
            Form::ClaudeBefore => json!({"hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny",
                "permissionDecisionReason": reason,
            }}),
            Form::ClaudePermission => json!({"hookSpecificOutput": {
                "hookEventName": "PermissionRequest",
                "decision": {"behavior": "deny", "message": reason},
            }}),
            Form::ClaudeOther => json!({"decision": "block", "reason": reason}),
            Form::CursorPermission => {
                json!({"permission": "deny", "user_message": reason, "agent_message": reason})
            }
            Form::CursorPrompt => json!({"continue": false, "user_message": reason}),
            Form::Unknown => json!({
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
