//! Parses a value: the text between quotes, or everything up to the next blank or bracket.

use crate::model::Span;

use super::{Cursor, Operator};
use crate::engine::work_counter;

impl Cursor<'_> {
    /// Skips a call that only converts a literal to another type: `String::from("…")`.
    fn skip_conversion(&mut self) {
        let is_call = |call: &&&[u8]| {
            self.rest().strip_prefix(**call).is_some_and(|rest| matches!(rest.first(), Some(b'"' | b'\'')))
        };
        if let Some(call) = CONVERSIONS.iter().find(is_call) {
            self.at += call.len();
        }
    }

    /// Parses the value at the cursor. Returns its span and its quote, if any.
    pub(crate) fn parse_value(&mut self, operator: Operator) -> Option<(Span, Option<u8>)> {
        let blanks = if operator == Operator::Element { 0 } else { self.skip_blanks() };
        if matches!(operator, Operator::Assign | Operator::Compare) {
            self.skip_conversion();
        }
        // Only the first entry of a list is a value.
        if matches!(self.peek(), Some(b'[' | b'{')) && matches!(self.rest().get(1), Some(b'"' | b'\'')) {
            self.at += 1;
        }
        let prefix = self.rest().iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let has_prefix = prefix <= 2 && matches!(self.rest().get(prefix), Some(b'"' | b'\''));
        if has_prefix || self.peek() == Some(b'@') && matches!(self.rest().get(1), Some(b'"')) {
            self.at += if has_prefix { prefix } else { 1 };
        }
        let is_escaped = self.peek() == Some(b'\\') && matches!(self.rest().get(1), Some(b'"' | b'\''));
        self.at += usize::from(is_escaped);
        match self.peek()? {
            quote @ (b'"' | b'\'' | b'`') => {
                self.at += 1;
                let is_triple = self.rest().starts_with(&[quote, quote]);
                self.at += if is_triple { 2 } else { 0 };
                let start = self.at;
                let end = start + quoted_len(&self.text[start..], quote, is_escaped)?;
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
                let is_next_variable = blanks > 0 && starts_an_assignment(&self.text[start..end]);
                (end > start && !is_next_variable).then_some((Span::new(start, end), None))
            }
        }
    }
}

/// Calls that only convert a literal, up to their parenthesis.
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

/// Length of an XML element's text. `None` if the line ends or another element begins instead.
fn element_len(text: &[u8]) -> Option<usize> {
    work_counter::count_search(text.len());
    let end = memchr::memchr(b'<', text)?;
    let content = &text[..end];
    text[end..].starts_with(b"</").then_some(content.strip_suffix(b"]]>").unwrap_or(content).len())
}

/// Length of a value without quotes: up to a blank, a separator, or a closing bracket that was opened before the
/// value.
fn bare_len(text: &[u8]) -> usize {
    let mut open = 0usize;
    let is_end = |byte: &u8| match byte {
        b' ' | b'\t' | b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'>' | b'|' => true,
        b'(' | b'{' | b'[' => {
            open += 1;
            false
        }
        b')' | b'}' | b']' => {
            let is_unopened = open == 0;
            open = open.saturating_sub(1);
            is_unopened
        }
        _ => false,
    };
    let length = text.iter().position(is_end).unwrap_or(text.len());
    work_counter::count(length);
    query_value_len(&text[..length])
}

/// Length of a value in a query, without the parameters after it: `value&name=…`.
fn query_value_len(text: &[u8]) -> usize {
    let is_parameter = |at: &usize| {
        let name = &text[at + 1..];
        let length = name.iter().take(40).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
        let length = length.count();
        work_counter::count(length);
        length > 0 && name.get(length) == Some(&b'=')
    };
    memchr::memchr_iter(b'&', text).find(is_parameter).unwrap_or(text.len())
}

fn starts_an_assignment(text: &[u8]) -> bool {
    let name = text.iter().take_while(|byte| byte.is_ascii_uppercase() || **byte == b'_').count();
    name >= 3 && text.get(name) == Some(&b'=') && text.len() > name + 1 && text[name + 1] != b'='
}

/// Length up to the closing quote. `None` if the line ends before it.
fn quoted_len(text: &[u8], quote: u8, is_escaped: bool) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        work_counter::count(1);
        match text[at] {
            b'\\' if is_escaped && text.get(at + 1) == Some(&quote) => return Some(at),
            b'\\' => at += 2,
            byte if byte == quote => return Some(at),
            _ => at += 1,
        }
    }
    None
}
