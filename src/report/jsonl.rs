//! JSON Lines: one record a line. The first and the last line make shards mergeable and truncation visible.

use std::io;

use super::options::ReportOptions;
use super::view::View;

pub(super) fn write(view: View<'_>, _: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    for record in view.into_records() {
        serde_json::to_writer(&mut *out, &record)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
