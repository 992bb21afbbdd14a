//! Moments as providers write them.
//!
//! | form | source | function |
//! |---|---|---|
//! | `2026-02-19T19:55:13.5+01:00` | RFC 3339, section 5.6 | [`rfc3339`] |
//! | `Thu, 19 Feb 2026 19:55:13 GMT` | RFC 9110, section 5.6.7, the preferred form | [`http_date`] |
//!
//! Every function takes any text, and answers `None` to what is no moment at or after 1970 and before
//! the year 10000. The obsolete forms of an HTTP date are not read.

use crate::Timestamp;

const DAY: i64 = 86_400;

/// The moment that RFC 3339 text names, in milliseconds; finer digits are dropped.
///
/// ```
/// use jackfield_guest::time::rfc3339;
///
/// assert_eq!(rfc3339("1970-01-01T01:00:00.25+01:00"), Some(250));
/// assert_eq!(rfc3339("yesterday"), None);
/// ```
pub fn rfc3339(text: &str) -> Option<Timestamp> {
    let mut rest = Reader(text.trim().as_bytes());
    let (year, month, day) = rest.date()?;
    rest.any(b"Tt ")?;
    let seconds = rest.clock()?;
    let milliseconds = rest.fraction()?;
    let offset = rest.offset()?;
    rest.end()?;
    moment(days(year, month, day)? * DAY + seconds - offset, milliseconds)
}

/// The moment that an HTTP date names, in milliseconds. The day of the week is not compared.
///
/// ```
/// use jackfield_guest::time::http_date;
///
/// assert_eq!(http_date("Thu, 01 Jan 1970 00:00:07 GMT"), Some(7_000));
/// ```
pub fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let mut rest = Reader(text.trim().as_bytes());
    rest.take(3)?;
    rest.exactly(b", ")?;
    let day = rest.number(2)?;
    rest.exactly(b" ")?;
    let name = rest.take(3)?;
    let month = MONTHS.iter().position(|month| *month == name)?;
    rest.exactly(b" ")?;
    let year = rest.number(4)?;
    rest.exactly(b" ")?;
    let seconds = rest.clock()?;
    rest.exactly(b" GMT")?;
    rest.end()?;
    moment(days(year, i64::try_from(month).ok()? + 1, day)? * DAY + seconds, 0)
}

