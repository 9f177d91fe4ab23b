//! One JSON object with the records of a run, indented. A truncated report does not parse.

use std::io;

use super::options::ReportOptions;
use super::view::View;

pub(super) fn write(view: View<'_>, _: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &view.into_document())?;
    out.write_all(b"\n")
}
