//! Reads the value at a place: what its quotes hold, or everything up to the next blank or bracket.

use crate::model::Span;

use super::{Cursor, Operator};
use crate::engine::work_counter;

impl Cursor<'_> {
    /// Steps over a call that makes nothing but another type of a literal: `String::from("…")`.
    fn conversion(&mut self) {
        let calls = |call: &&&[u8]| {
            self.rest().strip_prefix(**call).is_some_and(|rest| matches!(rest.first(), Some(b'"' | b'\'')))
        };
        if let Some(call) = CONVERSIONS.iter().find(calls) {
            self.at += call.len();
        }
    }

    /// The value at the cursor: what its quotes hold, or everything up to the next blank or bracket.
    pub(crate) fn value(&mut self, operator: Operator) -> Option<(Span, Option<u8>)> {
        let blanks = if operator == Operator::Element { 0 } else { self.blanks() };
        if matches!(operator, Operator::Assign | Operator::Compare) {
            self.conversion();
        }
        // A list's first entry stands for all of them.
        if matches!(self.peek(), Some(b'[' | b'{')) && matches!(self.rest().get(1), Some(b'"' | b'\'')) {
            self.at += 1;
        }
        let prefix = self.rest().iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let raw = prefix <= 2 && matches!(self.rest().get(prefix), Some(b'"' | b'\''));
        if raw || self.peek() == Some(b'@') && matches!(self.rest().get(1), Some(b'"')) {
            self.at += if raw { prefix } else { 1 };
        }
        let escaped = self.peek() == Some(b'\\') && matches!(self.rest().get(1), Some(b'"' | b'\''));
        self.at += usize::from(escaped);
        match self.peek()? {
            quote @ (b'"' | b'\'' | b'`') => {
                self.at += 1;
                let triple = self.rest().starts_with(&[quote, quote]);
                self.at += if triple { 2 } else { 0 };
                let start = self.at;
                let end = start + quoted_len(&self.text[start..], quote, escaped)?;
                (end > start).then_some((Span::new(start, end), Some(quote)))
            }
            b'[' | b'(' => None,
            _ if matches!(operator, Operator::Argument | Operator::Call) => None,
            _ => {
                let start = self.at;
                let length = match operator {
                    Operator::Element => element_len(self.rest())?,
                    Operator::Cell => memchr::memchr2(b'|', b'`', self.rest())?,
                    _ => bare_len(self.rest()),
                };
                let end = start + self.text[start..start + length].trim_ascii_end().len();
                // `A= B=c`: the first variable is empty.
                let next_variable = blanks > 0 && starts_an_assignment(&self.text[start..end]);
                (end > start && !next_variable).then_some((Span::new(start, end), None))
            }
        }
    }
}

/// What may stand around a literal without changing it.
const CONVERSIONS: [&[u8]; 9] = [
    b"(",
    b"String::from(",
    b"Bytes::from(",
    b"[]byte(",
    b"string(",
    b"str(",
    b"bytes(",
    b"new String(",
    b"Buffer.from(",
];

/// Bytes of an XML element's text; `None` where the line ends or another element begins instead.
fn element_len(text: &[u8]) -> Option<usize> {
    work_counter::count_search(text.len());
    let end = memchr::memchr(b'<', text)?;
    let content = &text[..end];
    text[end..].starts_with(b"</").then_some(content.strip_suffix(b"]]>").unwrap_or(content).len())
}

/// Bytes of a value without quotes: up to a blank, a separator, or a bracket that closes something
/// that was opened before the value.
fn bare_len(text: &[u8]) -> usize {
    let mut open = 0usize;
    let stop = |byte: &u8| match byte {
        b' ' | b'\t' | b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'>' | b'|' => true,
        b'(' | b'{' | b'[' => {
            open += 1;
            false
        }
        b')' | b'}' | b']' => {
            let foreign = open == 0;
            open = open.saturating_sub(1);
            foreign
        }
        _ => false,
    };
    let length = text.iter().position(stop).unwrap_or(text.len());
    work_counter::count(length);
    query_value_len(&text[..length])
}

/// Bytes of a query's value, without the parameters behind it: `value&name=…`.
fn query_value_len(text: &[u8]) -> usize {
    let begins_parameter = |at: &usize| {
        let name = &text[at + 1..];
        let length = name.iter().take(40).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
        let length = length.count();
        work_counter::count(length);
        length > 0 && name.get(length) == Some(&b'=')
    };
    memchr::memchr_iter(b'&', text).find(begins_parameter).unwrap_or(text.len())
}

fn starts_an_assignment(text: &[u8]) -> bool {
    let name = text.iter().take_while(|byte| byte.is_ascii_uppercase() || **byte == b'_').count();
    name >= 3 && text.get(name) == Some(&b'=') && text.len() > name + 1 && text[name + 1] != b'='
}

/// Bytes up to the closing quote; `None` when the line ends before it.
fn quoted_len(text: &[u8], quote: u8, escaped: bool) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        work_counter::count(1);
        match text[at] {
            b'\\' if escaped && text.get(at + 1) == Some(&quote) => return Some(at),
            b'\\' => at += 2,
            byte if byte == quote => return Some(at),
            _ => at += 1,
        }
    }
    None
}
