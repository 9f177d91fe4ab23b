//! Finds the value that belongs to a name, in any common syntax: `name = "value"`, `"name": "value"`,
//! `name: value`, `<name>value</name>`, `--name value`, `name => 'value'`, `set("name", "value")`.
//!
//! A hand-written scanner over one line and not a regex, because it runs at every occurrence of words such as
//! `token`: some hundred times per megabyte of source, at a tenth of the cost of a regex.

use crate::model::Span;

use crate::engine::work_counter;

mod value;

/// What separates a name and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `=`, `:=`, `=>`, `:` and the like.
    Assign,
    /// `==`, `!=`: a comparison with a literal.
    Compare,
    /// `,`: arguments of a call, entries of a list.
    Argument,
    /// `(`: the name is the name of a function.
    Call,
    /// `>`: content of an XML element.
    Element,
    /// A space, after a command-line flag, `ENV NAME` or `#define NAME`, or before a quote.
    Space,
    /// `|`: the next cell of a table.
    Cell,
}

/// A name and the value that is assigned to it. Spans are byte offsets in the searched text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The whole identifier around the keyword.
    pub(crate) name: Span,
    /// The value without its quotes; never empty.
    pub(crate) value: Span,
    /// The quote before the value, if any.
    pub(crate) quote: Option<u8>,
    /// What separates them.
    pub(crate) operator: Operator,
}

/// Most bytes of a name before and after a keyword.
const MAX_NAME_PART_LENGTH: usize = 128;

/// Finds the value that is assigned, within `window`, to the identifier that contains `keyword`. `None` also if the
/// same keyword occurs again in the identifier: only its last occurrence counts.
pub(crate) fn find_assignment(text: &[u8], window: Span, keyword: Span) -> Option<Assignment> {
    let end = identifier_end(text, window, keyword);
    if memchr::memmem::find(&text[keyword.end..end], keyword.slice(text)).is_some() {
        return None;
    }
    let name = Span::new(identifier_start(text, window, keyword), end);
    let (name, equals) = without_equals(text, name, keyword);
    let mut cursor = Cursor { text: &text[..window.end], at: name.end };
    if equals {
        cursor.at += EQUALS_METHODS.iter().find(|method| cursor.rest().starts_with(method))?.len();
        let (value, quote) = cursor.parse_value(Operator::Compare)?;
        return Some(Assignment { name, value, quote, operator: Operator::Compare });
    }
    let Some(operator) = cursor.parse_operator(name, window) else {
        return compared_before(text, window, name);
    };
    let (value, quote) = cursor.parse_value(operator)?;
    Some(Assignment { name, value, quote, operator })
}

/// Methods that compare their receiver with their argument.
const EQUALS_METHODS: [&[u8]; 4] = [b".equals(", b".Equals(", b".equalsIgnoreCase(", b".eq("];

/// Removes a comparing method from the end of the name. Returns whether there was one.
fn without_equals(text: &[u8], name: Span, keyword: Span) -> (Span, bool) {
    let end = memchr::memrchr(b'.', &text[keyword.end..name.end]).map(|at| keyword.end + at);
    let compared = end.filter(|&end| EQUALS_METHODS.iter().any(|method| text[end..].starts_with(method)));
    (Span::new(name.start, compared.unwrap_or(name.end)), compared.is_some())
}

/// Finds the value of `"value" == name`.
fn compared_before(text: &[u8], window: Span, name: Span) -> Option<Assignment> {
    let before = text[window.start..name.start].trim_ascii_end();
    let before = before.strip_suffix(b"=").unwrap_or(before);
    let before = before.strip_suffix(b"==").or_else(|| before.strip_suffix(b"!=")).or_else(|| {
        // The first `=` that was removed belonged to `==` or `!=`.
        before.strip_suffix(b"=").or_else(|| before.strip_suffix(b"!"))
    })?;
    let before = before.trim_ascii_end();
    let (&quote, inner) = before.split_last().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    work_counter::count_search(inner.len());
    let start = window.start + memchr::memrchr(quote, inner)? + 1;
    let value = Span::new(start, window.start + inner.len());
    (value.start < value.end).then_some(Assignment {
        name,
        value,
        quote: Some(quote),
        operator: Operator::Compare,
    })
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$')
}

