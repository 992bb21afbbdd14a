//! Endpoints bound to one base URL each, and the URLs below them. The guest names endpoints and never an
//! origin.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::egress::policy::{Denial, Reach, Rule};
use crate::manifest::template::SEGMENT;

/// Bytes of a URL. RFC 9110, section 4.1, asks servers for 8,000; GitHub and Jira refuse little more.
pub const MAX_URL_BYTES: usize = 8_000;

/// What is encoded in a query: all but the unreserved characters. A blank is `%20`, which every
/// server understands, and not `+`, which some do not.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An endpoint of the manifest, bound to a base URL that the policy has judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundEndpoint {
    /// Its name in the manifest.
    pub name: String,
    /// From [`EndpointTemplate::bind`](crate::manifest::template::EndpointTemplate::bind).
    pub base: Url,
    /// From [`EgressPolicy::judge_url`](crate::EgressPolicy::judge_url).
    pub reach: Reach,
    /// Names of the settings that the base is made of.
    pub settings: Vec<String>,
}

impl BoundEndpoint {
    /// The URL of a place below the base: each segment is one segment, whatever it holds.
    ///
    /// # Errors
    ///
    /// A [`Denial`] by `path-segment` for a segment that is empty, `.`, `..` or has control
    /// characters, and by `url-length` for more than [`MAX_URL_BYTES`].
    pub fn locate(&self, segments: &[String], query: &[(String, String)]) -> Result<Url, Denial> {
        let mut path = self.base.path().trim_end_matches('/').to_owned();
        for segment in segments {
            if unusable(segment) {
                return Err(Denial::new(Rule::PathSegment, segment));
            }
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
            self.bounded(path.len())?;
        }
        let query = encode_query(query);
        self.bounded(path.len() + query.len())?;
        let mut url = self.base.clone();
        url.set_path(&path);
        url.set_query((!query.is_empty()).then_some(&query));
        self.bounded(url.as_str().len())?;
        self.proved(url, &path)
    }

    /// Whether the URL has this endpoint's origin and a path at or below its base, by whole
    /// segments, also for a server that decodes `%2f` before it routes.
    pub fn covers(&self, url: &Url) -> bool {
        self.is_above(url) && !hides_dot_segments(url.path(), MAX_DECODINGS)
    }

    /// The place that the provider's link names, at this endpoint's own origin. A server behind a proxy,
    /// or with an inner and a public name, writes its public name into the links that it sends to
    /// whoever reaches it by another one.
    ///
    /// `from` is the URL whose response had the link. `None` where the link is not to be read so: it
    /// names this origin already, `from` does not, or the path shows no sign that both hosts are one
    /// service. It does so where it lies below the base's own path (`/api/v3`), or is the path of
    /// `from` itself. Nothing is gained by it that [`locate`](Self::locate) does not allow: the origin
    /// stays the endpoint's.
    pub fn adopt(&self, link: &Url, from: &Url) -> Option<Url> {
        let own = self.base.origin();
        let plain = link.username().is_empty() && link.password().is_none();
        if link.origin() == own || from.origin() != own || !plain {
            return None;
        }
        let has_path = !self.base.path().trim_end_matches('/').is_empty();
        let below = has_path && is_below(link.path(), self.base.path());
        if !below && link.path() != from.path() {
            return None;
        }
        let mut url = self.base.clone();
        url.set_path(link.path());
        url.set_query(link.query());
        self.covers(&url).then_some(url)
    }

    fn is_above(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && is_below(url.path(), self.base.path())
    }

    fn bounded(&self, bytes: usize) -> Result<(), Denial> {
        if bytes > MAX_URL_BYTES {
            return Err(Denial::new(Rule::UrlLength, &self.name));
        }
        Ok(())
    }

    /// The URL, if a parser reads in its text what was built, and a server that decodes `%2f`
    /// before it routes does too. What the guest itself encoded is data: `%2e` came out as `%252e`.
    fn proved(&self, url: Url, path: &str) -> Result<Url, Denial> {
        let read = Url::parse(url.as_str());
        let meant = if path.is_empty() { "/" } else { path };
        let same = read.is_ok_and(|read| read == url && read.path() == meant);
        if same && self.is_above(&url) && !hides_dot_segments(path, 1) {
            return Ok(url);
        }
        Err(Denial::new(Rule::PathSegment, meant))
    }
}

/// The URL of a link that the provider issued, without its fragment, and the endpoint that covers
/// it; where several do, the one with the longest base.
///
/// # Errors
///
/// A [`Denial`] by `url-length`, or by `link-outside-endpoints` for anything that is no absolute
/// URL below one of the endpoints. It names the link without its query, and the endpoints.
pub fn accept_link<'a>(
    link: &str,
    endpoints: &'a [BoundEndpoint],
) -> Result<(Url, &'a BoundEndpoint), Denial> {
    let too_long = || Denial::new(Rule::UrlLength, "link").sent_by_provider();
    let outside = |subject: String| {
        let places = endpoints.iter().map(|one| (&one.base, one.settings.as_slice()));
        Denial::new(Rule::LinkOutsideEndpoints, subject).reached_at(places)
    };
    if link.len() > MAX_URL_BYTES {
        return Err(too_long());
    }
    let parsed = match link.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
        true => None,
        false => Url::parse(link).ok(),
    };
    let Some(mut url) = parsed else {
        return Err(outside("link".to_owned()));
    };
    url.set_fragment(None);
    // Parsing encodes, and so lengthens.
    if url.as_str().len() > MAX_URL_BYTES {
        return Err(too_long());
    }
    let covering = endpoints.iter().filter(|endpoint| endpoint.covers(&url));
    match covering.max_by_key(|endpoint| endpoint.base.path().len()) {
        Some(endpoint) => Ok((url, endpoint)),
        None => Err(outside(without_query(&url))),
    }
}

fn unusable(segment: &str) -> bool {
    matches!(segment, "" | "." | "..") || segment.contains(char::is_control)
}

fn encode_query(query: &[(String, String)]) -> String {
    let mut encoded = String::new();
    for (name, value) in query {
        if !encoded.is_empty() {
            encoded.push('&');
        }
        encoded.extend(utf8_percent_encode(name, QUERY));
        encoded.push('=');
        encoded.extend(utf8_percent_encode(value, QUERY));
    }
    encoded
}

fn is_below(path: &str, base: &str) -> bool {
    let base = base.trim_end_matches('/');
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Layers of percent-encoding that are looked through in a link. Two stand in nature.
const MAX_DECODINGS: usize = 4;

/// Whether decoding the path up to so many times brings up a `.` or `..` segment: behind `%2f` or
/// `%5c`, or before a `;`, which Java servers cut off.
fn hides_dot_segments(path: &str, decodings: usize) -> bool {
    let mut path = Cow::Borrowed(path);
    for _ in 0..decodings {
        match decoded(&path) {
            Some(decoded) => path = Cow::Owned(decoded),
            None => break,
        }
        if path.split(['/', '\\']).any(is_dot_segment) {
            return true;
        }
    }
    path.split(['/', '\\']).any(is_dot_segment)
}

fn is_dot_segment(segment: &str) -> bool {
    let name = segment.split_once(';').map_or(segment, |(name, _)| name);
    matches!(name, "." | "..")
}

/// The path with one layer of percent-encoding removed; `None` where it has none.
fn decoded(path: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    (decoded != path).then(|| decoded.into_owned())
}

fn without_query(url: &Url) -> String {
    let origin = url.origin().ascii_serialization();
    if origin == "null" { format!("{}:", url.scheme()) } else { format!("{origin}{}", url.path()) }
}

#[cfg(test)]
mod tests;
