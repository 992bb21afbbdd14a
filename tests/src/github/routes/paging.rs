//! Pages of lists, and the `link` header that leads from one to the next.

use std::collections::HashMap;

use serde_json::Value;

use crate::github::answer::Answer;
use crate::github::issues::number;

/// The page of a list that the query asks for, of 30 records unless it says otherwise, at most 100;
/// `place` is where the list stands, without a query.
pub(super) fn page<T>(
    all: &[T],
    shape: impl Fn(&T) -> Value,
    place: &str,
    query: &HashMap<String, String>,
) -> (Vec<Value>, Option<String>) {
    let size = number(query, "per_page", 30).clamp(1, 100);
    let page = number(query, "page", 1).max(1);
    let last = all.len().div_ceil(size).max(1);
    let shown = all.iter().skip((page - 1) * size).take(size).map(shape).collect();
    (shown, links(place, query, page, last))
}

/// The same as an answer.
pub(super) fn answer<T>(
    all: &[T],
    shape: impl Fn(&T) -> Value,
    place: &str,
    query: &HashMap<String, String>,
) -> Answer {
    let (shown, link) = page(all, shape, place, query);
    linked(Answer::json(&Value::Array(shown)), link)
}

/// The answer with its `link` header, where it has one.
pub(super) fn linked(answer: Answer, link: Option<String>) -> Answer {
    match link {
        Some(link) => answer.header("link", link),
        None => answer,
    }
}

/// The `link` header of a list: `prev`, `next`, `last`, `first`, as far as they exist.
pub(super) fn links(
    place: &str,
    query: &HashMap<String, String>,
    page: usize,
    last: usize,
) -> Option<String> {
    let mut kept: Vec<_> = query.iter().filter(|(name, _)| *name != "page").collect();
    kept.sort();
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let kept: String =
        kept.iter().map(|(name, value)| format!("{name}={}&", encode(value))).collect();
    let link =
        |page: usize, relation: &str| format!("<{place}?{kept}page={page}>; rel=\"{relation}\"");
    let mut links = Vec::new();
    if page > 1 {
        links.push(link((page - 1).min(last), "prev"));
    }
    if page < last {
        links.push(link(page + 1, "next"));
        links.push(link(last, "last"));
    }
    if page > 1 {
        links.push(link(1, "first"));
    }
    (!links.is_empty()).then(|| links.join(", "))
}
