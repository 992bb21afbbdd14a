//! The JQL of the stream `issues`.
//!
//! `[project = "KEY" AND] [(FILTER) AND] updated >= MILLISECONDS ORDER BY updated ASC, key ASC`
//!
//! - A number without quotes is milliseconds since the epoch, whatever the account's time zone
//!   ("JQL date time formats", Jira's documentation, since version 5.2); text in quotes would be
//!   read in the time zone of the account, which nobody knows here.
//! - The bound is always there: Cloud refuses a query without one.
//! - The filter is a person's own JQL. Its brackets and quotes must close, so that what follows it
//!   keeps its meaning; an ORDER BY at its end is left out.

use jackfield_guest::{Failure, Timestamp};

use crate::diagnose::local;

/// The second day of the epoch: before every issue in every time zone.
const BEGINNING: Timestamp = 86_400_000;

/// Which issues are asked for, but for the moment from which on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query(String);

impl Query {
    /// The issues of a project and a filter, each of which may be absent.
    ///
    /// # Errors
    ///
    /// An invalid input at `/parameters/project` or `/parameters/jql`.
    pub(crate) fn new(project: Option<&str>, filter: Option<&str>) -> Result<Self, Failure> {
        let project = given(project).map(project_key).transpose()?;
        let filter = given(filter).map(condition).transpose()?.flatten();
        let project = project.map(|key| format!("project = \"{key}\" AND "));
        let filter = filter.map(|filter| format!("({filter}) AND "));
        Ok(Self([project, filter].into_iter().flatten().collect()))
    }

    /// Its conditions; empty where there are none. Two queries with the same are the same.
    pub(crate) fn conditions(&self) -> &str {
        &self.0
    }

    /// The JQL of the issues that changed at or after `from`, oldest change first.
    pub(crate) fn since(&self, from: Option<Timestamp>) -> String {
        let from = from.unwrap_or(BEGINNING);
        format!("{}updated >= {from} ORDER BY updated ASC, key ASC", self.0)
    }
}

/// The key of a project: as it is, or in the address of one of its pages or issues.
pub(crate) fn project_key(text: &str) -> Result<String, Failure> {
    let key = match text.split_once("://") {
        Some((_, rest)) => in_address(rest).unwrap_or_default(),
        None => text,
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if (1..=255).contains(&key.len()) && key.bytes().all(plain) {
        return Ok(key.to_ascii_uppercase());
    }
    Err(local::project_malformed())
}

fn in_address(address: &str) -> Option<&str> {
    let path = address.split(['?', '#']).next()?;
    let mut segments = path.split('/').skip(1);
    segments.find(|segment| matches!(*segment, "browse" | "projects"))?;
    let named = segments.next()?;
    Some(named.split_once('-').map_or(named, |(key, _)| key))
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The filter without its order; `None` where nothing else is in it.
fn condition(filter: &str) -> Result<Option<&str>, Failure> {
    let end = scan(filter).map_err(local::filter_malformed)?;
    Ok(filter.get(..end).map(str::trim).filter(|condition| !condition.is_empty()))
}

/// Where the condition ends: at `ORDER BY` outside of quotes and brackets, or at the end.
fn scan(filter: &str) -> Result<usize, &'static str> {
    let mut depth = 0_u32;
    let mut quote = None;
    let mut escaped = false;
    let mut word = 0;
    let mut end = None;
    for (at, c) in filter.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if let Some(open) = quote {
            quote = (c != open).then_some(open);
        } else if matches!(c, '"' | '\'') {
            quote = Some(c);
        } else if c == '(' {
            depth += 1;
        } else if c == ')' {
            depth = depth.checked_sub(1).ok_or("a bracket is closed that was never opened")?;
        }
        let first = at == word;
        if c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\'') {
            word = at + c.len_utf8();
        } else if first
            && depth == 0
            && quote.is_none()
            && end.is_none()
            && orders(filter.get(at..))
        {
            end = Some(at);
        }
    }
    match (quote, depth, escaped) {
        (Some(_), ..) => Err("a quotation mark is not closed"),
        (None, 1.., _) => Err("a bracket is not closed"),
        (None, 0, true) => Err("it ends with a backslash"),
        (None, 0, false) => Ok(end.unwrap_or(filter.len())),
    }
}

