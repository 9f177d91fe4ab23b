//! Finds the value that belongs to a name, in any common syntax: `name = "value"`, `"name": "value"`,
//! `name: value`, `<name>value</name>`, `--name value`, `name => 'value'`, `set("name", "value")`.
//!
//! A hand-written scanner over one line, because it runs at every occurrence of words such as
//! `token`: some hundred times per megabyte of source, at a tenth of the cost of a regex.

use crate::model::Span;

use crate::engine::work_counter;

mod value;

/// What stands between a name and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `=`, `:=`, `=>`, `:` and the like.
    Assign,
    /// `==`, `!=`: a comparison with a literal.
    Compare,
    /// `,`: arguments of a call, entries of a list.
    Argument,
    /// `(`: the name is that of a function.
    Call,
    /// `>`: content of an XML element.
    Element,
    /// A space, after a command-line flag, `ENV NAME` or `#define NAME`, or before a quote.
    Space,
    /// `|`: the next cell of a table.
    Cell,
}

/// A name with the value written beside it. Spans are offsets into the text given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Assigned {
    /// The whole identifier around the keyword.
    pub(crate) name: Span,
    /// The value without its quotes; never empty.
    pub(crate) value: Span,
    /// The value's quote, when it has one.
    pub(crate) quote: Option<u8>,
    /// What stands between.
    pub(crate) operator: Operator,
}

/// Longest part of a name on either side of a keyword.
const NAME_REACH: usize = 128;

/// The value assigned to the identifier that holds `keyword`, looking no farther than `window`. `None` too
/// where the same keyword comes again in the identifier: its last place stands for all of them.
pub(crate) fn assigned(text: &[u8], window: Span, keyword: Span) -> Option<Assigned> {
    let end = identifier_end(text, window, keyword);
    if memchr::memmem::find(&text[keyword.end..end], keyword.of(text)).is_some() {
        return None;
    }
    let name = Span::new(identifier_start(text, window, keyword), end);
    let (name, equals) = without_equals(text, name, keyword);
    let mut cursor = Cursor { text: &text[..window.end], at: name.end };
    if equals {
        cursor.at += EQUALS_METHODS.iter().find(|method| cursor.rest().starts_with(method))?.len();
        let (value, quote) = cursor.value(Operator::Compare)?;
        return Some(Assigned { name, value, quote, operator: Operator::Compare });
    }
    let Some(operator) = cursor.operator(name, window) else { return compared_before(text, window, name) };
    let (value, quote) = cursor.value(operator)?;
    Some(Assigned { name, value, quote, operator })
}

/// Methods that compare what stands before them with what stands in their brackets.
const EQUALS_METHODS: [&[u8]; 4] = [b".equals(", b".Equals(", b".equalsIgnoreCase(", b".eq("];

/// The name without a method that compares it, and whether there was one.
fn without_equals(text: &[u8], name: Span, keyword: Span) -> (Span, bool) {
    let end = memchr::memrchr(b'.', &text[keyword.end..name.end]).map(|at| keyword.end + at);
    let compared = end.filter(|&end| EQUALS_METHODS.iter().any(|method| text[end..].starts_with(method)));
    (Span::new(name.start, compared.unwrap_or(name.end)), compared.is_some())
}

