//! JSON Lines: one record a line. The first and the last line make shards mergeable and truncation visible.

use std::io;

use super::json_text::write_line;
use super::options::ReportOptions;
use super::view::View;

pub(super) fn write(view: View<'_>, _: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    for record in view.into_records() {
        write_line(&record, out)?;
    }
    Ok(())
}