fn identifier_start(text: &[u8], window: Span, keyword: Span) -> usize {
    let low = window.start.max(keyword.start.saturating_sub(MAX_NAME_PART_LENGTH));
    let before = text[low..keyword.start].iter().rev().take_while(|&&byte| is_name_byte(byte)).count();
    work_counter::count(before);
    keyword.start - before
}

fn identifier_end(text: &[u8], window: Span, keyword: Span) -> usize {
    let high = window.end.min(keyword.end + MAX_NAME_PART_LENGTH);
    let after = text[keyword.end..high].iter().take_while(|&&byte| is_name_byte(byte)).count();
    work_counter::count(after);
    let mut end = keyword.end + after;
    // The full stop of a sentence and the arrow of `name->` are not part of the name.
    while end > keyword.end && matches!(text[end - 1], b'-' | b'.') {
        end -= 1;
    }
    end
}

struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    /// Skips `literal`, if it is next.
    fn skip_literal(&mut self, literal: &[u8]) -> bool {
        let found = self.rest().starts_with(literal);
        if found {
            self.at += literal.len();
        }
        found
    }

    /// Skips bytes while `is_skipped`, and returns their number.
    fn skip_while(&mut self, is_skipped: impl Fn(u8) -> bool) -> usize {
        let count = self.rest().iter().take_while(|&&byte| is_skipped(byte)).count();
        work_counter::count(count + 1);
        self.at += count;
        count
    }

    /// Skips spaces and tabs, and returns their number.
    fn skip_blanks(&mut self) -> usize {
        self.skip_while(|byte| byte == b' ' || byte == b'\t')
    }

    /// Parses what can close a name, then the operator.
    fn parse_operator(&mut self, name: Span, window: Span) -> Option<Operator> {
        let is_quoted = self.skip_name_end();
        let blanks = self.skip_blanks();
        self.skip_attribute_name(is_quoted);
        if self.skip_literal(b"==") || self.skip_literal(b"!=") {
            self.skip_literal(b"=");
            return Some(Operator::Compare);
        }
        const ASSIGNING: [&[u8]; 7] = [b"=>", b":=", b"?=", b"||=", b"+=", b"<-", b"="];
        if ASSIGNING.iter().any(|operator| self.skip_literal(operator)) {
            return Some(Operator::Assign);
        }
        // `password?: string`
        let is_optional = self.peek() == Some(b'?') && self.rest().get(1) == Some(&b':');
        self.at += usize::from(is_optional);
        if self.peek() == Some(b':') && !self.rest().starts_with(b"::") && !self.rest().starts_with(b"://") {
            self.at += 1;
            // `**Password:** value`, `${PASSWORD:-value}`
            let has_default = self.text[..name.start].ends_with(b"${") && self.skip_literal(b"-");
            if !has_default && !self.skip_literal(b"**") {
                self.skip_type_annotation();
            }
            return Some(Operator::Assign);
        }
        // `"password" -> "value"`, `"password" to "value"`: entries of maps.
        if is_quoted && (self.skip_literal(b"->") || self.skip_literal(b"to ")) {
            return Some(Operator::Assign);
        }
        if self.skip_literal(b",") {
            // The end of a longer string is no name: `"Basic password removed", "next"`.
            let is_opened = || name.start > 0 && matches!(self.text[name.start - 1], b'"' | b'\'' | b'`');
            return (!is_quoted || is_opened()).then_some(Operator::Argument);
        }
        if self.skip_literal(b"(") {
            return Some(Operator::Call);
        }
        if self.skip_literal(b">") {
            self.skip_literal(b"<string>");
            self.skip_literal(b"<![CDATA[");
            return Some(Operator::Element);
        }
        if self.skip_literal(b"</key><string>") {
            return Some(Operator::Element);
        }
        // `std::string password{"value"}`
        if self.peek() == Some(b'{') && blanks == 0 && !is_quoted && self.rest().get(1) == Some(&b'"') {
            self.at += 1;
            return Some(Operator::Assign);
        }
        if self.peek() == Some(b'|') && blanks > 0 {
            return self.parse_cell(name, window);
        }
        if blanks == 0 || is_quoted {
            return None;
        }
        self.skip_declared_type();
        if self.skip_literal(b"= ") {
            return Some(Operator::Assign);
        }
        let before = &self.text[window.start..name.start];
        let is_flag = self.text[name.start..name.end].starts_with(b"-") || ends_with_word(before, SETTERS);
        // `password "value"`: a line of settings in Groovy, Ruby, nginx; `:password "value"`, `@password "value"`.
        let is_setting = matches!(self.peek(), Some(b'"' | b'\''))
            && matches!(before.trim_ascii(), b"" | b":" | b"@" | b"-" | b"{:");
        (is_flag || is_setting).then_some(Operator::Space)
    }

    /// Skips quotes and brackets that end a name, and returns whether there is a quote: `name"`, `name']`, `name")`, `name[]`, `name[32]`, `**name**`.
    fn skip_name_end(&mut self) -> bool {
        self.skip_literal(b"\\");
        let quoted = self.skip_while(|byte| matches!(byte, b'"' | b'\'' | b'`')) > 0;
        if self.peek() == Some(b'[') {
            let digits = self.rest()[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if self.rest().get(1 + digits) == Some(&b']') {
                self.at += digits + 2;
            }
        } else if !self.skip_literal(b"]") {
            self.skip_literal(b"**");
        }
        quoted
    }

    /// `key="name" value="…"`, `"key": "name", "value": "…"`, `("--name", default="…")`,
    /// `variable "name" { default = "…" }`: skips the name of the attribute that has the value.
    fn skip_attribute_name(&mut self, is_quoted: bool) {
        if !is_quoted {
            return;
        }
        let start = self.at;
        let is_separated = self.skip_literal(b",") || self.skip_literal(b"{");
        self.skip_blanks();
        let has_quote = self.skip_literal(b"\"") || self.skip_literal(b"'");
        for attribute in [b"value".as_slice(), b"Value", b"content", b"default"] {
            if (is_separated || !has_quote) && self.skip_literal(attribute) {
                self.skip_while(|byte| matches!(byte, b'"' | b'\''));
                self.skip_blanks();
                if matches!(self.peek(), Some(b'=' | b':')) {
                    return;
                }
            }
        }
        self.at = start;
    }

    /// Parses `| name | value |`: two cells of a table.
    fn parse_cell(&mut self, name: Span, window: Span) -> Option<Operator> {
        let before = self.text[window.start..name.start].trim_ascii_end();
        let before = before.strip_suffix(b"`").unwrap_or(before);
        let is_first =
            before.trim_ascii_end().ends_with(b"|") && matches!(self.text[name.start - 1], b' ' | b'`');
        self.at += 1;
        self.skip_blanks();
        self.skip_literal(b"`");
        is_first.then_some(Operator::Cell)
    }

    /// Skips `String =` or `&'static str =` after a colon: a type, the value follows the `=`.
    fn skip_type_annotation(&mut self) {
        let start = self.at;
        self.skip_blanks();
        let word = self.skip_while(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'&' | b'\'' | b'<' | b'>' | b'?' | b'.' | b' ' | b'|')
        });
        let is_assigned =
            self.peek() == Some(b'=') && !self.rest().starts_with(b"==") && !self.rest().starts_with(b"=>");
        if word > 0 && is_assigned && !self.text[start..self.at].contains(&b'"') {
            self.at += 1;
        } else {
            self.at = start;
        }
    }

    /// Skips the type of `password string =` or `password As String =`.
    fn skip_declared_type(&mut self) {
        let start = self.at;
        const TYPES: [&[u8]; 4] = [b"string ", b"As String ", b"as string ", b"*string "];
        let is_declared = TYPES.iter().any(|name| self.skip_literal(name));
        if !is_declared || self.peek() != Some(b'=') {
            self.at = start;
        }
    }
}

