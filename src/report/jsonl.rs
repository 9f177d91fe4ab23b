//! JSON Lines: one record a line. The first and the last line make shards mergeable and truncation visible.

use std::io;

use super::{Document, ReportOptions};

pub(super) fn write(document: &Document, _: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    for record in document.records() {
        serde_json::to_writer(&mut *out, &record)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
