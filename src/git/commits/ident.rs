//! Parses the author, committer and tagger lines of commits and tags: `Name <email> seconds offset`. The date has the
//! "Git internal format" of git-commit(1); its offset is `+hhmm` or `-hhmm`.
//!
//! Every part may be missing or invalid. A person that cannot be parsed is empty, a date is the epoch.

/// A person and a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ident<'a> {
    /// `Name <email>` as stored.
    pub person: &'a [u8],
    /// Seconds since 1970 in UTC; negative before.
    pub seconds: i64,
    /// Minutes east of UTC.
    pub offset: i32,
}

impl<'a> Ident<'a> {
    /// Parses a line. The date follows the last `>`, because names may contain any character.
    pub(crate) fn parse(line: &'a [u8]) -> Ident<'a> {
        let end = memchr::memrchr(b'>', line).map_or(line.len(), |at| at + 1);
        let mut words = line[end..].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let seconds = words.next().and_then(number).unwrap_or(0);
        let offset = words.next().and_then(number).map_or(0, |hhmm| hhmm / 100 * 60 + hhmm % 100);
        // RFC 3339 allows offsets up to 23:59. Greater ones are invalid.
        let offset = if offset.abs() < 24 * 60 { offset as i32 } else { 0 };
        Ident { person: line[..end].trim_ascii(), seconds, offset }
    }

    /// `Name <email>`; invalid UTF-8 is replaced.
    pub(crate) fn name_and_email(&self) -> String {
        String::from_utf8_lossy(self.person).into_owned()
    }

    /// The time in RFC 3339 format with the stored offset. Times outside the years 0000–9999, which the format cannot
    /// express, become the first or last time of that range.
    pub(crate) fn date(&self) -> String {
        const FIRST: i64 = -62_167_219_200;
        const LAST: i64 = 253_402_300_799;
        let local = self.seconds.saturating_add(i64::from(self.offset) * 60).clamp(FIRST, LAST);
        let (year, month, day) = civil_from_days(local.div_euclid(86_400));
        let second = local.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let sign = if self.offset < 0 { '-' } else { '+' };
        let (off_hour, off_minute) = (self.offset.abs() / 60, self.offset.abs() % 60);
        format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{off_hour:02}:{off_minute:02}"
        )
    }
}

/// Parses a decimal number with an optional sign; saturates.
fn number(word: &[u8]) -> Option<i64> {
    let (sign, digits) = match word {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: i64, digit: &u8| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    Some(sign * digits.iter().fold(0, add))
}

/// Returns year, month and day in the proleptic Gregorian calendar, `days` after 1970-01-01. Counts in eras of 400
/// years that begin on March 1, so that leap days come last (the algorithm `civil_from_days` of Howard Hinnant).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_with_their_own_offset() {
        for (line, date) in [
            ("A <a@b> 0 +0000", "1970-01-01T00:00:00+00:00"),
            ("A <a@b> 951782400 +0530", "2000-02-29T05:30:00+05:30"),
            ("A <a@b> 1700000000 -0830", "2023-11-14T13:43:20-08:30"),
            ("A <a@b> -1 +0000", "1969-12-31T23:59:59+00:00"),
            ("A <a@b> 99999999999999999999999 +0100", "9999-12-31T23:59:59+01:00"),
            ("A <a@b> -99999999999999999999999 -0100", "0000-01-01T00:00:00-01:00"),
            ("A <a@b> 60 +9999", "1970-01-01T00:01:00+00:00"),
            ("A <a@b> soon", "1970-01-01T00:00:00+00:00"),
            ("", "1970-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(Ident::parse(line.as_bytes()).date(), date, "{line}");
        }
    }

    #[test]
    fn the_person_ends_at_the_last_angle_bracket() {
        let ident = Ident::parse(b"A > B \xff <a@b> 7 +0000");
        assert_eq!(ident.name_and_email(), "A > B \u{fffd} <a@b>");
        assert_eq!(ident.seconds, 7);
    }
}
