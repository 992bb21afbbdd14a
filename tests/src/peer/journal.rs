//! What reached a server.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::request::Parts;

/// One request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// Such as `GET`.
    pub method: String,
    /// As sent, still percent-encoded.
    pub path: String,
    /// As sent, without the question mark.
    pub query: Option<String>,
    /// Names in lower case; values that are not text are replaced lossily.
    pub headers: Vec<(String, String)>,
    /// Whole.
    pub body: Vec<u8>,
    /// Of the answer; none where a fault broke it.
    pub status: Option<u16>,
}

impl ReceivedRequest {
    pub(crate) fn new(parts: &Parts, body: &Bytes) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = parts.headers.iter();
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: headers
                .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
                .collect(),
            body: body.to_vec(),
            status: None,
        }
    }

    /// The value of the first header of that name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Path and query, as in the request line.
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }
}

/// For a request that a test waits for: after so long it does not come any more.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The requests, each with its number; none where no journal is kept.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Shared>);

struct Shared {
    pages: Mutex<Option<Pages>>,
    arrived: Condvar,
}

#[derive(Default)]
struct Pages {
    requests: Vec<(u64, ReceivedRequest)>,
    next: u64,
}

impl Default for Shared {
    fn default() -> Self {
        Self { pages: Mutex::new(Some(Pages::default())), arrived: Condvar::new() }
    }
}

impl Journal {
    fn pages(&self) -> MutexGuard<'_, Option<Pages>> {
        self.0.pages.lock().unwrap()
    }

    /// Notes a request, and returns the number under which its answer is noted.
    pub(crate) fn note(&self, parts: &Parts, body: &Bytes) -> u64 {
        let mut journal = self.pages();
        let Some(pages) = &mut *journal else { return 0 };
        pages.next += 1;
        pages.requests.push((pages.next, ReceivedRequest::new(parts, body)));
        self.0.arrived.notify_all();
        pages.next
    }

    /// Notes the answer to a request, unless that is forgotten.
    pub(crate) fn note_answer(&self, number: u64, status: u16) {
        let mut journal = self.pages();
        let requests = journal.iter_mut().flat_map(|pages| &mut pages.requests);
        for (_, request) in requests.filter(|(known, _)| *known == number) {
            request.status = Some(status);
        }
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        let journal = self.pages();
        let requests = journal.iter().flat_map(|pages| &pages.requests);
        requests.map(|(_, request)| request.clone()).collect()
    }

    /// Waits until a request of that kind is noted.
    pub(crate) fn wait_for(&self, kind: impl Fn(&ReceivedRequest) -> bool) {
        let lacks = |journal: &mut Option<Pages>| {
            !journal.iter().flat_map(|pages| &pages.requests).any(|(_, request)| kind(request))
        };
        let (journal, waited) =
            self.0.arrived.wait_timeout_while(self.pages(), LONGEST_WAIT, lacks).unwrap();
        drop(journal);
        assert!(!waited.timed_out(), "no such request arrived within {LONGEST_WAIT:?}");
    }

    pub(crate) fn clear(&self) {
        if let Some(pages) = &mut *self.pages() {
            pages.requests.clear();
        }
    }

    pub(crate) fn stop(&self) {
        *self.pages() = None;
    }
}
