//! An answer that gives away what the client sent, in every spelling.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::NON_ALPHANUMERIC;
use serde_json::{Map, Value, json};

pub(super) fn answer(headers: &HeaderMap) -> Response {
    let mut body = Map::new();
    let mut response = Response::builder().header("content-type", "application/json");
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        body.insert(name.to_string(), spellings(&text));
        if name == "authorization" {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            response = response.header("x-echo", value);
        }
    }
    let authorization = headers.get("authorization").map(HeaderValue::as_bytes).unwrap_or_default();
    let escaped = escape(&String::from_utf8_lossy(authorization));
    // Written by hand: no JSON writer escapes letters.
    let body = format!("{{\"headers\":{},\"escaped\":\"{escaped}\"}}", Value::Object(body));
    response.body(Body::from(body)).unwrap()
}

/// The whole value and its last word, which is the credential of `Bearer CREDENTIAL`.
fn spellings(value: &str) -> Value {
    let credential = value.rsplit(' ').next().unwrap_or_default();
    let user_and_password = STANDARD.decode(credential).ok();
    json!({
        "raw": value,
        "base64": STANDARD.encode(value),
        "credential": {
            "raw": credential,
            "base64": STANDARD.encode(credential),
            "base64url": URL_SAFE_NO_PAD.encode(credential),
            "percent": percent_encoding::utf8_percent_encode(credential, NON_ALPHANUMERIC).to_string(),
            "decoded": user_and_password.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        },
    })
}

/// Every letter as `\u00XX`.
fn escape(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |mut escaped, unit| {
        let _ = write!(escaped, "\\u{unit:04x}");
        escaped
    })
}
