//! Answers of a provider: arbitrary ones, and real ones that were mangled on their way.

use std::fmt;

use bolero::TypeGenerator;
use jackfield_guest::Response;
use jackfield_host::header;
use jackfield_host::transport::InboundResponse;
use url::Url;

use crate::edit::{Edit, edited, edited_text, pick, token};

/// One answer.
#[derive(Clone, Debug, TypeGenerator)]
pub enum Answer {
    /// Anything.
    Arbitrary {
        /// Brought within 100 to 599.
        status: u16,
        /// Which name, of those that real answers have, and the value.
        headers: [Option<(u8, [u8; 8])>; 3],
        /// Whatever it is.
        body: Vec<u8>,
    },
    /// Real ones, put together and changed.
    Mangled {
        /// Which real answer.
        body_of: u8,
        /// Of which other one the status is.
        status_of: Option<u8>,
        /// Of which other one the headers are.
        headers_of: Option<u8>,
        /// What changes in the headers.
        headers: [Option<HeaderEdit>; 3],
        /// What changes in the body.
        body: [Option<Edit>; 3],
    },
    /// A real one, as it was.
    Real(u8),
}

/// One change of the headers.
#[derive(Clone, Debug, TypeGenerator)]
pub enum HeaderEdit {
    /// One is lost.
    Drop(u8),
    /// One comes twice.
    Twice(u8),
    /// Two values change places.
    Swap(u8, u8),
    /// One gets another value.
    Token(u8, u8),
    /// A value is edited.
    Edit(u8, Edit),
    /// One that another real answer has comes in.
    Borrow(u8, u8),
}

/// What is answered, one after the other; the last for ever.
#[derive(Clone, Debug, TypeGenerator)]
pub struct Answers {
    first: [Option<Answer>; 2],
    last: Answer,
}

impl Answers {
    /// The answers, made of these real ones; never empty.
    pub fn made(&self, real: &[InboundResponse]) -> Vec<InboundResponse> {
        let all = self.first.iter().flatten().chain([&self.last]);
        all.map(|answer| answer.made(real)).collect()
    }
}

impl Answer {
    /// The answer, made of these real ones.
    pub fn made(&self, real: &[InboundResponse]) -> InboundResponse {
        let of = |which: u8| pick(real, which).cloned().unwrap_or_default();
        match self {
            Self::Real(which) => of(*which),
            Self::Arbitrary { status, headers, body } => {
                let named = |(name, value): &(u8, [u8; 8])| {
                    let headers: Vec<_> = real.iter().flat_map(|one| &one.headers).collect();
                    let (name, _) = pick(&headers, *name)?;
                    Some((name.clone(), String::from_utf8_lossy(value).into_owned()))
                };
                let headers = headers.iter().flatten().filter_map(named).collect();
                InboundResponse { status: 100 + status % 500, headers, body: body.clone() }
            }
            Self::Mangled { body_of, status_of, headers_of, headers, body } => {
                let whole = of(*body_of);
                let mut made = InboundResponse {
                    status: status_of.map_or(whole.status, |which| of(which).status),
                    headers: headers_of.map_or(whole.headers, |which| of(which).headers),
                    body: edited(&whole.body, body),
                };
                for edit in headers.iter().flatten() {
                    edit.apply(&mut made.headers, real);
                }
                made
            }
        }
    }
}

impl HeaderEdit {
    fn apply(&self, headers: &mut Vec<(String, String)>, real: &[InboundResponse]) {
        let count = headers.len();
        let at = |which: u8| usize::from(which).checked_rem(count);
        match self {
            Self::Drop(which) => drop(at(*which).map(|at| headers.remove(at))),
            Self::Twice(which) => headers.extend(pick(headers, *which).cloned()),
            Self::Swap(one, other) => {
                let (Some(one), Some(other)) = (at(*one), at(*other)) else { return };
                let value = |at: usize| headers.get(at).map(|(_, value)| value.clone());
                let (first, second) = (value(one), value(other));
                set(headers, Some(one), second);
                set(headers, Some(other), first);
            }
            Self::Token(which, new) => set(headers, at(*which), Some(token(*new).to_owned())),
            Self::Edit(which, edit) => {
                let old = pick(headers, *which).map(|(_, value)| value.clone());
                let edits = [Some(edit.clone())];
                set(headers, at(*which), old.map(|value| edited_text(&value, &edits)));
            }
            Self::Borrow(whose, which) => {
                let other = pick(real, *whose).map_or(&[][..], |other| &other.headers);
                headers.extend(pick(other, *which).cloned());
            }
        }
    }
}

fn set(headers: &mut [(String, String)], at: Option<usize>, value: Option<String>) {
    let header = at.and_then(|at| headers.get_mut(at));
    if let (Some(header), Some(value)) = (header, value) {
        header.1 = value;
    }
}

/// The first value of a header.
pub fn header<'a>(answer: &'a InboundResponse, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The answer as the host hands it to a guest that asked this URL.
pub fn delivered(answer: &InboundResponse, from: &Url) -> Response {
    let links = answer.headers.iter().filter(|(name, _)| name == "link");
    let next = header::next_link(links.map(|(_, value)| value.as_str()), from);
    let response = Response::new(answer.status).with_body(answer.body.clone());
    let visible = answer.headers.iter().filter(|(name, _)| header::deliverable(name));
    let response = visible.fold(response, |all, (name, value)| all.with_header(name, value));
    Response { next, ..response }
}

/// Whether the answer is a web page, for all that a guest can know.
pub fn is_page(answer: &InboundResponse) -> bool {
    let declared = header(answer, "content-type").unwrap_or_default().trim().to_lowercase();
    declared.starts_with("text/html")
        || without_mark(&answer.body).trim_ascii_start().starts_with(b"<")
}

/// A text without the byte order mark before it.
pub fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// Shown where a target fails.
pub struct Shown<'a>(pub &'a [InboundResponse]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for answer in self.0 {
            let body = String::from_utf8_lossy(&answer.body);
            writeln!(formatter, "{} {:?} {body:?}", answer.status, answer.headers)?;
        }
        Ok(())
    }
}
