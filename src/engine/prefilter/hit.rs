//! What the prefilter finds.

/// How a rule is applied at a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HitKind {
    /// A literal in exact letter case. The match starts a fixed number of bytes (`literal_offset`) before it.
    Literal,
    /// A keyword in any letter case. The value follows it.
    Keyword,
}

/// One position where one rule could match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// First byte of the literal or keyword.
    pub(crate) start: usize,
    /// One past its last byte.
    pub(crate) end: usize,
    /// Index into the engine's rules.
    pub(crate) rule: usize,
    /// How the rule is applied here.
    pub(crate) kind: HitKind,
}
