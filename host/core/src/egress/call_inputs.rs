//! What a person gave for a call, so that a refused request can be explained by the input of which it
//! was made.
//!
//! A connector builds requests from settings, parameters and its own cursor. Where the host refuses a
//! request for its content, the fault is the input's if the refused part holds it, the provider's if it
//! came with the cursor, and the connector's otherwise. Values never appear in a message: names do.

use serde_json::{Map, Value};

use crate::contract::failure::{Cause, Failure, FieldError, Retry};
use crate::egress::endpoint::MAX_URL_BYTES;
use crate::egress::policy::{Denial, Rule, Source};

/// Bytes in a URL from which on an input counts as long: a tenth of the whole.
const LONG_IN_URL: usize = MAX_URL_BYTES / 10;

/// Bytes from which on an input counts as long in a header.
const LONG_IN_HEADER: usize = 400;

/// Characters by which an input is recognized in a request: connectors add quotes and brackets.
const PROBE_CHARS: usize = 16;

/// Levels of a parameter's value in which texts are looked for.
const MAX_LEVELS: usize = 8;

/// The texts that a person gave for one call, by RFC 6901 pointer.
#[derive(Default)]
pub(crate) struct CallInputs {
    texts: Vec<Text>,
    cursor_bytes: usize,
}

struct Text {
    pointer: String,
    value: String,
}

impl CallInputs {
    /// What a `read` was given.
    pub(crate) fn to_read(parameters: &Map<String, Value>, cursor: Option<&str>) -> Self {
        let texts = texts("/parameters", parameters);
        Self { texts, cursor_bytes: cursor.map_or(0, str::len) }
    }

    /// What an `invoke` was given.
    pub(crate) fn to_act(input: &Map<String, Value>) -> Self {
        Self { texts: texts("/input", input), cursor_bytes: 0 }
    }

    /// The failure of a request that was refused, said of the input whose fault it is.
    ///
    /// `parts` are the pieces of the request that the rule judged: path segments and query values, or the
    /// values of headers. `settings` is the JSON text of the connection's settings.
    pub(crate) fn explain<'a>(
        &self,
        denial: Denial,
        settings: &str,
        parts: impl IntoIterator<Item = &'a str>,
    ) -> Failure {
        if denial.source() != Source::Connector {
            return denial.into();
        }
        let parts: Vec<&str> = parts.into_iter().collect();
        let settings = serde_json::from_str(settings).unwrap_or_default();
        let settings = texts("/settings", &settings);
        let all: Vec<&Text> = self.texts.iter().chain(&settings).collect();
        let found = match denial.rule() {
            Rule::UrlLength => long_in_url(&all, &parts),
            Rule::PathSegment => {
                all.into_iter().filter(|text| text.is_unusable_in(&parts)).collect()
            }
            Rule::HeaderSyntax => {
                all.into_iter().filter(|text| !text.is_printable() && text.is_in(&parts)).collect()
            }
            Rule::HeaderLimit => {
                let long = |text: &&Text| text.value.len() >= LONG_IN_HEADER && text.is_in(&parts);
                all.into_iter().filter(long).collect()
            }
            _ => Vec::new(),
        };
        if !found.is_empty() {
            return invalid(&denial, &found);
        }
        if denial.rule() == Rule::UrlLength && self.cursor_bytes >= LONG_IN_URL {
            return denial.sent_by_provider().into();
        }
        denial.into()
    }
}

impl Text {
    /// The input's own name.
    fn name(&self) -> String {
        let last = self.pointer.rsplit('/').next().unwrap_or_default();
        last.replace("~1", "/").replace("~0", "~")
    }

    /// Whether one of the parts holds it, perhaps with something added around it or within it.
    fn is_in(&self, parts: &[&str]) -> bool {
        let probe: String = self.value.trim().chars().take(PROBE_CHARS).collect();
        !probe.is_empty() && parts.iter().any(|part| part.contains(&probe))
    }

    /// Whether a part that no path can have is this text, or one of the pieces between its slashes.
    fn is_unusable_in(&self, parts: &[&str]) -> bool {
        let pieces = || std::iter::once(self.value.as_str()).chain(self.value.split('/'));
        let unusable = |part: &&&str| climbs(part) || part.contains(char::is_control);
        let mut unusable = parts.iter().filter(|part| !part.is_empty()).filter(unusable);
        unusable.any(|part| pieces().any(|piece| piece == *part))
    }

