//! Reading one answer.

use serde::Deserialize;

use crate::objects::Objects;
use crate::text::quote;
use crate::{Cause, Failure, Field, Response, Retry, diagnosis};

/// The byte order mark in UTF-8: some programs on Windows write it before a text. A parser of JSON
/// may pass it over (RFC 8259, section 8.1).
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Characters of a body that evidence quotes where it is no JSON.
const BODY_CHARS: usize = 200;

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

    /// Without a byte order mark before the body.
    pub(crate) fn without_mark(mut self) -> Self {
        if self.body.starts_with(MARK) {
            self.body.drain(..MARK.len());
        }
        self
    }

    /// The https link of that relation in the `Link` headers (RFC 8288), such as `blocked-by` (RFC
    /// 7725) of an answer 451.
    pub fn link(&self, relation: &str) -> Option<&str> {
        let values = self.headers.iter().filter(|field| field.name.eq_ignore_ascii_case("link"));
        values.flat_map(|field| links(&field.value)).find_map(|(target, parameters)| {
            let named = parameters.split(';').any(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
                name.trim().eq_ignore_ascii_case("rel")
                    && relations.any(|one| one.eq_ignore_ascii_case(relation))
            });
            let plain = |c: char| c.is_ascii_graphic();
            (named && target.starts_with("https://") && target.chars().all(plain)).then_some(target)
        })
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

    /// An answer that the connector has no better name for. Its sentence says what the status means.
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
        let means = meaning(status).map(|means| format!(": {means}")).unwrap_or_default();
        let message = format!("{service} answered with the unexpected status {status}{means}.");
        Failure::new(cause, message)
            .code("unexpected-status")
            .retry(retry)
            .based_on(self, &["content-type", "retry-after"])
            .evidence("body", &quote(&self.text(), 200))
    }

    fn not_json(&self, error: &serde_json::Error) -> Failure {
        let named = |it: &diagnosis::Diagnosis| it.failure(Cause::Protocol);
        let parsed = |it: &diagnosis::Diagnosis, error: &serde_json::Error| {
            named(it).evidence("parser", &error.to_string())
        };
        let failure = if self.is_web_page() {
            let title = self.page_title().unwrap_or_default();
            named(&diagnosis::WEB_PAGE).evidence("page_title", &title)
        } else if self.body.trim_ascii().is_empty() {
            named(&diagnosis::EMPTY)
        } else if let Some(failure) = self.in_other_encoding() {
            failure
        } else if self.is_several_values() {
            self.quoted(named(&diagnosis::SEVERAL))
        } else {
            // Whether it is JSON at all, whatever was expected of it.
            match serde_json::from_slice::<serde::de::IgnoredAny>(&self.body) {
                Ok(_) => parsed(&diagnosis::SHAPE, error),
                Err(error) if error.is_eof() => parsed(&diagnosis::CUT, &error),
                Err(error) if error.to_string().starts_with("trailing characters") => {
                    parsed(&diagnosis::TRAILING, &error)
                }
                Err(error) => self.quoted(parsed(&diagnosis::NOT_JSON, &error)),
            }
        };
        failure.retry(Retry::Backoff).based_on(self, &["content-type"])
    }
}

impl Response {
    fn quoted(&self, failure: Failure) -> Failure {
        failure.evidence("body", &quote(&self.text(), BODY_CHARS))
    }

    /// The failure of a body that is no text in UTF-8.
    pub(crate) fn in_other_encoding(&self) -> Option<Failure> {
        let encoding = self.other_encoding()?;
        let message =
            format!("The service's answer is {encoding}, where JSON in UTF-8 was expected.");
        Some(Failure { message, ..diagnosis::ENCODING.failure(Cause::Protocol) })
    }

    /// What the text is in, where that is not UTF-8: by its byte order mark, by the zeros that ASCII
    /// has in UTF-16 and UTF-32, or by bytes that UTF-8 does not have.
    fn other_encoding(&self) -> Option<&'static str> {
        match self.body.as_slice() {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("text in UTF-32"),
            [0, 0, 0, 1..=255, ..] | [1..=255, 0, 0, 0, ..] => Some("text in UTF-32"),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("text in UTF-16"),
            [0, 1..=255, ..] | [1..=255, 0, ..] => Some("text in UTF-16"),
            body if std::str::from_utf8(body).is_err() => {
                Some("not text in UTF-8, but perhaps in Latin-1 or in no text encoding at all")
            }
            _ => None,
        }
    }

    /// Whether two objects or lists follow on each other, as in newline-delimited JSON.
    fn is_several_values(&self) -> bool {
        let begins = self.body.trim_ascii_start().starts_with(b"{")
            || self.body.trim_ascii_start().starts_with(b"[");
        let values = serde_json::Deserializer::from_slice(&self.body);
        let values = values.into_iter::<serde::de::IgnoredAny>().take(2);
        begins && values.filter(Result::is_ok).count() == 2
    }
}

/// What a status means that says more than that something failed (RFC 9110, RFC 6585, RFC 7725).
fn meaning(status: u16) -> Option<&'static str> {
    Some(match status {
        408 => "the request did not arrive whole in time",
        413 => "the request's body is too long",
        414 => "the request's URL is too long",
        429 => "there were too many requests",
        431 => "the request's headers are too long",
        451 => "the access is blocked for legal reasons",
        502 => "a gateway in front of it got no valid answer",
        503 => "it is down for maintenance or overloaded",
        504 => "a gateway in front of it waited too long for the answer",
        511 => "the network requires sign-in",
        _ => return None,
    })
}

