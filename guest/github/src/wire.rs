//! GitHub's JSON and its dates, as far as this connector reads them.

use jackfield_guest::record::{self, Records};
use jackfield_guest::{Failure, Response, Timestamp, time};
use serde::Deserialize;
use serde_json::value::RawValue;

/// `GET /user`, and the owner of a repository.
#[derive(Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) login: String,
    pub(crate) html_url: Option<String>,
}

/// `GET /installation/repositories`, for whose it is.
#[derive(Deserialize)]
pub(crate) struct Installation {
    pub(crate) repositories: Vec<InstalledRepository>,
}

/// A repository of an installation, for its owner.
#[derive(Deserialize)]
pub(crate) struct InstalledRepository {
    pub(crate) owner: User,
}

/// The records of a list in its two shapes: bare, `[...]`, or in an installation's envelope,
/// `{"total_count": 2, "repositories": [...]}`.
///
/// # Errors
///
/// A protocol failure that says what came instead.
pub(crate) fn records(response: &Response) -> Result<Records<'_, Entry<'_>>, Failure> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        repositories: &'a RawValue,
    }
    if response.body.trim_ascii_start().starts_with(b"{") {
        return record::list(response.json::<Envelope<'_>>()?.repositories.get());
    }
    response.records()
}

/// What matters of a record of any stream.
#[derive(Deserialize)]
pub(crate) struct Entry<'a> {
    /// Unique among all repositories, or among all issues and pull requests, for ever.
    pub(crate) id: u64,
    #[serde(borrow, default)]
    updated_at: Option<&'a RawValue>,
}

impl Entry<'_> {
    /// When the record last changed; `None` where GitHub does not say it as a date.
    pub(crate) fn updated_at(&self) -> Option<Timestamp> {
        time::rfc3339(self.updated_at?.get().trim_matches('"'))
    }
}

/// What GitHub says when it refuses: `{"message": "...", "errors": [...]}`. Empty where the body is
/// something else.
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) errors: Vec<Problem>,
}

/// One entry of `errors`.
#[derive(Debug, Default)]
pub(crate) struct Problem {
    pub(crate) field: Option<String>,
    /// `missing`, `missing_field`, `invalid`, `already_exists`, `unprocessable`, `custom`.
    pub(crate) code: String,
    pub(crate) message: String,
}

/// Entries of `errors` that are read, at most.
const MOST_PROBLEMS: usize = 20;

impl Refusal {
    /// What the body says. Nothing in it is taken for granted: GitHub sends `errors` as objects and as
    /// strings, and servers in front of it send anything.
    pub(crate) fn read(body: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        struct Body<'a> {
            #[serde(borrow, default)]
            message: Option<&'a RawValue>,
            #[serde(borrow, default)]
            errors: Option<&'a RawValue>,
        }
        let body: Body<'_> = serde_json::from_slice(body).unwrap_or_default();
        let errors = body.errors.map_or("", RawValue::get);
        let errors = match serde_json::from_str::<Vec<&RawValue>>(errors) {
            Ok(errors) => errors.into_iter().take(MOST_PROBLEMS).map(Problem::read).collect(),
            Err(_) => string(body.errors).map(Problem::saying).into_iter().collect(),
        };
        Self { message: string(body.message).unwrap_or_default(), errors }
    }
}

impl Problem {
    fn read(value: &RawValue) -> Self {
        #[derive(Default, Deserialize)]
        struct Parts<'a> {
            #[serde(borrow, default)]
            field: Option<&'a RawValue>,
            #[serde(borrow, default)]
            code: Option<&'a RawValue>,
            #[serde(borrow, default)]
            message: Option<&'a RawValue>,
        }
        if let Some(message) = string(Some(value)) {
            return Self::saying(message);
        }
        let parts: Parts<'_> = serde_json::from_str(value.get()).unwrap_or_default();
        Self {
            field: string(parts.field),
            code: string(parts.code).unwrap_or_default(),
            message: string(parts.message).unwrap_or_default(),
        }
    }

    fn saying(message: String) -> Self {
        Self { message, ..Self::default() }
    }
}

fn string(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}