/// Words before a name after which a blank separates name and value.
const SETTERS: &[&[u8]] = &[b"ENV", b"ARG", b"setx", b"SETX", b"setenv", b"#define", b"define"];

fn ends_with_word(text: &[u8], words: &[&[u8]]) -> bool {
    let text = text.trim_ascii_end();
    words.iter().any(|word| {
        let start = text.len().wrapping_sub(word.len());
        text.ends_with(word) && (start == 0 || !text[start - 1].is_ascii_alphanumeric())
    })
}

/// A position where a value can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ValueStart {
    /// Byte offset of the value.
    pub(crate) at: usize,
    /// Whether an operator or a command-line option assigns it. Otherwise it only follows one of the names, after a
    /// blank or a dash.
    pub(crate) is_assigned: bool,
}

/// Most bytes between a provider's name and a value that is not assigned.
const MAX_UNASSIGNED_DISTANCE: usize = 40;

/// Finds the positions after `keyword` where a value can begin: after a quote, a bracket or a blank that follows an
/// operator or one of `names`, or after a command-line option and a blank. With `bare` a value may also follow the keyword
/// within a short distance, with only blanks or words between them. After a name or a bare keyword, a dash, a dot or an
/// underscore is enough. Used by rules whose pattern decides what a value is.
pub(crate) fn value_starts<'t>(
    text: &'t [u8],
    window: Span,
    keyword: Span,
    names: &'t [String],
    bare: bool,
) -> impl Iterator<Item = ValueStart> + 't {
    // Whether the current word begins with `-`: it is an option, and a blank ends it.
    let mut is_option = text[identifier_start(text, window, keyword)] == b'-';
    let mut has_operator = false;
    let mut has_name = false;
    (keyword.end..window.end).filter_map(move |at| {
        work_counter::count(1);
        let before = text[at - 1];
        // Most bytes: no value begins after a letter or digit, and the state stays the same.
        if before.is_ascii_alphanumeric() {
            return None;
        }
        has_operator |= matches!(before, b'=' | b':' | b',' | b'(' | b'>');
        let is_after_option = is_option && matches!(before, b' ' | b'\t');
        let is_separator = matches!(before, b'-' | b'_' | b'.');
        let mut is_joined = false;
        if matches!(before, b' ' | b'\t') || is_separator {
            let word = &text[keyword.start..at - 1];
            let ends_name = names.iter().any(|name| ends_with_name(word, name.as_bytes()));
            is_joined = is_separator && (ends_name || bare && at - 1 == keyword.end);
            if !is_separator {
                is_option = text[at] == b'-';
                has_name |= word.ends_with(b" -") || ends_name;
            }
        }
        let is_near = has_name || bare && at - keyword.end <= MAX_UNASSIGNED_DISTANCE;
        let is_opening = matches!(
            before,
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b'=' | b':' | b',' | b'(' | b'>' | b'[' | b'{' | b'|' | b'/'
        );
        let is_in_template = before == b'{' && matches!(text[at - 2], b'$' | b'#' | b'%' | b'{');
        let is_start =
            ((has_operator || is_near) && is_opening && !is_in_template || is_after_option || is_joined)
                && !matches!(text[at], b' ' | b'\t' | b'"' | b'\'' | b'`' | b'=' | b':' | b'>' | b'(' | b',');
        is_start.then_some(ValueStart { at, is_assigned: has_operator || is_after_option })
    })
}