/// Targets and parameters of the links of one header. A comma within a target or quotes parts nothing.
fn links(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once('<')?;
        let (target, after) = after.split_once('>')?;
        let mut quoted = false;
        let end = after.find(|c: char| {
            quoted ^= c == '"';
            c == ',' && !quoted
        });
        let (parameters, next) = after.split_at_checked(end.unwrap_or(after.len()))?;
        rest = next;
        Some((target, parameters))
    })
}

fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::Request;
    use crate::testing::Script;

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
            ("cut off", Response::new(200).with_json("[\"1\", \"2\""), "ends in the middle"),
            ("cut in a text", Response::new(200).with_json("[\"1\", \"2"), "ends in the middle"),
            ("text", Response::new(200).with_body("OK"), "not valid JSON"),
            ("other shape", Response::new(200).with_json("{\"a\":1}"), "unexpected shape"),
            (
                "Latin-1",
                Response::new(200).with_body(b"[\"\xfcber\"]".to_vec()),
                "not text in UTF-8",
            ),
            (
                "not UTF-8",
                Response::new(200).with_body(b"[\"\xff\"]".to_vec()),
                "not text in UTF-8",
            ),
            ("UTF-16, little end first", utf_16(&[0xff, 0xfe], u16::to_le_bytes), "UTF-16"),
            ("UTF-16, big end first", utf_16(&[0xfe, 0xff], u16::to_be_bytes), "UTF-16"),
            ("UTF-16 without a mark", utf_16(&[], u16::to_le_bytes), "UTF-16"),
            ("UTF-16 without a mark, big", utf_16(&[], u16::to_be_bytes), "UTF-16"),
            ("UTF-32", Response::new(200).with_body(b"\xff\xfe\0\0[\0\0\0".to_vec()), "UTF-32"),
            ("text behind it", Response::new(200).with_json("[\"1\"] OK"), "more follows"),
            ("text behind another shape", Response::new(200).with_json("{} OK"), "more follows"),
            (
                "another shape, cut off",
                Response::new(200).with_json("{\"a\":"),
                "ends in the middle",
            ),
            ("a bracket too many", Response::new(200).with_json("[\"1\"]]"), "more follows"),
            ("lines of lists", Response::new(200).with_json("[\"1\"]\n[\"2\"]\n"), "several"),
            ("lines of objects", Response::new(200).with_json("{\"a\":1}\n{\"a\":2}\n"), "several"),
            ("lines, the last cut", Response::new(200).with_json("[1]\n[2]\n[3"), "several"),
        ];
        for (name, response, expected) in cases {
            let failure = response.json::<Vec<String>>().unwrap_err();
            assert_eq!(failure.cause, Cause::Protocol, "{name}");
            assert!(failure.message.contains(expected), "{name}: {}", failure.message);
        }
        let page = Response::new(200).with_body(html);
        assert_eq!(page.page_title().as_deref(), Some("Guest Wifi"));
    }

    fn utf_16(mark: &[u8], bytes: fn(u16) -> [u8; 2]) -> Response {
        let text = "[\"1\"]".encode_utf16().flat_map(bytes);
        Response::new(200).with_body(mark.iter().copied().chain(text).collect::<Vec<u8>>())
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let ask = |body: &str| {
            let script = Script::new().answer(Response::new(200).with_json(body));
            script.run(|| Request::get("api").send().unwrap()).0
        };
        for body in ["[\"1\"]", "\u{feff}[\"1\"]", "\u{feff} [\"1\"]"] {
            let response = ask(body);
            assert_eq!(response.json::<Vec<String>>().ok(), Some(vec!["1".to_owned()]), "{body}");
            assert!(response.body.starts_with(b"[") || response.body.starts_with(b" ["), "{body}");
        }
        assert!(ask("\u{feff}<!doctype html>").is_web_page());
        assert!(ask("\u{feff}\u{feff}[]").json::<Vec<String>>().is_err(), "one mark, not two");
    }

    #[test]
    fn a_link_is_found_by_its_relation() {
        let blocked = "https://example.org/notices/7";
        for (name, header, expected) in [
            ("alone", "<https://example.org/notices/7>; rel=\"blocked-by\"", Some(blocked)),
            ("bare", "<https://example.org/notices/7>;rel=blocked-by", Some(blocked)),
            ("in capitals", "<https://example.org/notices/7>; REL=\"Blocked-By\"", Some(blocked)),
            (
                "one of two",
                "<https://example.org/notices/7>; rel=\"next blocked-by\"",
                Some(blocked),
            ),
            (
                "the second",
                "<https://a.example/?a,b>; title=\"x, <y>\"; rel=\"next\", <https://example.org/notices/7>; rel=\"blocked-by\"",
                Some(blocked),
            ),
            ("another", "<https://example.org/notices/7>; rel=\"next\"", None),
            ("no https", "<http://example.org/notices/7>; rel=\"blocked-by\"", None),
            ("a script", "<javascript:alert(1)>; rel=\"blocked-by\"", None),
            ("blanks", "<https://example.org/a b>; rel=\"blocked-by\"", None),
            ("not closed", "<https://example.org/notices/7; rel=\"blocked-by\"", None),
            ("nothing", "", None),
        ] {
            let response = Response::new(451).with_header("link", header);
            assert_eq!(response.link("blocked-by"), expected, "{name}");
        }
        assert_eq!(Response::new(451).link("blocked-by"), None);
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
        for (status, expected) in [
            (414, "X answered with the unexpected status 414: the request's URL is too long."),
            (
                502,
                "X answered with the unexpected status 502: a gateway in front of it got no valid answer.",
            ),
            (418, "X answered with the unexpected status 418."),
        ] {
            assert_eq!(Response::new(status).unexpected("X").message, expected);
        }
    }
}
