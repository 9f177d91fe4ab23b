//! From a hit of the prefilter to matches: the bounded window around it, the rule's regex inside it, and the
//! decision between matches that overlap.

pub(crate) mod first_bytes;
pub(crate) mod ignore_case;
pub(crate) mod matcher;
pub(crate) mod overlap;
pub(crate) mod pattern;
pub(crate) mod window;
pub(crate) mod window_search;
