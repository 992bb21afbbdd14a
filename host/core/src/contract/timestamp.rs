//! Moments, as numbers and as RFC 3339 writes them.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use jiff::fmt::temporal::Pieces;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC. Displayed as RFC 3339 does, to the second.
///
/// ```
/// use jackfield_host::failure::Timestamp;
///
/// assert_eq!(Timestamp(1_795_168_800_999).to_string(), "2026-11-20T10:00:00Z");
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

impl Timestamp {
    /// The time now, by the system's clock; the epoch itself where that clock stands before it.
    pub fn now() -> Self {
        Self::of(SystemTime::now()).unwrap_or_default()
    }

    /// The moment of RFC 3339 text (section 5.6), of which the seconds may be absent:
    /// `2026-03-26T16:00Z`, `2026-03-26T16:00:30.5+01:00`. `None` for all else, and before 1970.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let pieces = Pieces::parse(text).ok()?;
        let offset =
            pieces.to_numeric_offset().filter(|_| pieces.time_zone_annotation().is_none())?;
        let local = pieces.date().to_datetime(pieces.time()?).duration_since(EPOCH);
        let since = local.checked_sub(SignedDuration::from_secs(offset.seconds().into()))?;
        u64::try_from(since.as_millis()).ok().map(Self)
    }

    /// The same moment of the system's clock; `None` before 1970.
    pub(crate) fn of(time: SystemTime) -> Option<Self> {
        let since = time.duration_since(UNIX_EPOCH).ok()?;
        u64::try_from(since.as_millis()).ok().map(Self)
    }
}

impl fmt::Display for Timestamp {
    /// The milliseconds where no calendar reaches: after the year 9999.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0 / 1_000).unwrap_or(i64::MAX);
        match EPOCH.checked_add(SignedDuration::from_secs(seconds)) {
            Ok(moment) => write!(formatter, "{}Z", moment.strftime("%Y-%m-%dT%H:%M:%S")),
            Err(_) => write!(formatter, "{} ms", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_universal_time() {
        for (time, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (999, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_795_168_800_000, "2026-11-20T10:00:00Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59Z"),
            (253_402_300_800_000, "253402300800000 ms"),
            (u64::MAX, "18446744073709551615 ms"),
        ] {
            assert_eq!(Timestamp(time).to_string(), expected);
        }
    }

    #[test]
    fn rfc_3339_is_read_and_nothing_else() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T00:00Z", Some(0)),
            ("2000-02-29T00:00Z", Some(951_782_400)),
            ("2024-02-29T12:00Z", Some(1_709_208_000)),
            ("2024-03-01T00:00Z", Some(1_709_251_200)),
            ("2100-03-01T00:00Z", Some(4_107_542_400)),
            ("2026-11-21T00:00z", Some(1_795_219_200)),
            ("2026-11-21 01:00:00+01:00", Some(1_795_219_200)),
            ("2026-11-20T23:00:00.9-01:00", Some(1_795_219_200)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799)),
            ("1969-12-31T23:59:00Z", None),
            ("1970-01-01T00:59:00+01:00", None),
            ("2023-02-29T00:00Z", None),
            ("2026-13-01T00:01Z", None),
            ("2026-01-01T24:01Z", None),
            ("2026-01-01", None),
            ("2026-01-01T00:01", None),
            ("2026-01-01T00:01[UTC]", None),
            ("2026-01-01T00:01Z[UTC]", None),
            ("2026-01-01T00:01Zulu", None),
            ("2026-01-01T00:01Z ", None),
            ("T+:", None),
            ("", None),
        ] {
            let found = Timestamp::from_rfc3339(text).map(|time| time.0 / 1_000);
            assert_eq!(found, seconds, "{text}");
        }
    }
}
