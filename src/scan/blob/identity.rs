//! Findings in the author, committer and tagger lines of commits and tags.

use crate::model::{Evidence, Excerpt, Finding, Identity, Location};

/// Makes location and excerpt of a finding in the header of a commit or tag relative to the name and mail that contain
/// it, and records whose these are. A finding in any other header line is left unchanged.
pub(crate) fn locate_in_identity(finding: &mut Finding, header: &[u8]) {
    let line = header.split(|&byte| byte == b'\n').nth(finding.location.start_line - 1).unwrap_or_default();
    let is_key = |identity: &Identity| {
        line.strip_prefix(identity.as_str().as_bytes()).is_some_and(|rest| rest.starts_with(b" "))
    };
    let Some(identity) = Identity::ALL.into_iter().find(is_key) else { return };
    finding.why.push(Evidence::InNameOrEmail(identity));
    let key = identity.as_str();
    let (location, excerpt, shift) = (&mut finding.location, &mut finding.excerpt, key.len() + 1);
    if location.start_line == location.end_line && location.start_column > shift {
        let (start_column, end_column) = (location.start_column - shift, location.end_column - shift);
        *location = Location { start_line: 1, start_column, end_line: 1, end_column };
    }
    if let Some(rest) = excerpt.text.strip_prefix(&format!("{key} ")).filter(|_| excerpt.start >= shift) {
        let text = rest.to_owned();
        *excerpt = Excerpt { text, start: excerpt.start - shift, end: excerpt.end - shift };
    }
}
