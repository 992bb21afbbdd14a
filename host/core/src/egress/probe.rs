//! What is found on the way to one origin, stage by stage, without a credential.
//!
//! A probe answers where a request would end that never arrives. It has four stages, in the order in
//! which a request goes through them:
//!
//! | stage | what is found |
//! |---|---|
//! | lookup | the addresses of the name: those that the policy allows, and those that it denies |
//! | connection | the address that took the connection, and how long that took |
//! | TLS | the protocol, and the certificate that the server showed, trusted or not |
//! | answer | status, `server`, `content-type` and `date` of an answer to `HEAD` |
//!
//! A stage that failed has the same [`Failure`] that a request would have had there; the stages after
//! it are skipped. A probe sends no credential, follows no redirect, and connects only where the
//! policy lets requests go.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::contract::failure::{Failure, Timestamp};
use crate::egress::http::InboundResponse;
use crate::egress::policy::{Reach, Rule};

/// How long a probe of one origin may take. Twice what a slow network needs for all stages.
pub const PROBE_TIME: Duration = Duration::from_secs(15);

/// Characters of a server's text that a probe repeats.
const MAX_TEXT_CHARS: usize = 100;

/// Where to look.
#[derive(Clone, Debug)]
pub struct ProbeRequest {
    /// An endpoint's base: `http` or `https`, judged, without userinfo and query.
    pub url: Url,
    /// Which addresses the URL's name may resolve to.
    pub reach: Reach,
    /// When the whole probe must have ended.
    pub deadline: Instant,
}

/// What was found on the way to one origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Scheme, host and port.
    pub origin: String,
    /// From the name to addresses.
    pub lookup: Stage<Lookup>,
    /// From an address to a connection.
    pub connection: Stage<TcpConnection>,
    /// From a connection to a trusted one.
    pub tls: Stage<Tls>,
    /// From a request to an answer, whatever its status.
    pub answer: Stage<Answer>,
}

impl Probe {
    /// Nothing is known yet of the way to that URL's origin.
    pub fn unknown(url: &Url) -> Self {
        Self {
            origin: url.origin().ascii_serialization(),
            lookup: Stage::Skipped(Skip::Unknown),
            connection: Stage::Skipped(Skip::Unknown),
            tls: Stage::Skipped(Skip::Unknown),
            answer: Stage::Skipped(Skip::Unknown),
        }
    }
}

/// What one stage came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage<T> {
    /// A request gets through.
    Passed(T),
    /// A request ends here.
    Failed {
        /// What was found all the same: denied addresses, a certificate that is not trusted.
        found: Option<T>,
        /// What the request's failure would be.
        failure: Box<Failure>,
    },
    /// It was not looked at.
    Skipped(Skip),
}

impl<T> Stage<T> {
    /// What was found, also where the stage failed.
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Passed(found) => Some(found),
            Self::Failed { found, .. } => found.as_ref(),
            Self::Skipped(_) => None,
        }
    }

    /// Why a request ends here.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } => Some(failure),
            Self::Passed(_) | Self::Skipped(_) => None,
        }
    }
}

/// Why a stage was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The URL needs none: an address is not looked up, `http` has no TLS.
    NotNeeded,
    /// A proxy does it, out of sight.
    Proxy,
    /// An earlier stage failed.
    Earlier,
    /// The transport cannot tell.
    Unknown,
}

/// The addresses of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// Those that the policy allows, in the order in which they are tried.
    pub allowed: Vec<IpAddr>,
    /// Those that it denies, each with the rule.
    pub denied: Vec<(IpAddr, Rule)>,
}

/// A connection that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpConnection {
    /// Which address took it.
    pub address: SocketAddr,
    /// How long it took, addresses that did not take it included.
    pub took: Duration,
}

/// A TLS handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Such as `TLS 1.3`, where they agreed on one.
    pub protocol: Option<String>,
    /// What the server showed of itself, before anything of it is believed.
    pub certificate: Option<Certificate>,
}

/// The facts of a server's certificate (RFC 5280, section 4.1), as far as they can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is: common name and organization. Absent where only its alternative names tell.
    pub subject: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// From when it is valid.
    pub not_before: Option<Timestamp>,
    /// Until when.
    pub not_after: Option<Timestamp>,
}

/// An answer to a request without a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 100 to 599. A 401 or 404 is as good as a 200 here: somebody answered.
    pub status: u16,
    /// The field `server`.
    pub server: Option<String>,
    /// The field `content-type`.
    pub content_type: Option<String>,
    /// The server's time when the answer was received: its `date` (RFC 9110, section 6.6.1), with the
    /// `age` that a cache reports added (RFC 9111, section 5.1). To the second.
    pub server_time: Option<Timestamp>,
    /// The time of this machine when the answer was received.
    pub received_at: Timestamp,
    /// From the request to the answer, a new connection included where none is kept.
    pub took: Duration,
}

impl Answer {
    /// What a response that was received now tells, after it took so long.
    pub fn of(response: &InboundResponse, took: Duration) -> Self {
        let field = |wanted: &str| {
            let mut headers = response.headers.iter();
            headers.find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
        };
        Self {
            status: response.status,
            server: field("server").and_then(shown),
            content_type: field("content-type").and_then(shown),
            server_time: field("date").and_then(|date| server_time(date, field("age"))),
            received_at: Timestamp::now(),
            took,
        }
    }
}

fn server_time(date: &str, age: Option<&str>) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(date).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    let age: u64 = match age {
        Some(seconds) => seconds.trim().parse().ok()?,
        None => 0,
    };
    let date = u64::try_from(since.as_millis()).ok()?;
    Some(Timestamp(date.saturating_add(age.saturating_mul(1_000))))
}

/// A server's text without control characters, and not too long; `None` where nothing is left.
pub fn shown(text: &str) -> Option<String> {
    let kept = text.chars().filter(|c| !c.is_control()).take(MAX_TEXT_CHARS);
    let text: String = kept.collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)]) -> Answer {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers = headers.iter().map(pair).collect();
        let response = InboundResponse { status: 200, headers, body: Vec::new() };
        Answer::of(&response, Duration::ZERO)
    }

    #[test]
    fn the_servers_time_is_its_date_and_what_a_cache_adds() {
        const DATE: &str = "Thu, 01 Jan 1970 00:00:07 GMT";
        for (name, date, age, expected) in [
            ("plain", DATE, None, Some(7_000)),
            ("from a cache", DATE, Some("13"), Some(20_000)),
            ("blanks around the age", DATE, Some(" 1 "), Some(8_000)),
            ("an age without end", DATE, Some("18446744073709551615"), Some(u64::MAX)),
            ("an age that is none", DATE, Some("-1"), None),
            ("RFC 850", "Thursday, 01-Jan-70 00:00:07 GMT", None, Some(7_000)),
            ("no date", "yesterday", None, None),
            ("blank", "", None, None),
        ] {
            let headers = [("date", date), ("age", age.unwrap_or_default())];
            let present = if age.is_some() { &headers[..] } else { &headers[..1] };
            assert_eq!(answer(present).server_time, expected.map(Timestamp), "{name}");
        }
        assert_eq!(answer(&[]).server_time, None);
    }

    #[test]
    fn a_servers_text_is_one_short_line() {
        let long = "x".repeat(MAX_TEXT_CHARS + 1);
        let told = answer(&[("server", &long), ("content-type", "a\u{1b}[2Jb\u{7f}")]);
        assert_eq!(told.server.as_deref(), long.get(1..));
        assert_eq!(told.content_type.as_deref(), Some("a[2Jb"));
        assert_eq!(answer(&[("server", " ")]).server, None);
    }
}
