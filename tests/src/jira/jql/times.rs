//! Times as queries write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// What times in a query count from.
#[derive(Clone, Copy, Debug)]
pub(in crate::jira) struct Clock {
    /// Milliseconds since the Unix epoch.
    pub(in crate::jira) now: i64,
    /// The user's time zone, minutes east of Greenwich.
    pub(in crate::jira) offset_minutes: i32,
}

impl Clock {
    pub(in crate::jira) fn at_offset(offset_minutes: i32) -> Self {
        Self { now: Timestamp::now().as_millisecond(), offset_minutes }
    }

    /// Milliseconds since the Unix epoch; none where Jira would not read it.
    pub(super) fn time(&self, text: &str, quoted: bool) -> Option<i64> {
        if !quoted && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok();
        }
        self.civil(text).or_else(|| self.period(text))
    }

    fn civil(&self, text: &str) -> Option<i64> {
        let text = text.replace('/', "-");
        let long = if text.contains(':') { text } else { format!("{text} 00:00") };
        let civil = DateTime::strptime("%Y-%m-%d %H:%M", long).ok()?;
        let offset = Offset::from_seconds(self.offset_minutes * 60).ok()?;
        offset.to_timestamp(civil).ok().map(|time| time.as_millisecond())
    }

    fn period(&self, text: &str) -> Option<i64> {
        let (sign, periods) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let mut total = 0;
        for period in periods.split_whitespace() {
            let unit = period.chars().next_back()?;
            let minutes = match unit {
                'w' => 7 * 24 * 60,
                'd' => 24 * 60,
                'h' => 60,
                'm' => 1,
                _ => return None,
            };
            let count: i64 = period[..period.len() - 1].parse().ok()?;
            total += count * minutes * 60_000;
        }
        (total > 0).then_some(self.now + sign * total)
    }
}