/// Whether the text begins with `ORDER BY`, in any case and with any blanks between.
fn orders(text: Option<&str>) -> bool {
    let mut words = text.unwrap_or_default().split_whitespace();
    let mut is = |word: &str| words.next().is_some_and(|next| next.eq_ignore_ascii_case(word));
    is("order") && is("by")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_always_bounded_and_ordered() {
        let end = "updated >= 86400000 ORDER BY updated ASC, key ASC";
        let cases = [
            (None, None, String::new()),
            (Some(" "), Some(""), String::new()),
            (Some("acme"), None, "project = \"ACME\" AND ".to_owned()),
            (None, Some("status != Done"), "(status != Done) AND ".to_owned()),
            (
                Some("A1_B"),
                Some("a = 1 OR b = 2"),
                "project = \"A1_B\" AND (a = 1 OR b = 2) AND ".to_owned(),
            ),
            (None, Some("a = 1 ORDER BY created DESC"), "(a = 1) AND ".to_owned()),
            (None, Some("a = 1\torder\n by created"), "(a = 1) AND ".to_owned()),
            (None, Some("order by created"), String::new()),
            (None, Some("a = \"order by x\""), "(a = \"order by x\") AND ".to_owned()),
            (None, Some("a = 'x) OR (b'"), "(a = 'x) OR (b') AND ".to_owned()),
            (None, Some(r#"a ~ "x\")" "#), "(a ~ \"x\\\")\") AND ".to_owned()),
            (
                None,
                Some("(a = 1 OR (b in (1, 2)))order by x"),
                "((a = 1 OR (b in (1, 2)))) AND ".to_owned(),
            ),
            (None, Some("a = border by = 1"), "(a = border by = 1) AND ".to_owned()),
            (None, Some("ä = ü"), "(ä = ü) AND ".to_owned()),
        ];
        for (project, filter, expected) in cases {
            let query = Query::new(project, filter).unwrap();
            assert_eq!(query.since(None), format!("{expected}{end}"), "{project:?} {filter:?}");
        }
        let at = Query::new(None, None).unwrap().since(Some(1_700_000_000_123));
        assert!(at.starts_with("updated >= 1700000000123 "), "{at}");
    }

    #[test]
    fn a_filter_cannot_leave_its_brackets() {
        let cases = [
            "a = 1) OR (b = 2",
            ")",
            "(",
            "((a = 1)",
            "a = \"x",
            "a = 'x",
            "a = \"x\\\"",
            "a = 1\\",
            "a = ')' )",
            "x ORDER BY y) OR (z",
        ];
        for filter in cases {
            let failure = Query::new(None, Some(filter)).unwrap_err();
            assert_eq!(failure.fields.first().unwrap().pointer, "/parameters/jql", "{filter}");
            assert_eq!(failure.code, "filter-malformed", "{filter}");
        }
    }

    #[test]
    fn a_project_is_understood_as_people_write_it() {
        let good = [
            "acme",
            " ACME ",
            "https://acme.atlassian.net/browse/ACME-12?focusedId=1",
            "https://acme.atlassian.net/browse/ACME",
            "https://acme.atlassian.net/jira/software/projects/ACME/boards/1",
            "https://acme.atlassian.net/jira/software/c/projects/ACME/issues#x",
            "http://jira.acme.org:8080/jira/projects/ACME/summary",
        ];
        for text in good {
            let query = Query::new(Some(text), None).unwrap();
            assert_eq!(query.conditions(), "project = \"ACME\" AND ", "{text}");
        }
        let bad = [
            "A B",
            "A\" OR project = \"B",
            "ACME-12",
            "A\\",
            "ä",
            "\u{202e}",
            "https://acme.atlassian.net/",
            "https://acme.atlassian.net/browse/",
            "https://acme.atlassian.net/browse/-1",
            "https://browse/ACME",
            "://",
        ];
        for text in bad {
            let failure = Query::new(Some(text), None).unwrap_err();
            assert_eq!(failure.fields.first().unwrap().pointer, "/parameters/project", "{text}");
            assert_eq!(failure.code, "project-malformed", "{text}");
        }
        assert!(Query::new(Some(&"A".repeat(255)), None).is_ok());
        assert!(Query::new(Some(&"A".repeat(256)), None).is_err());
    }
}
