//! Fed: arbitrary and edited values of `Link` and `Retry-After`.
//!
//! Must hold: nothing panics; a next link is an absolute http or https URL; what makes up a wait is
//! digits, which count seconds, or a date, which is never further than it says.

use bolero::{TypeGenerator, check};
use jackfield_fuzz::edit::{Edit, edited_text, pick};
use jackfield_host::failure::Timestamp;
use jackfield_host::header;
use url::Url;

#[derive(Clone, Debug, TypeGenerator)]
enum Value {
    Arbitrary(String),
    Edited(u8, [Option<Edit>; 4]),
}

impl Value {
    fn text(&self, real: &[&str]) -> String {
        match self {
            Self::Arbitrary(text) => text.clone(),
            Self::Edited(which, edits) => edited_text(pick(real, *which).unwrap(), edits),
        }
    }
}

const LINKS: &[&str] = &[
    r#"<https://api.github.com/repositories/1/issues?page=2>; rel="next", <https://api.github.com/repositories/1/issues?page=5>; rel="last""#,
    r#"</issues?page=2>; rel=next; title*=UTF-8'de'n%c3%a4chste"#,
    r#"<?page=2>; title="a \" > , b"; rel="first NEXT""#,
    r#"<https://a.example>; anchor="/x"; rel="next", <//b.example/2>; REL = "next""#,
];

const WAITS: &[&str] = &[
    "60",
    "0",
    "18446744073709551615",
    "Thu, 01 Jan 2026 00:01:30 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
];

#[test]
fn link() {
    let bases = ["https://api.github.com/user", "http://127.0.0.1:8080/a/b?c=d"];
    let bases = bases.map(|base| Url::parse(base).unwrap());
    check!().with_type::<(u8, [Option<Value>; 2])>().for_each(|(base, values)| {
        let values: Vec<_> = values.iter().flatten().map(|value| value.text(LINKS)).collect();
        let base = pick(&bases, *base).unwrap();
        if let Some(next) = header::next_link(values.iter().map(String::as_str), base) {
            let url = Url::parse(&next).expect("an absolute URL");
            assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{next}");
        }
    });
}

#[test]
fn retry_after() {
    check!().with_type::<(Value, u64)>().for_each(|(value, now)| {
        let text = value.text(WAITS);
        let wait = header::retry_after(&text, Timestamp(*now));
        let digits = text.trim();
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds = digits.parse().unwrap_or(u64::MAX);
            assert_eq!(wait, Some(u64::saturating_mul(seconds, 1_000)), "{text}");
        } else if let Some(wait) = wait {
            // The year 10,000 is the end of HTTP's dates.
            let until = now.checked_add(wait);
            assert!(wait == 0 || until.is_some_and(|until| until <= 253_402_300_800_000), "{text}");
        }
    });
}