    fn is_printable(&self) -> bool {
        self.value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
    }

    /// Bytes that it takes in a URL, percent-encoded.
    fn bytes_in_url(&self) -> usize {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        self.value.bytes().map(|byte| if plain(byte) { 1 } else { 3 }).sum()
    }
}

fn climbs(part: &str) -> bool {
    part.contains("..") || part.split(['/', '\\']).any(|piece| piece == ".")
}

/// The long inputs that stand in the request, longest first; all long ones where none is recognized.
fn long_in_url<'a>(all: &[&'a Text], parts: &[&str]) -> Vec<&'a Text> {
    let long = all.iter().copied().filter(|text| text.bytes_in_url() >= LONG_IN_URL);
    let mut long: Vec<&Text> = long.collect();
    long.sort_by_key(|text| std::cmp::Reverse(text.bytes_in_url()));
    let there: Vec<&Text> = long.iter().copied().filter(|text| text.is_in(parts)).collect();
    if there.is_empty() { long } else { there }
}

/// The refusal as a fault of these inputs; at least one.
fn invalid(denial: &Denial, found: &[&Text]) -> Failure {
    let names: Vec<String> = found.iter().map(|text| format!("`{}`", text.name())).collect();
    let names = names.join(" and ");
    let (is, takes) = match found {
        [_] => ("is", "it takes"),
        _ => ("are", "they take"),
    };
    let (message, remedy) = match denial.rule() {
        Rule::UrlLength => {
            let bytes: usize = found.iter().map(|text| text.bytes_in_url()).sum();
            (
                format!(
                    "{names} {is} too long: in the request's URL {takes} {bytes} bytes, and the whole URL can have {MAX_URL_BYTES}."
                ),
                format!(
                    "Shorten {names}: in a URL a letter outside of ASCII takes 6 to 12 bytes, a blank or a sign 3."
                ),
            )
        }
        Rule::PathSegment => (
            format!(
                "{names} cannot be part of a URL's path: no part of it can be `.` or `..`, or have control characters."
            ),
            format!("Correct {names}."),
        ),
        Rule::HeaderLimit => (
            format!("{names} {is} too long for a header of the request."),
            format!("Shorten {names}."),
        ),
        _ => (
            format!(
                "{names} {} characters that no header of a request can have.",
                if is == "is" { "has" } else { "have" }
            ),
            format!("Write {names} in letters, digits and signs of ASCII."),
        ),
    };
    let field =
        |text: &&Text| FieldError { pointer: text.pointer.clone(), message: message.clone() };
    let failure = Failure::new(Cause::InvalidInput, message.clone())
        .code(denial.rule().code())
        .retry(Retry::AfterUserAction)
        .remedy(remedy, None)
        .evidence("rule", denial.rule().code())
        .evidence("subject", denial.subject());
    Failure { fields: found.iter().map(field).collect(), ..failure }
}

fn texts(prefix: &str, values: &Map<String, Value>) -> Vec<Text> {
    let mut found = Vec::new();
    for (name, value) in values {
        collect(FieldError::at([name.as_str()], "").pointer, prefix, value, 0, &mut found);
    }
    found
}

