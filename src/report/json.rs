//! One JSON object with the records of a run, indented. It is the whole report or it does not parse.

use std::io;

use super::{Document, ReportOptions};

pub(super) fn write(document: &Document, _: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    out.write_all(b"\n")
}
