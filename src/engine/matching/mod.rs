//! Turns hits of the prefilter into matches: the bounded window around a hit, the rule's regex in it, the bytes
//! beside it, matches that require each other, and matches that overlap.

pub(crate) mod boundary;
pub(crate) mod first_bytes;
pub(crate) mod ignore_case;
pub(crate) mod matcher;
pub(crate) mod matches;
pub(crate) mod overlap;
pub(crate) mod pattern;
pub(crate) mod requirements;
pub(crate) mod tail;
pub(crate) mod window;
pub(crate) mod window_search;