/// `"value" == name`: the literal comes first.
fn compared_before(text: &[u8], window: Span, name: Span) -> Option<Assigned> {
    let before = text[window.start..name.start].trim_ascii_end();
    let before = before.strip_suffix(b"=").unwrap_or(before);
    let before = before.strip_suffix(b"==").or_else(|| before.strip_suffix(b"!=")).or_else(|| {
        // The third `=` was the second of two.
        before.strip_suffix(b"=").or_else(|| before.strip_suffix(b"!"))
    })?;
    let before = before.trim_ascii_end();
    let (&quote, inner) = before.split_last().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    work_counter::count_search(inner.len());
    let start = window.start + memchr::memrchr(quote, inner)? + 1;
    let value = Span::new(start, window.start + inner.len());
    (value.start < value.end).then_some(Assigned {
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
    let low = window.start.max(keyword.start.saturating_sub(NAME_REACH));
    let before = text[low..keyword.start].iter().rev().take_while(|&&byte| is_name_byte(byte)).count();
    work_counter::count(before);
    keyword.start - before
}

fn identifier_end(text: &[u8], window: Span, keyword: Span) -> usize {
    let high = window.end.min(keyword.end + NAME_REACH);
    let after = text[keyword.end..high].iter().take_while(|&&byte| is_name_byte(byte)).count();
    work_counter::count(after);
    let mut end = keyword.end + after;
    // A sentence's full stop and the arrow of `name->` are no part of the name.
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

    fn eat(&mut self, literal: &[u8]) -> bool {
        let found = self.rest().starts_with(literal);
        if found {
            self.at += literal.len();
        }
        found
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) -> usize {
        let count = self.rest().iter().take_while(|&&byte| wanted(byte)).count();
        work_counter::count(count + 1);
        self.at += count;
        count
    }

    fn blanks(&mut self) -> usize {
        self.skip(|byte| byte == b' ' || byte == b'\t')
    }

    /// Steps over what may close a name, then over the operator.
    fn operator(&mut self, name: Span, window: Span) -> Option<Operator> {
        let quoted = self.close_name();
        let blanks = self.blanks();
        self.attribute_value(quoted);
        if self.eat(b"==") || self.eat(b"!=") {
            self.eat(b"=");
            return Some(Operator::Compare);
        }
        const ASSIGNING: [&[u8]; 7] = [b"=>", b":=", b"?=", b"||=", b"+=", b"<-", b"="];
        if ASSIGNING.iter().any(|operator| self.eat(operator)) {
            return Some(Operator::Assign);
        }
        // `password?: string`
        let optional = self.peek() == Some(b'?') && self.rest().get(1) == Some(&b':');
        self.at += usize::from(optional);
        if self.peek() == Some(b':') && !self.rest().starts_with(b"::") && !self.rest().starts_with(b"://") {
            self.at += 1;
            // `**Password:** value`, `${PASSWORD:-value}`
            let default = self.text[..name.start].ends_with(b"${") && self.eat(b"-");
            if !default && !self.eat(b"**") {
                self.type_annotation();
            }
            return Some(Operator::Assign);
        }
        // `"password" -> "value"`, `"password" to "value"`: entries of maps.
        if quoted && (self.eat(b"->") || self.eat(b"to ")) {
            return Some(Operator::Assign);
        }
        if self.eat(b",") {
            // The end of a longer text is no name: `"Basic password removed", "next"`.
            let opened = || name.start > 0 && matches!(self.text[name.start - 1], b'"' | b'\'' | b'`');
            return (!quoted || opened()).then_some(Operator::Argument);
        }
        if self.eat(b"(") {
            return Some(Operator::Call);
        }
        if self.eat(b">") {
            self.eat(b"<string>");
            self.eat(b"<![CDATA[");
            return Some(Operator::Element);
        }
        if self.eat(b"</key><string>") {
            return Some(Operator::Element);
        }
        // `std::string password{"value"}`
        if self.peek() == Some(b'{') && blanks == 0 && !quoted && self.rest().get(1) == Some(&b'"') {
            self.at += 1;
            return Some(Operator::Assign);
        }
        if self.peek() == Some(b'|') && blanks > 0 {
            return self.cell(name, window);
        }
        if blanks == 0 || quoted {
            return None;
        }
        self.declared_type();
        if self.eat(b"= ") {
            return Some(Operator::Assign);
        }
        let before = &self.text[window.start..name.start];
        let flag = self.text[name.start..name.end].starts_with(b"-") || ends_with_word(before, SETTERS);
        // `password "value"`: a line of settings in Groovy, Ruby, nginx; `:password "value"`, `@password "value"`.
        let line = matches!(self.peek(), Some(b'"' | b'\''))
            && matches!(before.trim_ascii(), b"" | b":" | b"@" | b"-" | b"{:");
        (flag || line).then_some(Operator::Space)
    }

    /// Quotes and brackets that end a name: `name"`, `name']`, `name")`, `name[]`, `name[32]`, `**name**`.
    fn close_name(&mut self) -> bool {
        self.eat(b"\\");
        let quoted = self.skip(|byte| matches!(byte, b'"' | b'\'' | b'`')) > 0;
        if self.peek() == Some(b'[') {
            let digits = self.rest()[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if self.rest().get(1 + digits) == Some(&b']') {
                self.at += digits + 2;
            }
        } else if !self.eat(b"]") {
            self.eat(b"**");
        }
        quoted
    }

    /// `key="name" value="…"`, `"key": "name", "value": "…"`, `("--name", default="…")`,
    /// `variable "name" { default = "…" }`: the value stands in an attribute of its own.
    fn attribute_value(&mut self, quoted: bool) {
        if !quoted {
            return;
        }
        let start = self.at;
        let separated = self.eat(b",") || self.eat(b"{");
        self.blanks();
        let quote = self.eat(b"\"") || self.eat(b"'");
        for attribute in [b"value".as_slice(), b"Value", b"content", b"default"] {
            if (separated || !quote) && self.eat(attribute) {
                self.skip(|byte| matches!(byte, b'"' | b'\''));
                self.blanks();
                if matches!(self.peek(), Some(b'=' | b':')) {
                    return;
                }
            }
        }
        self.at = start;
    }

    /// `| name | value |`: two cells of a table.
    fn cell(&mut self, name: Span, window: Span) -> Option<Operator> {
        let before = self.text[window.start..name.start].trim_ascii_end();
        let before = before.strip_suffix(b"`").unwrap_or(before);
        let begins =
            before.trim_ascii_end().ends_with(b"|") && matches!(self.text[name.start - 1], b' ' | b'`');
        self.at += 1;
        self.blanks();
        self.eat(b"`");
        begins.then_some(Operator::Cell)
    }

    /// `: String =`, `: &'static str =`: the colon announced a type, the value comes behind `=`.
    fn type_annotation(&mut self) {
        let start = self.at;
        self.blanks();
        let word = self.skip(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'&' | b'\'' | b'<' | b'>' | b'?' | b'.' | b' ' | b'|')
        });
        let assigns =
            self.peek() == Some(b'=') && !self.rest().starts_with(b"==") && !self.rest().starts_with(b"=>");
        if word > 0 && assigns && !self.text[start..self.at].contains(&b'"') {
            self.at += 1;
        } else {
            self.at = start;
        }
    }

    /// `password string =`, `password As String =`: a type without a colon.
    fn declared_type(&mut self) {
        let start = self.at;
        const TYPES: [&[u8]; 4] = [b"string ", b"As String ", b"as string ", b"*string "];
        let declared = TYPES.iter().any(|name| self.eat(name));
        if !declared || self.peek() != Some(b'=') {
            self.at = start;
        }
    }
}

/// Words before a name that set it to what stands behind the next blank.
const SETTERS: &[&[u8]] = &[b"ENV", b"ARG", b"setx", b"SETX", b"setenv", b"#define", b"define"];

fn ends_with_word(text: &[u8], words: &[&[u8]]) -> bool {
    let text = text.trim_ascii_end();
    words.iter().any(|word| {
        let start = text.len().wrapping_sub(word.len());
        text.ends_with(word) && (start == 0 || !text[start - 1].is_ascii_alphanumeric())
    })
}

/// A place where a value can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ValueStart {
    pub(crate) at: usize,
    /// Whether an operator or a command-line option assigns it. Otherwise it only follows one of the
    /// names, behind a blank or a dash.
    pub(crate) assigned: bool,
}