/// RFC 3339 text in UTC with whole seconds: `2026-02-19T19:55:13Z`.
///
/// ```
/// use jackfield_guest::time::to_rfc3339;
///
/// assert_eq!(to_rfc3339(1_771_530_913_999), "2026-02-19T19:55:13Z");
/// ```
pub fn to_rfc3339(moment: Timestamp) -> String {
    let seconds = i64::try_from(moment / 1000).unwrap_or(i64::MAX);
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let rest = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The day of a moment in UTC, for people: `2026-02-19`.
pub fn to_date(moment: Timestamp) -> String {
    to_rfc3339(moment).split('T').next().unwrap_or_default().to_owned()
}

fn moment(seconds: i64, milliseconds: u64) -> Option<Timestamp> {
    u64::try_from(seconds).ok()?.checked_mul(1000)?.checked_add(milliseconds)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
///
/// Counted in eras of 400 years that begin in March, as Howard Hinnant's `days_from_civil` does.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// The date that lies so many days after 1970-01-01: the inverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, digits: usize) -> Option<i64> {
        let taken = self.take(digits)?;
        taken.iter().try_fold(0, |value, digit| {
            digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
        })
    }

    fn exactly(&mut self, text: &[u8]) -> Option<()> {
        (self.take(text.len())? == text).then_some(())
    }

    fn any(&mut self, of: &[u8]) -> Option<u8> {
        let byte = self.take(1)?.first().copied()?;
        of.contains(&byte).then_some(byte)
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    fn date(&mut self) -> Option<(i64, i64, i64)> {
        let year = self.number(4)?;
        self.exactly(b"-")?;
        let month = self.number(2)?;
        self.exactly(b"-")?;
        Some((year, month, self.number(2)?))
    }

    /// Seconds of the day; a leap second counts as the next one.
    fn clock(&mut self) -> Option<i64> {
        let hour = self.number(2)?;
        self.exactly(b":")?;
        let minute = self.number(2)?;
        self.exactly(b":")?;
        let second = self.number(2)?;
        (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
    }

    fn fraction(&mut self) -> Option<u64> {
        if self.0.first() != Some(&b'.') {
            return Some(0);
        }
        self.take(1)?;
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = self.take(count).filter(|digits| !digits.is_empty())?;
        let first = digits.iter().copied().chain(std::iter::repeat(b'0')).take(3);
        Some(first.fold(0, |value, digit| value * 10 + u64::from(digit - b'0')))
    }

    /// Seconds east of UTC.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.any(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hour = self.number(2)?;
        self.exactly(b":")?;
        let minute = self.number(2)?;
        (hour < 24 && minute < 60).then_some(sign * (hour * 3600 + minute * 60))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_written() {
        let cases = [
            ("epoch", "1970-01-01T00:00:00Z", Some(0)),
            ("blanks around", " 1970-01-01T00:00:01Z ", Some(1_000)),
            ("lower case", "1970-01-01t00:00:01z", Some(1_000)),
            ("blank between", "1970-01-01 00:00:01Z", Some(1_000)),
            ("one digit", "1970-01-01T00:00:00.5Z", Some(500)),
            ("nine digits", "1970-01-01T00:00:00.123456789Z", Some(123)),
            ("east", "1970-01-01T05:30:00+05:30", Some(0)),
            ("west", "1969-12-31T17:00:00-07:00", Some(0)),
            ("leap day", "2024-02-29T00:00:00Z", Some(1_709_164_800_000)),
            ("leap second", "2016-12-31T23:59:60Z", Some(1_483_228_800_000)),
            ("a day of 2026", "2026-02-19T19:55:13Z", Some(1_771_530_913_000)),
            ("the last second", "9999-12-31T23:59:59Z", Some(253_402_300_799_000)),
            ("before the epoch", "1969-12-31T23:59:59Z", None),
            ("no such leap day", "2023-02-29T00:00:00Z", None),
            ("no leap century", "2100-02-29T00:00:00Z", None),
            ("month 13", "2024-13-01T00:00:00Z", None),
            ("month 0", "2024-00-01T00:00:00Z", None),
            ("day 0", "2024-01-00T00:00:00Z", None),
            ("day 31 of 30", "2024-04-31T00:00:00Z", None),
            ("hour 24", "2024-04-30T24:00:00Z", None),
            ("minute 60", "2024-04-30T00:60:00Z", None),
            ("second 61", "2024-04-30T00:00:61Z", None),
            ("no zone", "2024-04-30T00:00:00", None),
            ("zone without colon", "2024-04-30T00:00:00+0100", None),
            ("zone of 24 hours", "2024-04-30T00:00:00+24:00", None),
            ("more after it", "2024-04-30T00:00:00Zx", None),
            ("empty fraction", "2024-04-30T00:00:00.Z", None),
            ("signs for digits", "2024-+4-30T00:00:00Z", None),
            ("digits of another script", "２０２４-04-30T00:00:00Z", None),
            ("a date alone", "2024-04-30", None),
            ("nothing", "", None),
        ];
        for (name, text, expected) in cases {
            assert_eq!(rfc3339(text), expected, "{name}");
        }
    }

    #[test]
    fn http_dates_are_read_as_written() {
        let cases = [
            ("as in RFC 9110", "Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777_000)),
            ("blanks around", " Sun, 06 Nov 1994 08:49:37 GMT\t", Some(784_111_777_000)),
            ("RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("asctime", "Sun Nov  6 08:49:37 1994", None),
            ("another zone", "Sun, 06 Nov 1994 08:49:37 CET", None),
            ("no such month", "Sun, 06 Nox 1994 08:49:37 GMT", None),
            ("no such day", "Sun, 31 Nov 1994 08:49:37 GMT", None),
            ("seconds", "120", None),
            ("nothing", "", None),
            ("cut in a character", "Sü", None),
        ];
        for (name, text, expected) in cases {
            assert_eq!(http_date(text), expected, "{name}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for day in (0..2_932_896).step_by(97) {
            let moment = day * 86_400_000 + 86_399_000;
            assert_eq!(rfc3339(&to_rfc3339(moment)), Some(moment), "{day}");
        }
        assert_eq!(to_date(1_771_530_913_000), "2026-02-19");
        assert!(to_rfc3339(u64::MAX).ends_with('Z'), "no panic");
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_read_without_a_panic() {
        for text in ["2026-02-19T19:55:13.123+01:00", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            for at in 0..=text.len() {
                let cut = text.get(..at).unwrap();
                let _ = (rfc3339(cut), http_date(cut));
                for byte in 0..128_u8 {
                    let changed =
                        format!("{cut}{}{}", char::from(byte), text.get(at + 1..).unwrap_or(""));
                    let _ = (rfc3339(&changed), http_date(&changed));
                }
            }
        }
    }
}
