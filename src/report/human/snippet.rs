//! The masked line with carets below the mask.
//!
//! The crate annotate-snippets is not used: an excerpt is a window of its line, so the columns of a library would be
//! wrong, and untrusted text must be escaped in the same way as in every other line of the report.

use std::io::{self, Write};

use crate::model::Excerpt;

use super::page::{BAD, FAINT, Page};
use crate::report::escape::terminal;

/// Assumed columns of a terminal of unknown width.
const DEFAULT_WIDTH: usize = 120;
/// Columns of an excerpt on the narrowest terminal.
const MIN_EXCERPT_WIDTH: usize = 24;

pub(super) fn write(page: &Page<'_>, line: usize, excerpt: &Excerpt, out: &mut dyn Write) -> io::Result<()> {
    let characters: Vec<char> = excerpt.text.chars().collect();
    let end = excerpt.end.min(characters.len());
    let start = excerpt.start.min(end);
    let shown = |part: &[char]| terminal(&part.iter().collect::<String>().replace('\t', "    "));
    let (before, value, after) =
        (shown(&characters[..start]), shown(&characters[start..end]), shown(&characters[end..]));

    let number = line.to_string();
    let gutter = 4 + number.len() + " | ".len();
    let room = page.options.width.unwrap_or(DEFAULT_WIDTH).saturating_sub(gutter).max(MIN_EXCERPT_WIDTH);
    let value = head(&value, room);
    let room = room - cells(&value);
    let before = tail(before.trim_start(), (room / 2).max(room.saturating_sub(cells(&after))));
    let after = head(after.trim_end(), room - cells(&before));

    let bar = page.paint(FAINT, "|");
    let carets = page.paint(BAD, "^".repeat(cells(&value).max(1)));
    writeln!(out, "    {} {bar} {before}{value}{after}", page.paint(FAINT, &number))?;
    writeln!(
        out,
        "    {:number$} {bar} {:before$}{carets}",
        "",
        "",
        number = number.len(),
        before = cells(&before)
    )
}

/// The beginning of `text` that fits into `room` columns.
fn head(text: &str, room: usize) -> String {
    cut(text.chars(), cells(text), room).into_iter().collect()
}

/// The end of `text` that fits into `room` columns.
fn tail(text: &str, room: usize) -> String {
    cut(text.chars().rev(), cells(text), room).into_iter().rev().collect()
}

/// Returns as many of the `characters`, which are `width` columns wide, as fit into `room` columns; an ellipsis replaces
/// the rest.
fn cut(characters: impl Iterator<Item = char>, width: usize, room: usize) -> Vec<char> {
    if width <= room {
        return characters.collect();
    }
    let mut left = room.saturating_sub(1);
    let mut kept: Vec<char> = characters
        .take_while(|&character| {
            let fits = cell(character) <= left;
            left = left.saturating_sub(cell(character));
            fits
        })
        .collect();
    kept.extend((room > 0).then_some('…'));
    kept
}

/// Columns of `text`.
fn cells(text: &str) -> usize {
    text.chars().map(cell).sum()
}

/// Columns of one character: East Asian wide ranges and emoji take two, combining characters none. Approximate; an
/// error moves the carets by a column.
fn cell(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' => 2,
        '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' => 2,
        '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}