/// How far behind a provider's name a value may stand that nothing assigns.
const UNASSIGNED_REACH: usize = 40;

/// Places behind `keyword` where a value can begin: behind a quote, a bracket or a blank, once an
/// operator or one of `names` has been passed, or behind a command-line option and a blank. With `bare` a
/// value may follow the keyword closely with nothing but blanks or words between them. Behind a name, and a bare
/// keyword, a dash, a dot or an underscore is enough. Used by rules whose pattern decides what a value is.
pub(crate) fn value_starts<'t>(
    text: &'t [u8],
    window: Span,
    keyword: Span,
    names: &'t [String],
    bare: bool,
) -> impl Iterator<Item = ValueStart> + 't {
    // The word that is being read begins with `-`: it is an option, and a blank ends it.
    let mut option = text[identifier_start(text, window, keyword)] == b'-';
    let mut operator = false;
    let mut named = false;
    (keyword.end..window.end).filter_map(move |at| {
        work_counter::count(1);
        let before = text[at - 1];
        // Most bytes: nothing begins behind a letter or digit, and nothing changes.
        if before.is_ascii_alphanumeric() {
            return None;
        }
        operator |= matches!(before, b'=' | b':' | b',' | b'(' | b'>');
        let behind_option = option && matches!(before, b' ' | b'\t');
        let joint = matches!(before, b'-' | b'_' | b'.');
        let mut glued = false;
        if matches!(before, b' ' | b'\t') || joint {
            let word = &text[keyword.start..at - 1];
            let ends_name = names.iter().any(|name| ends_with_name(word, name.as_bytes()));
            glued = joint && (ends_name || bare && at - 1 == keyword.end);
            if !joint {
                option = text[at] == b'-';
                named |= word.ends_with(b" -") || ends_name;
            }
        }
        let close = named || bare && at - keyword.end <= UNASSIGNED_REACH;
        let opens = matches!(
            before,
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b'=' | b':' | b',' | b'(' | b'>' | b'[' | b'{' | b'|' | b'/'
        );
        let in_template = before == b'{' && matches!(text[at - 2], b'$' | b'#' | b'%' | b'{');
        let begins = ((operator || close) && opens && !in_template || behind_option || glued)
            && !matches!(text[at], b' ' | b'\t' | b'"' | b'\'' | b'`' | b'=' | b':' | b'>' | b'(' | b',');
        begins.then_some(ValueStart { at, assigned: operator || behind_option })
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
        let start = line.to_lowercase().find(keyword).expect("the line holds the keyword");
        let window = Span::new(0, line.len());
        let found = assigned(line.as_bytes(), window, Span::new(start, start + keyword.len()))?;
        let value = String::from_utf8_lossy(found.value.of(line.as_bytes())).into_owned();
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
    fn no_value_is_invented() {
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
    fn brackets_belong_to_bare_values_that_open_them() {
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
            .map(|start| (start.at, start.assigned))
            .collect()
    }

    #[test]
    fn value_starts_need_an_operator_or_a_name() {
        assert_eq!(starts("dropbox token = 'abc'", 7), [(17, true)]);
        assert_eq!(starts("vercel deploy --prod --token abc def", 6), [(21, true), (29, true), (33, false)]);
        assert_eq!(starts("dropbox TOKEN abc", 7), [(14, false)]);
        assert_eq!(starts("dropbox said abc", 7), []);
        assert_eq!(starts("dropboxTOKEN-abc", 7), [(13, false)]);
        assert_eq!(starts("dropbox-access-abc", 7), []);
    }
}
