//! Where a read goes on: small versioned JSON, which the host keeps and hands back as it is.
//!
//! Whatever comes back is judged again. A link in it is followed only where the host accepts it.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Cause, Failure, ReadRequest, Timestamp};
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;
const POINTER: &str = "/cursor";

/// Bytes of a cursor that is read, at most. The host keeps no longer one.
const MOST_BYTES: usize = 16 << 10;

pub(crate) const UNUSABLE: Diagnosis = Diagnosis {
    code: "cursor-unusable",
    means: "The cursor is not one of this stream, or of another version of the connector.",
    advice: &[Advice { text: "Restart the stream, without a cursor.", page: None }],
};

/// Where a read of one stream goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cursor {
    v: u32,
    stream: String,
    /// `owner/name`, where the stream is of one repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    /// The branch, where the stream is of one that was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
    /// The login, where the stream is of one organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    /// Only records changed at or after this are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Timestamp>,
    /// The latest change at the time when this run began: the next run's `since`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) newest: Option<Timestamp>,
    /// The first page of a run that was seen: of the last run at the beginning, of this one later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<Seen>,
    /// The page to go on with; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// Records of that page that were handed over already.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) skip: u32,
    /// Records of the list that this run handed over or skipped.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) count: u32,
}

/// A page that was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// Its entity tag, with its quotes.
    pub(crate) etag: String,
    /// Records that were asked for on it. The tag says nothing of a page of another size.
    pub(crate) size: u32,
}

/// What a stream is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// `owner/name`.
    pub(crate) repository: Option<String>,
    /// Exactly as it is written.
    pub(crate) branch: Option<String>,
    /// A login.
    pub(crate) organization: Option<String>,
}