fn collect(pointer: String, prefix: &str, value: &Value, level: usize, found: &mut Vec<Text>) {
    match value {
        Value::String(text) => {
            found.push(Text { pointer: format!("{prefix}{pointer}"), value: text.clone() });
        }
        Value::Array(_) | Value::Object(_) if level >= MAX_LEVELS => {}
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                collect(format!("{pointer}/{at}"), prefix, value, level + 1, found);
            }
        }
        Value::Object(values) => {
            for (name, value) in values {
                let tail = FieldError::at([name.as_str()], "").pointer;
                collect(format!("{pointer}{tail}"), prefix, value, level + 1, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    fn given(parameters: &Value, cursor: Option<&str>) -> CallInputs {
        CallInputs::to_read(parameters.as_object().unwrap(), cursor)
    }

    fn explained(rule: Rule, given: &CallInputs, parts: &[&str]) -> Failure {
        let settings = r#"{"api_url":"https://git.example.com/api/v3","tenant":"größe","count":7}"#;
        given.explain(Denial::new(rule, "subject"), settings, parts.iter().copied())
    }

    #[test]
    fn a_refused_request_is_the_fault_of_the_input_that_it_holds() {
        let wide = "中".repeat(900);
        let jql = json!({ "jql": wide, "project": "A" });
        let quoted = format!("({wide}) AND updated > 0");
        let path = json!({ "repository": "a/..", "branch": "main" });
        let nested = json!({ "filter": { "labels/x": ["b", "c".repeat(9_000)] } });
        let long = "c".repeat(9_000);
        let header = json!({ "agent": "grün", "note": "n".repeat(5_000) });
        let note = "n".repeat(5_000);
        type Case<'a> = (&'a str, Rule, &'a Value, &'a [&'a str], &'a [&'a str]);
        let cases: [Case<'_>; 8] = [
            ("as it is", Rule::UrlLength, &jql, &["search", &wide], &["/parameters/jql"]),
            ("in brackets", Rule::UrlLength, &jql, &[&quoted], &["/parameters/jql"]),
            ("changed beyond recognition", Rule::UrlLength, &jql, &["x"], &["/parameters/jql"]),
            (
                "deep within",
                Rule::UrlLength,
                &nested,
                &[&long],
                &["/parameters/filter/labels~1x/1"],
            ),
            (
                "a part of a path",
                Rule::PathSegment,
                &path,
                &["repos", "a", ".."],
                &["/parameters/repository"],
            ),
            ("a header", Rule::HeaderSyntax, &header, &["x grün"], &["/parameters/agent"]),
            ("a setting in a header", Rule::HeaderSyntax, &path, &["größe"], &["/settings/tenant"]),
            ("a long header", Rule::HeaderLimit, &header, &[&note], &["/parameters/note"]),
        ];
        for (name, rule, parameters, parts, expected) in cases {
            let failure = explained(rule, &given(parameters, None), parts);
            assert_eq!(failure.cause, Cause::InvalidInput, "{name}: {failure:?}");
            let pointers: Vec<&str> =
                failure.fields.iter().map(|field| field.pointer.as_str()).collect();
            assert_eq!(pointers, expected, "{name}");
            assert_eq!(failure.code, rule.code(), "{name}");
            let told = format!("{} {:?}", failure.message, failure.remedies);
            assert!(!told.contains("author"), "{name}: {told}");
            assert!(!told.contains("中中") && !told.contains("nnn"), "{name}: {told}");
        }
    }

    #[test]
    fn the_limit_is_told_in_the_unit_in_which_it_is_counted() {
        let wide = "中".repeat(900);
        let failure = explained(Rule::UrlLength, &given(&json!({ "jql": wide }), None), &[&wide]);
        let expected = "`jql` is too long: in the request's URL it takes 8100 bytes, and the whole URL \
                        can have 8000.";
        assert_eq!(failure.message, expected);
        let two = json!({ "a": "x".repeat(4_100), "b": "y".repeat(4_000) });
        let parts = ["x".repeat(4_100), "y".repeat(4_000)];
        let failure = explained(Rule::UrlLength, &given(&two, None), &[&parts[0], &parts[1]]);
        let expected = "`a` and `b` are too long: in the request's URL they take 8100 bytes, and the \
                        whole URL can have 8000.";
        assert_eq!(failure.message, expected);
    }

    #[test]
    fn without_an_input_it_is_the_providers_or_the_connectors() {
        let short = json!({ "repository": "octo/hello" });
        let token = "t".repeat(LONG_IN_URL);
        let cursor = Some(token.as_str());
        for (name, rule, cursor, expected) in [
            ("a page token", Rule::UrlLength, cursor, Cause::Protocol),
            ("a short cursor", Rule::UrlLength, Some("7"), Cause::Denied),
            ("nothing", Rule::UrlLength, None, Cause::Denied),
            ("a segment of its own", Rule::PathSegment, cursor, Cause::Denied),
            ("a header of its own", Rule::HeaderSyntax, cursor, Cause::Denied),
            ("a reserved header", Rule::HeaderReserved, cursor, Cause::Denied),
            ("another audience", Rule::Audience, None, Cause::Denied),
        ] {
            let failure = explained(rule, &given(&short, cursor), &["octo", "..", ""]);
            assert_eq!(failure.cause, expected, "{name}: {failure:?}");
            assert!(failure.fields.is_empty(), "{name}");
        }
    }
}
