//! One JSON object with the records of a run, indented. A truncated report does not parse.

use std::io;

use super::json_text::write_pretty;
use super::options::ReportOptions;
use super::view::View;

pub(super) fn write(view: View<'_>, _: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    write_pretty(&view.into_document(), out)
}