impl Scope {
    /// Of one repository, by `owner/name`.
    pub(crate) fn repository(name: &str) -> Self {
        Self { repository: Some(name.to_owned()), ..Self::default() }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Cursor {
    /// The beginning of a stream.
    pub(crate) fn start(stream: &str, scope: Scope) -> Self {
        let Scope { repository, branch, organization } = scope;
        let stream = stream.to_owned();
        Self { v: VERSION, stream, repository, branch, organization, ..Self::default() }
    }

    /// The cursor of the request, or the beginning where there is none.
    ///
    /// # Errors
    ///
    /// An invalid input at `/cursor`: it is no cursor of this connector, or one of another stream,
    /// repository, branch, organization or version.
    pub(crate) fn read(request: &ReadRequest, scope: Scope) -> Result<Self, Failure> {
        let beginning = Self::start(&request.stream, scope);
        let Some(text) = &request.cursor else { return Ok(beginning) };
        if text.len() > MOST_BYTES {
            return Err(invalid("The cursor is longer than any that this connector returned."));
        }
        let cursor: Self = serde_json::from_str(text)
            .map_err(|_| invalid("The cursor is not one that this connector returned."))?;
        if cursor.v != VERSION {
            return Err(invalid("The cursor is of another version of this connector."));
        }
        if cursor.stream != beginning.stream {
            return Err(invalid("The cursor is of another stream."));
        }
        if !same(&cursor.repository, &beginning.repository) {
            return Err(invalid("The cursor is of another repository."));
        }
        if !same(&cursor.organization, &beginning.organization) {
            return Err(invalid("The cursor is of another organization."));
        }
        if cursor.branch != beginning.branch {
            return Err(invalid("The cursor is of another branch."));
        }
        Ok(cursor)
    }

    /// Whether a run begins here.
    pub(crate) fn begins(&self) -> bool {
        self.next.is_none() && self.skip == 0
    }

    /// The same run, with what its first page said.
    pub(crate) fn having(self, newest: Option<Timestamp>, seen: Option<Seen>) -> Self {
        Self { newest, seen, ..self }
    }

    /// The same run, `records` further on.
    pub(crate) fn moved(self, next: Option<String>, skip: u32, records: u32) -> Self {
        Self { next, skip, count: self.count.saturating_add(records), ..self }
    }

    /// The beginning of the next run, which asks for what changed since this one began; none where
    /// there is nothing to ask it by.
    pub(crate) fn next_run(&self) -> Option<Self> {
        let since = self.newest.or(self.since);
        let next = Self { since, newest: None, next: None, skip: 0, count: 0, ..self.clone() };
        (next.since.is_some() || next.seen.is_some()).then_some(next)
    }

    /// Its text.
    pub(crate) fn write(&self) -> String {
        // A struct of numbers and strings has no value that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// GitHub's names differ in more than case.
fn same(left: &Option<String>, right: &Option<String>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        (left, right) => left == right,
    }
}

fn invalid(message: &str) -> Failure {
    let failure = UNUSABLE.failure(Cause::InvalidInput).field(POINTER, message);
    Failure { message: message.to_owned(), ..failure }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn of_repository(name: &str) -> Scope {
        Scope::repository(name)
    }

    fn full() -> Cursor {
        Cursor {
            since: Some(5),
            newest: Some(7),
            seen: Some(Seen { etag: "W/\"a\"".to_owned(), size: 100 }),
            next: Some("https://api.github.com/repositories/1/issues?page=2".to_owned()),
            skip: 3,
            ..Cursor::start("issues", of_repository("a/b"))
        }
    }

    fn read(text: &str, stream: &str, scope: Scope) -> Result<Cursor, Failure> {
        let request = ReadRequest {
            stream: stream.to_owned(),
            cursor: Some(text.to_owned()),
            parameters: "{}".to_owned(),
            limit: 1,
            skip_oversized: false,
        };
        Cursor::read(&request, scope)
    }

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        for cursor in [full(), Cursor::start("issues", of_repository("a/b"))] {
            assert_eq!(read(&cursor.write(), "issues", of_repository("A/b")).unwrap(), cursor);
        }
        let plain = Cursor::start("repositories", Scope::default()).write();
        assert_eq!(plain, r#"{"v":1,"stream":"repositories"}"#);
    }

    #[test]
    fn a_cursor_of_before_there_were_tags_is_still_read() {
        let text = r#"{"v":1,"stream":"issues","repository":"a/b","since":5,"newest":7,"next":"https://api.github.com/x","skip":3}"#;
        let cursor = read(text, "issues", of_repository("a/b")).unwrap();
        assert_eq!((cursor.since, cursor.newest, cursor.skip), (Some(5), Some(7), 3));
    }

    #[test]
    fn a_cursor_is_small() {
        let longest = Cursor {
            seen: Some(Seen { etag: "\"".repeat(200), size: 100 }),
            next: Some("x".repeat(2000)),
            ..full()
        };
        assert!(longest.write().len() < 4096, "the host keeps up to 16 KiB");
    }

    #[test]
    fn the_next_run_asks_for_what_changed_since_this_one_began() {
        let tag = || Some(Seen { etag: "\"a\"".to_owned(), size: 9 });
        let cases = [
            (None, None, None, false, None),
            (Some(5), None, None, true, Some(5)),
            (None, Some(7), None, true, Some(7)),
            (Some(5), Some(7), None, true, Some(7)),
            (None, None, tag(), true, None),
            (Some(5), Some(7), tag(), true, Some(7)),
        ];
        for (since, newest, seen, kept, expected) in cases {
            let start = Cursor::start("issues", of_repository("a/b"));
            let next = Some("x".to_owned());
            let cursor = Cursor { since, newest, seen: seen.clone(), skip: 4, next, ..start };
            let next = cursor.next_run();
            assert_eq!(next.is_some(), kept);
            assert_eq!(next.as_ref().and_then(|next| next.since), expected);
            assert!(
                next.is_none_or(|next| next.begins() && next.newest.is_none() && next.seen == seen)
            );
        }
    }

    #[test]
    fn what_is_no_cursor_of_this_stream_is_refused() {
        let text = full().write();
        let long =
            format!(r#"{{"v":1,"stream":"issues","repository":"a/b"}}{}"#, " ".repeat(MOST_BYTES));
        let cases = [
            ("nothing", ""),
            ("text", "page 2"),
            ("a number", "7"),
            ("null", "null"),
            ("a list", "[1]"),
            ("no version", r#"{"stream":"issues","repository":"a/b"}"#),
            ("another version", r#"{"v":2,"stream":"issues","repository":"a/b"}"#),
            ("another stream", r#"{"v":1,"stream":"repositories"}"#),
            ("another repository", r#"{"v":1,"stream":"issues","repository":"a/c"}"#),
            ("no repository", r#"{"v":1,"stream":"issues"}"#),
            ("a branch", r#"{"v":1,"stream":"issues","repository":"a/b","branch":"main"}"#),
            (
                "an organization",
                r#"{"v":1,"stream":"issues","repository":"a/b","organization":"a"}"#,
            ),
            ("a tag alone", r#"{"v":1,"stream":"issues","repository":"a/b","seen":"x"}"#),
            (
                "a tag without size",
                r#"{"v":1,"stream":"issues","repository":"a/b","seen":{"etag":"x"}}"#,
            ),
            ("negative", r#"{"v":1,"stream":"issues","repository":"a/b","skip":-1}"#),
            ("too great", r#"{"v":1,"stream":"issues","repository":"a/b","skip":4294967296}"#),
            ("fraction", r#"{"v":1,"stream":"issues","repository":"a/b","since":1.5}"#),
            ("unknown field", r#"{"v":1,"stream":"issues","repository":"a/b","url":"x"}"#),
            ("twice", r#"{"v":1,"v":1,"stream":"issues","repository":"a/b"}"#),
            ("more after it", r#"{"v":1,"stream":"issues","repository":"a/b"} {}"#),
            ("too long", long.as_str()),
        ];
        let cut = (0..text.len()).map(|at| ("cut", text.get(..at).unwrap()));
        for (name, text) in cases.into_iter().chain(cut) {
            let failure = read(text, "issues", of_repository("a/b")).unwrap_err();
            assert_eq!(failure.fields.first().unwrap().pointer, POINTER, "{name}: {text}");
            assert_eq!(failure.code, UNUSABLE.code, "{name}");
        }
    }

    #[test]
    fn the_branch_counts_with_its_case_and_names_do_not() {
        let scope = |repository: &str, branch: Option<&str>| Scope {
            branch: branch.map(str::to_owned),
            ..Scope::repository(repository)
        };
        let text = Cursor::start("commits", scope("a/b", Some("main"))).write();
        assert!(read(&text, "commits", scope("A/B", Some("main"))).is_ok());
        for branch in [None, Some("Main"), Some("dev")] {
            assert!(read(&text, "commits", scope("a/b", branch)).is_err(), "{branch:?}");
        }
    }
}
