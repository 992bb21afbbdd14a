//! Where a read goes on: small versioned JSON, which the host keeps and hands back as it is.
//!
//! Whatever comes back is judged anew. A link in it is followed only where the host accepts it.

use jackfield_guest::{Failure, Timestamp};
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;
const POINTER: &str = "/cursor";

/// Where a read of one stream goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cursor {
    v: u32,
    stream: String,
    /// `owner/name`, where the stream is of one repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    /// Only records changed at or after this are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Timestamp>,
    /// The latest change at the time when this run began: the next run's `since`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) newest: Option<Timestamp>,
    /// The page to go on with; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// Records of that page that were handed over already.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) skip: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Cursor {
    /// The beginning of a stream.
    pub(crate) fn start(stream: &str, repository: Option<&str>) -> Self {
        Self {
            v: VERSION,
            stream: stream.to_owned(),
            repository: repository.map(str::to_owned),
            ..Self::default()
        }
    }

    /// The cursor in `text`, or the beginning where there is none.
    ///
    /// # Errors
    ///
    /// An invalid input at `/cursor`: it is no cursor of this connector, or one of another stream,
    /// repository or version.
    pub(crate) fn read(
        text: Option<&str>,
        stream: &str,
        repository: Option<&str>,
    ) -> Result<Self, Failure> {
        let Some(text) = text else { return Ok(Self::start(stream, repository)) };
        let cursor: Self = serde_json::from_str(text)
            .map_err(|_| invalid("The cursor is not one that this connector returned."))?;
        if cursor.v != VERSION {
            return Err(invalid("The cursor is of another version of this connector."));
        }
        if cursor.stream != stream {
            return Err(invalid("The cursor is of another stream."));
        }
        let same = match (cursor.repository.as_deref(), repository) {
            (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
            (left, right) => left == right,
        };
        same.then_some(cursor).ok_or_else(|| invalid("The cursor is of another repository."))
    }

    /// The same run, further on.
    pub(crate) fn moved(self, newest: Option<Timestamp>, next: Option<String>, skip: u32) -> Self {
        Self { newest, next, skip, ..self }
    }

    /// The beginning of the next run, which asks for what changed since this one began; none where
    /// nothing was ever seen.
    pub(crate) fn next_run(&self) -> Option<Self> {
        let since = self.newest.or(self.since)?;
        Some(Self { since: Some(since), ..Self::start(&self.stream, self.repository.as_deref()) })
    }

    /// Its text.
    pub(crate) fn write(&self) -> String {
        // A struct of numbers and strings has no value that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn invalid(message: &str) -> Failure {
    Failure::invalid(POINTER, message).remedy("Start the stream anew, without a cursor.")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn full() -> Cursor {
        Cursor {
            since: Some(5),
            newest: Some(7),
            next: Some("https://api.github.com/repositories/1/issues?page=2".to_owned()),
            skip: 3,
            ..Cursor::start("issues", Some("a/b"))
        }
    }

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        for cursor in [full(), Cursor::start("issues", Some("a/b"))] {
            let read = Cursor::read(Some(&cursor.write()), "issues", Some("A/b")).unwrap();
            assert_eq!(read, cursor);
        }
        assert_eq!(
            Cursor::start("repositories", None).write(),
            r#"{"v":1,"stream":"repositories"}"#
        );
    }

    #[test]
    fn the_next_run_asks_for_what_changed_since_this_one_began() {
        let cases = [
            (None, None, None),
            (Some(5), None, Some(5)),
            (None, Some(7), Some(7)),
            (Some(5), Some(7), Some(7)),
        ];
        for (since, newest, expected) in cases {
            let cursor = Cursor { since, newest, skip: 4, ..Cursor::start("issues", Some("a/b")) };
            let next = cursor.next_run();
            assert_eq!(next.as_ref().and_then(|next| next.since), expected);
            assert!(next.is_none_or(|next| next.skip == 0 && next.newest.is_none()));
        }
    }

    #[test]
    fn what_is_no_cursor_of_this_stream_is_refused() {
        let text = full().write();
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
            ("negative", r#"{"v":1,"stream":"issues","repository":"a/b","skip":-1}"#),
            ("too great", r#"{"v":1,"stream":"issues","repository":"a/b","skip":4294967296}"#),
            ("fraction", r#"{"v":1,"stream":"issues","repository":"a/b","since":1.5}"#),
            ("unknown field", r#"{"v":1,"stream":"issues","repository":"a/b","url":"x"}"#),
            ("twice", r#"{"v":1,"v":1,"stream":"issues","repository":"a/b"}"#),
            ("more after it", r#"{"v":1,"stream":"issues","repository":"a/b"} {}"#),
        ];
        let cut = (0..text.len()).map(|at| ("cut", text.get(..at).unwrap()));
        for (name, text) in cases.into_iter().chain(cut) {
            let failure = Cursor::read(Some(text), "issues", Some("a/b")).unwrap_err();
            assert_eq!(failure.fields.first().unwrap().pointer, POINTER, "{name}: {text}");
        }
    }
}