fn ends_with_name(text: &[u8], name: &[u8]) -> bool {
    let start = text.len().wrapping_sub(name.len());
    work_counter::count(1);
    text.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(line: &str, keyword: &str) -> Option<(String, Option<u8>, Operator)> {
        let start = line.to_lowercase().find(keyword).expect("the line contains the keyword");
        let window = Span::new(0, line.len());
        let found = find_assignment(line.as_bytes(), window, Span::new(start, start + keyword.len()))?;
        let value = String::from_utf8_lossy(found.value.slice(line.as_bytes())).into_owned();
        Some((value, found.quote, found.operator))
    }

    #[test]
    fn values_are_found_in_common_syntaxes() {
        for line in [
            r#"password = "vT9q""#,
            r#"db_password="vT9q","#,
            r#"  "password": "vT9q","#,
            "password: vT9q",
            "PASSWORD=vT9q",
            "password := `vT9q`",
            "'password' => 'vT9q',",
            "<password>vT9q</password>",
            r#"<add key="password" value="vT9q"/>"#,
            "mysql --password vT9q -h x",
            "mysql --password=vT9q",
            "ENV DB_PASSWORD vT9q",
            r#"setPassword("vT9q");"#,
            r#"props.put("password", "vT9q");"#,
            r#"let password: &'static str = "vT9q";"#,
            r#"password: str = 'vT9q'"#,
            r#"char password[] = "vT9q";"#,
            r#"char password[32] = "vT9q";"#,
            r#"config["password"] = "vT9q""#,
            r#"if (password == "vT9q")"#,
            r#"{\"password\":\"vT9q\"}"#,
            r#"password = b"vT9q""#,
            r#"passwords: ["vT9q", "x"]"#,
            "password: vT9q)",
            r#"#define PASSWORD "vT9q""#,
            "#define PASSWORD vT9q",
            "setenv PASSWORD vT9q",
            r#"password "vT9q""#,
            r#"  storePassword 'vT9q'"#,
            r#"@password "vT9q""#,
            r#"std::string password{"vT9q"};"#,
            r#"const password string = "vT9q""#,
            r#"Dim password As String = "vT9q""#,
            "private password?: string = 'vT9q';",
            r#"password = ("vT9q")"#,
            r#"password: String::from("vT9q"),"#,
            r#"password = []byte("vT9q")"#,
            r#""password" to "vT9q","#,
            r#""password" -> "vT9q","#,
            r#"password <- "vT9q""#,
            "x=${PASSWORD:-vT9q}",
            r#"{"key":"password","value":"vT9q"}"#,
            r#"{"name": "password", "value": "vT9q"}"#,
            r#"add_argument("--password", default="vT9q")"#,
            r#"variable "password" { default = "vT9q" }"#,
            "<password><![CDATA[vT9q]]></password>",
            "<key>password</key><string>vT9q</string>",
            "https://a.b/?user=x&password=vT9q&page=2",
            "| password | vT9q |",
            "| `password` | `vT9q` | text |",
            "**Password:** vT9q",
            r#"if ("vT9q" == password) {"#,
            r#"if ("vT9q" !== password) {"#,
            r#"if (password.equals("vT9q"))"#,
            r#"[{password, "vT9q"}]."#,
        ] {
            let (value, _, _) = value_of(line, "password").unwrap_or_else(|| panic!("nothing in {line}"));
            assert_eq!(value, "vT9q", "{line}");
        }
    }

    #[test]
    fn lines_without_an_assigned_value_have_none() {
        for line in [
            "the password is secret",
            "password",
            "password:",
            "password = ",
            "get_password()",
            "password = \"abc",
            "'Basic login_and_password_removed', 'User-Agent'",
            "PASSWORD= FILTER=integration",
            "password: [self.credentials objectForKey]",
            r#"enter your password "now""#,
            r#"x = "a" + password"#,
            "a | password",
        ] {
            assert_eq!(value_of(line, "password"), None, "{line}");
        }
    }

    #[test]
    fn unquoted_values_end_before_brackets_that_they_do_not_open() {
        for (line, expected) in [
            ("password = utf8_dup(v);", "utf8_dup(v)"),
            ("(password=vT9q)", "vT9q"),
            ("password: ${VAR}", "${VAR}"),
            (concat!("{pass", "word: {ssha}x9}"), "{ssha}x9"),
        ] {
            assert_eq!(value_of(line, "password").map(|found| found.0).as_deref(), Some(expected), "{line}");
        }
    }

    fn starts(line: &str, keyword: usize) -> Vec<(usize, bool)> {
        let names = ["token".to_owned()];
        value_starts(line.as_bytes(), Span::new(0, line.len()), Span::new(0, keyword), &names, false)
            .map(|start| (start.at, start.is_assigned))
            .collect()
    }

    #[test]
    fn value_starts_need_an_operator_or_a_name() {
        assert_eq!(starts("dropbox token = 'abc'", 7), [(17, true)]);
        assert_eq!(starts("vercel deploy --prod --token abc def", 6), [(21, true), (29, true), (33, false)]);
        assert_eq!(starts("dropbox TOKEN abc", 7), [(14, false)]);
        assert_eq!(starts("dropbox mentions abc", 7), []);
        assert_eq!(starts("dropboxTOKEN-abc", 7), [(13, false)]);
        assert_eq!(starts("dropbox-access-abc", 7), []);
    }
}
