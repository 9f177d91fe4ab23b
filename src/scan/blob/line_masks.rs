//! What is masked on printed lines: the found values, everything with the form of a value, and what looks like a token.

use crate::engine::{MaskedNeighbours, joined, token_like_runs};
use crate::model::Span;

/// Bytes on both sides of a printed part that are searched too, for names and values that begin outside of it.
const MARGIN: usize = 1024;
/// Most bytes after a part that are searched with it, so that a text with a value on every line is searched once.
const MAX_AHEAD: usize = 4096;

/// Finds what is masked in a text, one printed part after the other.
pub(crate) struct LineMasks<'t> {
    /// Finds everything with the form of a value.
    forms: &'t dyn Fn(&[u8]) -> Vec<Span>,
    text: &'t [u8],
    /// The values found in the text, sorted, without overlaps.
    secrets: Vec<Span>,
    searched: Span,
    /// What is masked in `searched`, sorted, without overlaps.
    masks: Vec<Span>,
}

impl<'t> LineMasks<'t> {
    /// Returns one for `text`, in which the values at `secrets` were found. `forms` must use all rules, whether they are
    /// on or off.
    pub(crate) fn new(
        forms: &'t dyn Fn(&[u8]) -> Vec<Span>,
        text: &'t [u8],
        secrets: Vec<Span>,
    ) -> LineMasks<'t> {
        LineMasks { forms, text, secrets: joined(secrets), searched: Span::new(0, 0), masks: Vec::new() }
    }

    /// Returns what is masked and overlaps `shown`, sorted and without overlaps.
    pub(crate) fn within(&mut self, shown: Span) -> &[Span] {
        let start = shown.start.saturating_sub(MARGIN);
        let end = shown.end.saturating_add(MARGIN).min(self.text.len());
        if self.searched.is_empty() || !self.searched.contains(Span::new(start, end)) {
            self.search(Span::new(start, self.search_end(end)));
        }
        let first = self.masks.partition_point(|mask| mask.end <= shown.start);
        let count = self.masks[first..].partition_point(|mask| mask.start < shown.end);
        &self.masks[first..first + count]
    }

    /// Returns where a search that must reach `end` ends: behind further values if these are near.
    fn search_end(&self, mut end: usize) -> usize {
        let limit = end.saturating_add(MAX_AHEAD).min(self.text.len());
        let next = self.secrets.partition_point(|secret| secret.start < end);
        for secret in &self.secrets[next..] {
            if secret.start > end || end >= limit {
                break;
            }
            end = secret.end.saturating_add(MARGIN).clamp(end, limit);
        }
        end
    }

    fn search(&mut self, part: Span) {
        let moved = |span: Span| Span::new(span.start + part.start, span.end + part.start);
        let first = self.secrets.partition_point(|secret| secret.end <= part.start);
        let found = self.secrets[first..].iter().copied().take_while(|secret| secret.start < part.end);
        let forms = (self.forms)(part.slice(self.text));
        let mut masks = joined(forms.into_iter().map(moved).chain(found).collect());
        let mut runs = Vec::new();
        let mut at = part.start;
        for index in 0..=masks.len() {
            let next = masks.get(index);
            let gap = Span::new(at, next.map_or(part.end, |next| next.start).max(at));
            let is_masked = MaskedNeighbours { before: index > 0, after: next.is_some() };
            let found = token_like_runs(gap.slice(self.text), is_masked).into_iter();
            runs.extend(found.map(|run| Span::new(run.start + gap.start, run.end + gap.start)));
            at = next.map_or(at, |next| next.end.max(at)).min(part.end.max(at));
        }
        masks.extend(runs);
        (self.searched, self.masks) = (part, joined(masks));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, shown: Span, secrets: &[Span]) -> String {
        let mut masks = LineMasks::new(&|_| Vec::new(), text.as_bytes(), secrets.to_vec());
        let mut bytes = text.as_bytes().to_vec();
        for mask in masks.within(shown) {
            bytes[mask.start..mask.end].fill(b'*');
        }
        String::from_utf8(bytes).expect("ASCII")
    }

    #[test]
    fn a_token_beside_a_value_and_the_rest_of_a_value_are_masked() {
        let text = "a = 'hunter2', path/to/file, x7Kp2mQ9vR4tW8sZ1nB6cL3j; hunter2x7Kp2m";
        let secrets = [Span::new(5, 12), Span::new(55, 62)];
        assert_eq!(
            masked(text, Span::new(0, text.len()), &secrets),
            "a = '*******', path/to/file, ************************; *************",
        );
    }

    #[test]
    fn a_part_is_searched_with_its_surroundings() {
        let token = "x7Kp2mQ9vR4tW8sZ1nB6cL3j";
        let text = format!("{token}{}", " a".repeat(4000));
        let all = masked(&text, Span::new(20, 100), &[]);
        assert!(!all.contains("1nB6"), "a token that begins outside of the part is masked");
    }
}
