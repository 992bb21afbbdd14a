//! Times for people: in UTC, to the second, with the distance from now.

use jackfield_host::failure::Timestamp;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `in 12 days`, `3 hours ago`, `now`: the distance in its largest unit, rounded down.
pub(crate) fn distance(time: Timestamp, now: Timestamp) -> String {
    let (milliseconds, future) = (time.0.abs_diff(now.0), time.0 > now.0);
    let (number, unit) = match milliseconds {
        0..SECOND => return "now".to_owned(),
        SECOND..MINUTE => (milliseconds / SECOND, "second"),
        MINUTE..HOUR => (milliseconds / MINUTE, "minute"),
        HOUR..DAY => (milliseconds / HOUR, "hour"),
        _ => (milliseconds / DAY, "day"),
    };
    let distance = super::text::count(number, unit);
    if future { format!("in {distance}") } else { format!("{distance} ago") }
}

/// Both: `2026-12-02T10:00:00Z (in 12 days)`.
pub(crate) fn moment_and_distance(time: Timestamp, now: Timestamp) -> String {
    format!("{time} ({})", distance(time, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_168_800_000);

    #[test]
    fn distances_are_told_in_their_largest_unit() {
        for (milliseconds, expected) in [
            (0, "now"),
            (999, "now"),
            (1_000, "in 1 second"),
            (59_999, "in 59 seconds"),
            (60_000, "in 1 minute"),
            (3_600_000, "in 1 hour"),
            (86_399_999, "in 23 hours"),
            (86_400_000, "in 1 day"),
            (12 * 86_400_000, "in 12 days"),
            (-1_000, "1 second ago"),
            (-7_200_000, "2 hours ago"),
            (-86_400_000, "1 day ago"),
        ] {
            let time = Timestamp(NOW.0.saturating_add_signed(milliseconds));
            assert_eq!(distance(time, NOW), expected, "{milliseconds}");
        }
    }
}
