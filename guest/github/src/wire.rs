//! GitHub's JSON and its dates, as far as this connector reads them.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::record::{self, Records};
use jackfield_guest::{Cause, Failure, Response, Retry, Timestamp, time};
use serde::Deserialize;
use serde_json::value::RawValue;

/// `GET /user`, and the owner of a repository.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) login: String,
    pub(crate) html_url: Option<String>,
    /// `User`, `Organization` or `Bot`.
    #[serde(rename = "type", default)]
    kind: Option<String>,
}

impl User {
    pub(crate) fn is_organization(&self) -> bool {
        self.kind.as_deref() == Some("Organization")
    }
}

/// A repository that a token reaches, as far as a check asks.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Reached {
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) owner: User,
    #[serde(default)]
    pub(crate) private: bool,
}

/// The repositories of `GET /user/repos` and `GET /installation/repositories`.
///
/// # Errors
///
/// A protocol failure that says what came instead.
pub(crate) fn reached(response: &Response) -> Result<Vec<Reached>, Failure> {
    list(response)?.map(|record| record.map(|record| record.fields)).collect()
}

/// The logins of `GET /user/orgs`, at most so many.
///
/// # Errors
///
/// A protocol failure that says what came instead.
pub(crate) fn logins(response: &Response, most: usize) -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Organization {
        login: String,
    }
    let listed = response.records::<Organization>()?.take(most);
    listed.map(|record| record.map(|record| record.fields.login)).collect()
}

/// The version that `GET /meta` of a server names.
pub(crate) fn installed_version(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Meta {
        installed_version: String,
    }
    let version = response.json::<Meta>().ok()?.installed_version;
    Some(version).filter(|version| !version.trim().is_empty())
}

/// The records of a list in its two shapes: bare, `[...]`, or in an installation's envelope,
/// `{"total_count": 2, "repositories": [...]}`.
///
/// # Errors
///
/// A protocol failure that says what came instead.
pub(crate) fn records(response: &Response) -> Result<Records<'_, Entry<'_>>, Failure> {
    list(response)
}

fn list<'a, T: Deserialize<'a>>(response: &'a Response) -> Result<Records<'a, T>, Failure> {
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
    #[serde(default)]
    id: Option<u64>,
    #[serde(borrow, default)]
    sha: Option<&'a RawValue>,
    #[serde(borrow, default)]
    updated_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    commit: Option<&'a RawValue>,
}

pub(crate) const WITHOUT_KEY: Diagnosis = Diagnosis {
    code: "record-without-key",
    means: "A record of GitHub's answer has nothing to tell it from the others by.",
    advice: &[Advice {
        text: "Try again, and report it to the connector's author if it lasts.",
        page: None,
    }],
};

/// What a stream's records are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// `id`: unique among all repositories, all accounts, or all issues and pull requests, for ever.
    Id,
    /// `sha`: a commit's.
    Sha,
}

impl Entry<'_> {
    /// The record's key.
    ///
    /// # Errors
    ///
    /// A protocol failure where it has none.
    pub(crate) fn key(&self, key: Key) -> Result<String, Failure> {
        let found = match key {
            Key::Id => self.id.map(|id| id.to_string()),
            Key::Sha => string(self.sha).filter(|sha| is_object_name(sha)),
        };
        found.ok_or_else(|| WITHOUT_KEY.failure(Cause::Protocol).retry(Retry::Backoff))
    }

    /// When the record last changed: when a commit was committed; `None` where GitHub does not say it
    /// as a date.
    pub(crate) fn updated_at(&self, key: Key) -> Option<Timestamp> {
        let date = match key {
            Key::Id => self.updated_at?,
            Key::Sha => committed(self.commit?)?,
        };
        time::rfc3339(date.get().trim_matches('"'))
    }
}

/// The name of an object in Git: 40 hexadecimal digits, or 64 with SHA-256.
fn is_object_name(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The date in `{"committer": {"date": "..."}}`.
fn committed(commit: &RawValue) -> Option<&RawValue> {
    #[derive(Deserialize)]
    struct Commit<'a> {
        #[serde(borrow, default)]
        committer: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Committer<'a> {
        #[serde(borrow, default)]
        date: Option<&'a RawValue>,
    }
    let commit: Commit<'_> = serde_json::from_str(commit.get()).ok()?;
    serde_json::from_str::<Committer<'_>>(commit.committer?.get()).ok()?.date
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

pub(crate) fn string(value: Option<&RawValue>) -> Option<String> {
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
            (r#"{"id":7,"sha":7,"commit":[]}"#, None),
            (r#"{"id":7}"#, None),
        ];
        for (record, expected) in cases {
            let entry: Entry<'_> = serde_json::from_str(record).unwrap();
            let found = (entry.key(Key::Id).unwrap(), entry.updated_at(Key::Id));
            assert_eq!(found, ("7".to_owned(), expected), "{record}");
        }
        let none: Entry<'_> = serde_json::from_str(r#"{"number":7}"#).unwrap();
        assert!(none.key(Key::Id).is_err());
    }

    #[test]
    fn a_commit_gives_its_name_and_when_it_was_committed() {
        let sha = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
        let date = Some(1_771_530_913_000);
        let cases = [
            (r#"{"committer":{"date":"2026-02-19T19:55:13Z"}}"#, date),
            (
                r#"{"author":{"date":"2020-01-01T00:00:00Z"},"committer":{"name":"x","date":"2026-02-19T20:55:13+01:00"}}"#,
                date,
            ),
            (r#"{"committer":{"date":null}}"#, None),
            (r#"{"committer":{"date":7}}"#, None),
            (r#"{"committer":{}}"#, None),
            (r#"{"committer":null}"#, None),
            (r#"{"committer":[]}"#, None),
            ("{}", None),
            ("[]", None),
            ("null", None),
        ];
        for (commit, expected) in cases {
            let record = format!(r#"{{"sha":"{sha}","commit":{commit}}}"#);
            let entry: Entry<'_> = serde_json::from_str(&record).unwrap();
            assert_eq!(entry.key(Key::Sha).unwrap(), sha);
            assert_eq!(entry.updated_at(Key::Sha), expected, "{commit}");
        }
        let short = &sha[1..];
        for wrong in
            [r#""""#, "null", "7", r#""main""#, &format!("\"{short}\""), &format!("\"{short}g\"")]
        {
            let record = format!(r#"{{"sha":{wrong}}}"#);
            let entry: Entry<'_> = serde_json::from_str(&record).unwrap();
            assert!(entry.key(Key::Sha).is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Entry<'_>>(r#"{"id":7}"#).unwrap().key(Key::Sha).is_err());
    }
}
