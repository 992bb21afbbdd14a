//! What reached a server.

use std::sync::{Arc, Mutex};

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

/// None where no journal is kept.
#[derive(Clone)]
pub(crate) struct Journal(Arc<Mutex<Option<Vec<ReceivedRequest>>>>);

impl Default for Journal {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Some(Vec::new()))))
    }
}

impl Journal {
    pub(crate) fn note(&self, parts: &Parts, body: &Bytes) {
        if let Some(requests) = &mut *self.0.lock().unwrap() {
            requests.push(ReceivedRequest::new(parts, body));
        }
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.0.lock().unwrap().clone().unwrap_or_default()
    }

    pub(crate) fn clear(&self) {
        if let Some(requests) = &mut *self.0.lock().unwrap() {
            requests.clear();
        }
    }

    pub(crate) fn stop(&self) {
        *self.0.lock().unwrap() = None;
    }
}
