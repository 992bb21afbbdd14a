//! Reading one answer.

use serde::Deserialize;

use crate::objects::Objects;
use crate::text::quote;
use crate::{Cause, Failure, Field, Response, Retry, diagnosis};

/// Bytes of a body in which a page's title is looked for.
const TITLE_WITHIN: usize = 16 * 1024;

impl Response {
    /// An empty answer of this status, for tests.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), next: None, quota: None }
    }

    /// With one more header; for tests.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(Field { name: name.to_ascii_lowercase(), value: value.to_owned() });
        self
    }

    /// With this JSON text as its body, and its content type; for tests.
    #[must_use]
    pub fn with_json(self, text: &str) -> Self {
        self.with_header("content-type", "application/json; charset=utf-8").with_body(text)
    }

    /// With this body; for tests.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With this link to the next page; for tests.
    #[must_use]
    pub fn with_next(mut self, link: &str) -> Self {
        self.next = Some(link.to_owned());
        self
    }

    /// The first value of that header, in whatever case it is asked for, without surrounding blanks.
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = self.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        Some(field.value.trim())
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as text, with what is not UTF-8 replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Whether the body is a web page, by its content type or its first characters.
    pub fn is_web_page(&self) -> bool {
        let declared = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let start = self.body.trim_ascii_start();
        declared.starts_with("text/html")
            || declared.starts_with("application/xhtml")
            || starts_with(start, b"<!doctype html")
            || starts_with(start, b"<html")
    }

    /// The title of the web page that came, cleaned and bounded.
    pub fn page_title(&self) -> Option<String> {
        let part = self.body.get(..TITLE_WITHIN).unwrap_or(&self.body);
        let text = String::from_utf8_lossy(part);
        let lower = text.to_ascii_lowercase();
        let from = lower.find("<title")?;
        let from = from + lower.get(from..)?.find('>')? + 1;
        let length = lower.get(from..)?.find("</title")?;
        Some(quote(text.get(from..from + length)?, 80)).filter(|title| !title.is_empty())
    }

    /// The body as `T`, of which a struct is an object and never an array. With a borrowing `T`
    /// (`&RawValue`) nothing is copied.
    ///
    /// # Errors
    ///
    /// [`Cause::Protocol`], which says what came instead. A web page is called that: it usually
    /// stands for a network's sign-in page or a proxy between here and the provider.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        let mut json = serde_json::Deserializer::from_slice(&self.body);
        let value = T::deserialize(Objects(&mut json));
        let whole = value.and_then(|value| json.end().map(|()| value));
        whole.map_err(|error| self.not_json(&error))
    }

    /// An answer that the connector has no better name for.
    ///
    /// 5xx is [`Cause::Unreachable`], 429 [`Cause::RateLimited`], 408 [`Cause::Timeout`], and the rest
    /// [`Cause::Protocol`].
    pub fn unexpected(&self, service: &str) -> Failure {
        let status = self.status;
        let (cause, retry) = match status {
            408 => (Cause::Timeout, Retry::Backoff),
            429 => (Cause::RateLimited, Retry::Backoff),
            500..=599 => (Cause::Unreachable, Retry::Backoff),
            _ => (Cause::Protocol, Retry::Never),
        };
        Failure::new(cause, format!("{service} answered with the unexpected status {status}."))
            .code("unexpected-status")
            .retry(retry)
            .based_on(self, &["content-type", "retry-after"])
            .evidence("body", &quote(&self.text(), 200))
    }

    fn not_json(&self, error: &serde_json::Error) -> Failure {
        let parser = |failure: Failure| failure.evidence("parser", &error.to_string());
        let failure = if self.is_web_page() {
            let title = self.page_title().unwrap_or_default();
            diagnosis::WEB_PAGE.failure(Cause::Protocol).evidence("page_title", &title)
        } else if self.body.trim_ascii().is_empty() {
            diagnosis::EMPTY.failure(Cause::Protocol)
        } else if error.is_data() {
            parser(diagnosis::SHAPE.failure(Cause::Protocol))
        } else {
            parser(diagnosis::NOT_JSON.failure(Cause::Protocol))
        };
        failure.retry(Retry::Backoff).based_on(self, &["content-type"])
    }
}

fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_came_instead_of_json_is_named() {
        let html = "<!DOCTYPE html><html><head><title>Guest\n Wifi</title>";
        let cases = [
            (
                "page by type",
                Response::new(200).with_header("content-type", "text/html").with_body("hello"),
                "web page",
            ),
            ("page by start", Response::new(200).with_body(format!("  \n{html}")), "web page"),
            ("nothing", Response::new(200).with_body(" \n"), "empty answer"),
            ("no body", Response::new(204), "empty answer"),
            ("cut off", Response::new(200).with_json("[\"1\", \"2\""), "not valid JSON"),
            ("text", Response::new(200).with_body("OK"), "not valid JSON"),
            ("other shape", Response::new(200).with_json("{\"a\":1}"), "unexpected shape"),
            ("not UTF-8", Response::new(200).with_body(b"[\"\xff\"]".to_vec()), "not valid JSON"),
        ];
        for (name, response, expected) in cases {
            let failure = response.json::<Vec<String>>().unwrap_err();
            assert_eq!(failure.cause, Cause::Protocol, "{name}");
            assert!(failure.message.contains(expected), "{name}: {}", failure.message);
        }
        let page = Response::new(200).with_body(html);
        assert_eq!(page.page_title().as_deref(), Some("Guest Wifi"));
    }

    #[test]
    fn a_list_is_no_struct() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Account {
            id: u64,
        }
        for (body, expected) in [(r#"{"id":7}"#, Some(7)), ("[7]", None), (r#"{"id":7}8"#, None)] {
            let account = Response::new(200).with_json(body).json::<Account>();
            assert_eq!(account.ok().map(|account| account.id), expected, "{body}");
        }
        let list = Response::new(200).with_json("[[7]]").json::<Vec<(u64,)>>();
        assert_eq!(list.ok(), Some(vec![(7,)]));
    }

    #[test]
    fn a_title_is_looked_for_without_a_panic() {
        for body in [
            "<title",
            "<title>",
            "<title></title>",
            "<TITLE>\u{0}\u{202e}</title>",
            "ä<title>ä",
            "<title>a</titl",
        ] {
            assert_eq!(Response::new(200).with_body(body).page_title(), None, "{body}");
        }
    }

    #[test]
    fn headers_are_found_in_any_case() {
        let response =
            Response::new(200).with_header("X-Thing", " one ").with_header("x-thing", "two");
        assert_eq!(response.header("x-THING"), Some("one"));
        assert_eq!(response.header("x-other"), None);
    }

    #[test]
    fn an_unexpected_status_has_a_cause() {
        for (status, expected) in [
            (408, Cause::Timeout),
            (418, Cause::Protocol),
            (429, Cause::RateLimited),
            (500, Cause::Unreachable),
            (599, Cause::Unreachable),
            (302, Cause::Protocol),
        ] {
            assert_eq!(Response::new(status).unexpected("X").cause, expected, "{status}");
        }
    }
}