/// When a token ends, from `github-authentication-token-expiration`, which comes as
/// `2026-02-19 19:55:13 UTC` and as `2024-06-17 10:06:09 +0100`. Anything else is `None`.
pub(crate) fn token_expiration(header: &str) -> Option<Timestamp> {
    let (date, rest) = header.trim().split_once(' ')?;
    let (clock, zone) = rest.trim_start().split_once(' ')?;
    let zone = match zone.trim() {
        "UTC" => "Z".to_owned(),
        other => {
            let (hours, minutes) = other.split_at_checked(3)?;
            format!("{hours}:{}", minutes.trim_start_matches(':'))
        }
    };
    time::rfc3339(&format!("{date}T{clock}{zone}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_expiration_are_read_and_others_passed_over() {
        let cases = [
            ("2026-02-19 19:55:13 UTC", Some(1_771_530_913_000)),
            (" 2026-02-19 19:55:13 UTC ", Some(1_771_530_913_000)),
            ("2024-06-17 10:06:09 +0100", Some(1_718_615_169_000)),
            ("2023-06-14 15:09:46 -0700", Some(1_686_780_586_000)),
            ("2024-06-17 10:06:09 +01:00", Some(1_718_615_169_000)),
            ("2024-06-17 10:06:09", None),
            ("2024-06-17T10:06:09Z", None),
            ("2024-06-17 10:06:09 CET", None),
            ("2024-06-17 10:06:09 +1", None),
            ("2024-06-17 10:06:09 +ä", None),
            ("2024-13-17 10:06:09 UTC", None),
            ("2024-06-17 25:06:09 UTC", None),
            ("never", None),
            (" ", None),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(token_expiration(header), expected, "{header}");
        }
    }

    #[test]
    fn an_expiration_cut_or_changed_anywhere_is_read_without_a_panic() {
        let header = "2024-06-17 10:06:09 +0100";
        for at in 0..=header.len() {
            for inserted in ["", " ", "ä", "\u{0}", "9", "-"] {
                let (left, right) = header.split_at(at);
                token_expiration(&format!("{left}{inserted}{right}"));
                token_expiration(&format!("{left}{inserted}"));
            }
        }
    }

    #[test]
    fn a_refusal_is_read_whatever_it_looks_like() {
        let cases = [
            (r#"{"message":"Not Found","status":"404"}"#, "Not Found", 0),
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"Label","code":"invalid","field":"color"}]}"#,
                "Validation Failed",
                1,
            ),
            (r#"{"message":"x","errors":["one","two"]}"#, "x", 2),
            (r#"{"message":"x","errors":"one"}"#, "x", 1),
            (r#"{"message":"x","errors":[null,1,[],{"field":7}]}"#, "x", 4),
            (r#"{"message":7,"errors":{}}"#, "", 0),
            ("[]", "", 0),
            ("<html>", "", 0),
            ("", "", 0),
        ];
        for (body, message, errors) in cases {
            let refusal = Refusal::read(body.as_bytes());
            assert_eq!(
                (refusal.message.as_str(), refusal.errors.len()),
                (message, errors),
                "{body}"
            );
        }
        let many = format!(r#"{{"errors":[{}]}}"#, vec!["{}"; 500].join(","));
        assert_eq!(Refusal::read(many.as_bytes()).errors.len(), MOST_PROBLEMS);
        let deep = "[".repeat(100_000);
        assert!(Refusal::read(deep.as_bytes()).message.is_empty());
    }

    #[test]
    fn records_are_found_in_both_shapes() {
        for (body, expected) in [
            ("[]", Some(0)),
            (r#" [{"id":1},{"id":2}]"#, Some(2)),
            (r#"{"total_count":1,"repositories":[{"id":1}]}"#, Some(1)),
            (r#"{"total_count":1,"repositories":{}}"#, None),
            (r#"{"message":"Moved"}"#, None),
            ("{", None),
            ("null", None),
            ("", None),
        ] {
            let response = Response::new(200).with_json(body);
            let found = records(&response)
                .and_then(|records| records.collect::<Result<Vec<_>, _>>())
                .map(|records| records.len());
            assert_eq!(found.ok(), expected, "{body}");
        }
    }

    #[test]
    fn an_entry_gives_its_key_and_its_date() {
        let cases = [
            (r#"{"id":7,"updated_at":"2026-02-19T19:55:13Z"}"#, Some(1_771_530_913_000)),
            (r#"{"updated_at":null,"id":7}"#, None),
            (r#"{"updated_at":5,"id":7}"#, None),
            (r#"{"updated_at":"\"","id":7}"#, None),
            (r#"{"id":7}"#, None),
        ];
        for (record, expected) in cases {
            let entry: Entry<'_> = serde_json::from_str(record).unwrap();
            assert_eq!((entry.id, entry.updated_at()), (7, expected), "{record}");
        }
    }
}
