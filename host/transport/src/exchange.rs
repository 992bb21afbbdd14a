//! From the host's request to the library's, and from the library's answer to the host's.

use bytes::Bytes;
use jackfield_host::secret::SecretText;
use jackfield_host::transport::{InboundResponse, OutboundRequest, OutboundValue, TransportError};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Request, Response};
use url::Url;

use crate::connecting::Progress;
use crate::diagnosis::{self, Target};

/// Bytes that an answer's header section may have: names, values, and 4 for each field's punctuation.
pub const MAX_RESPONSE_HEADER_BYTES: usize = 64 * 1024;

/// The statuses that HTTP has (RFC 9110, section 15).
const STATUSES: std::ops::Range<u16> = 100..600;

/// Host and port, for messages.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The library's form of the request. Nothing has been sent yet.
pub(crate) fn prepare(request: OutboundRequest) -> Result<Request, TransportError> {
    let url = request.url;
    if !matches!(url.scheme(), "http" | "https") {
        return unsendable("the URL's scheme is neither http nor https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return unsendable("the URL has a user name or a password");
    }
    let Ok(method) = request.method.as_str().parse() else {
        return unsendable("the method is not a token");
    };
    let mut prepared = Request::new(method, url);
    for (name, value) in request.headers {
        append(prepared.headers_mut(), &name, value)?;
    }
    if !request.body.is_empty() {
        *prepared.body_mut() = Some(request.body.into());
    }
    Progress::release();
    Ok(prepared)
}

fn append(headers: &mut HeaderMap, name: &str, value: OutboundValue) -> Result<(), TransportError> {
    let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
        return unsendable("a header's name has characters that HTTP does not allow");
    };
    let value = match value {
        OutboundValue::Plain(text) => HeaderValue::from_maybe_shared(Bytes::from(text)),
        OutboundValue::Sensitive(secret) => {
            let shared = HeaderValue::from_maybe_shared(Bytes::from_owner(SecretBytes(secret)));
            shared.map(|mut value| {
                value.set_sensitive(true);
                value
            })
        }
    };
    let Ok(value) = value else {
        return unsendable(format!("the header `{name}` has bytes that HTTP does not allow"));
    };
    headers.append(parsed, value);
    Ok(())
}

/// Lends a secret's own memory to a header, and wipes it with the last use.
struct SecretBytes(SecretText);

impl AsRef<[u8]> for SecretBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

fn unsendable<T>(detail: impl Into<String>) -> Result<T, TransportError> {
    Err(TransportError::Unsendable { detail: detail.into() })
}

/// The answer, read under its limits. `has_body` is false for an answer to HEAD, whose headers
/// describe a body that does not follow.
pub(crate) async fn read(
    mut answer: Response,
    has_body: bool,
    max_body: u64,
    target: &Target<'_>,
) -> Result<InboundResponse, TransportError> {
    let status = answer.status().as_u16();
    if !STATUSES.contains(&status) {
        return Err(target.broken(format!("the status {status} is none of HTTP's")));
    }
    let headers = headers(answer.headers())?;
    let has_body = has_body && !matches!(status, 204 | 304);
    if !has_body {
        return Ok(InboundResponse { status, headers, body: Vec::new() });
    }
    refuse_unknown_coding(answer.headers(), target)?;
    let body = body(&mut answer, max_body, target).await?;
    Ok(InboundResponse { status, headers, body })
}

fn headers(received: &HeaderMap) -> Result<Vec<(String, String)>, TransportError> {
    let size: usize =
        received.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if size > MAX_RESPONSE_HEADER_BYTES {
        return Err(TransportError::TooLarge { limit: MAX_RESPONSE_HEADER_BYTES as u64 });
    }
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(received.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect())
}

/// The library removes the header of each coding that it undoes; what is left stayed encoded.
fn refuse_unknown_coding(headers: &HeaderMap, target: &Target<'_>) -> Result<(), TransportError> {
    let values = headers.get_all(header::CONTENT_ENCODING).into_iter();
    let text = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let text: Vec<String> = text.collect();
    let codings = text.iter().flat_map(|value| value.split(',')).map(shown_coding);
    let codings: Vec<String> =
        codings.filter(|coding| !matches!(coding.as_str(), "" | "identity")).collect();
    match codings.as_slice() {
        [] => Ok(()),
        [one] => Err(target.undecodable(format!(
            "the body has the content coding `{one}`, which was not asked for (gzip and br were)"
        ))),
        several => Err(target.undecodable(format!(
            "the body is encoded more than once (`{}`)",
            several.join("`, `")
        ))),
    }
}

/// The name of a content coding, fit to be shown.
fn shown_coding(text: &str) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "-_.+".contains(*c);
    text.trim().to_ascii_lowercase().chars().filter(allowed).take(40).collect()
}

async fn body(
    answer: &mut Response,
    max_body: u64,
    target: &Target<'_>,
) -> Result<Vec<u8>, TransportError> {
    let too_large = TransportError::TooLarge { limit: max_body };
    // Absent where the body is compressed: then it says nothing of what is counted here.
    let announced = answer.content_length().unwrap_or_default();
    if announced > max_body {
        return Err(too_large);
    }
    // A length that is only announced reserves no more than this.
    const RESERVED_AT_MOST: u64 = 256 * 1024;
    let mut body = Vec::with_capacity(announced.min(RESERVED_AT_MOST) as usize);
    while let Some(chunk) =
        answer.chunk().await.map_err(|error| diagnosis::explain(error, target))?
    {
        if (body.len() + chunk.len()) as u64 > max_body {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use jackfield_host::Reach;
    use jackfield_host::transport::Method;

    use super::*;

    #[test]
    fn secret_is_marked_sensitive_and_not_copied() {
        let secret = SecretText::new("Bearer canary".to_owned());
        let address = secret.expose_secret().as_ptr();
        let request = OutboundRequest {
            method: Method::Get,
            url: "https://api.example.com/".parse().unwrap(),
            headers: vec![("authorization".to_owned(), OutboundValue::Sensitive(secret))],
            body: Vec::new(),
            reach: Reach::Public,
            deadline: tokio::time::Instant::now(),
            max_body: 0,
        };
        let prepared = prepare(request).unwrap();
        let value = prepared.headers().get("authorization").unwrap();
        assert!(value.is_sensitive());
        assert_eq!(value.as_bytes().as_ptr(), address);
        assert!(!format!("{prepared:?}").contains("canary"));
    }
}
