//! Each kind of input: what suits it, and as what it is kept. A reason is the end of a sentence
//! that begins with the input's label.

use serde_json::{Number, Value};
use url::Host;

use super::address;
use super::hosts::{normal_host, normal_url};
use super::names::nearest;
use crate::manifest::{ChoiceOption, InputKind};

/// Characters of a text. One line of a form holds no more.
const MAX_TEXT_CHARS: usize = 1_000;

/// Characters of an e-mail address (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX_EMAIL_CHARS: usize = 254;

/// Whether the value suits the kind, and as what it is kept. The reason is the end of a sentence.
pub(crate) fn normalize(kind: &InputKind, value: &Value) -> Result<Value, String> {
    let normal = normal(kind, value)?;
    // What is encoded becomes longer.
    match normal.as_str() {
        Some(text) if text.chars().count() > MAX_TEXT_CHARS => Err(too_long()),
        _ => Ok(normal),
    }
}

fn too_long() -> String {
    format!("must have at most {MAX_TEXT_CHARS} characters.")
}

fn normal(kind: &InputKind, value: &Value) -> Result<Value, String> {
    match kind {
        InputKind::Integer { minimum, maximum } => {
            integer(value, *minimum, *maximum).map(|number| Value::Number(Number::from(number)))
        }
        InputKind::Boolean => boolean(value).map(Value::Bool),
        InputKind::Choice { options } => choice(&text_of_any(value)?, options).map(Value::String),
        InputKind::Text => text(value).map(Value::String),
        InputKind::Url => normal_url(&text(value)?).map(Value::String),
        InputKind::Address(shape) => address::normalize(&text(value)?, shape).map(Value::String),
        InputKind::Host => host(&text(value)?).map(Value::String),
        InputKind::Email => email(text(value)?).map(Value::String),
        InputKind::Datetime => datetime(text(value)?).map(Value::String),
    }
}

fn text(value: &Value) -> Result<String, String> {
    let Value::String(text) = value else { return Err("must be a text.".to_owned()) };
    let text = text.trim();
    if text.contains(char::is_control) {
        return Err("must be one line without control characters.".to_owned());
    }
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(too_long());
    }
    Ok(text.to_owned())
}

/// A number or a truth value that is given for a choice is taken as its text.
fn text_of_any(value: &Value) -> Result<String, String> {
    match value {
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        other => text(other),
    }
}

fn integer(value: &Value, minimum: Option<i64>, maximum: Option<i64>) -> Result<i64, String> {
    let number = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.ok_or("must be a whole number.")?;
    let least = minimum.is_none_or(|minimum| number >= minimum);
    let greatest = maximum.is_none_or(|maximum| number <= maximum);
    if least && greatest {
        return Ok(number);
    }
    Err(match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => format!("must be within {minimum} to {maximum}."),
        (Some(minimum), None) => format!("must be at least {minimum}."),
        (None, maximum) => format!("must be at most {}.", maximum.unwrap_or(i64::MAX)),
    })
}

fn boolean(value: &Value) -> Result<bool, String> {
    let known = match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    };
    known.ok_or_else(|| "must be true or false.".to_owned())
}

fn choice(text: &str, options: &[ChoiceOption]) -> Result<String, String> {
    let exact = options.iter().find(|option| option.value == text);
    let loose = || options.iter().find(|option| option.value.eq_ignore_ascii_case(text));
    if let Some(option) = exact.or_else(loose) {
        return Ok(option.value.clone());
    }
    let values: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
    if let Some(near) = nearest(text, values.iter().copied()) {
        return Err(format!("must be one of its choices; did you mean `{near}`?"));
    }
    Err(format!("must be one of `{}`.", values.join("`, `")))
}

fn host(text: &str) -> Result<String, String> {
    if let Some((_, rest)) = text.split_once("://") {
        let only = rest.split(['/', '?', '#']).next().and_then(normal_host);
        return Err(match only {
            Some(host) => format!("must be the host name alone: `{host}`."),
            None => "must be the host name alone, without https:// and a path.".to_owned(),
        });
    }
    normal_host(text).ok_or_else(|| {
        "must be a host name such as `git.example.com`, perhaps with a port.".to_owned()
    })
}

/// As strict as is useful: whether mail arrives only a mail shows.
fn email(text: String) -> Result<String, String> {
    let wrong = || "must be an e-mail address such as `mona@example.com`.".to_owned();
    let (local, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
    let unusable = |c: char| c.is_whitespace() || "<>()[],;:\\\"@".contains(c);
    let local_fits = !local.is_empty() && !local.contains(unusable);
    let domain_fits = matches!(Host::parse(domain), Ok(Host::Domain(_)))
        && !domain.split('.').any(str::is_empty)
        && !domain.contains(unusable);
    if local_fits && domain_fits && text.chars().count() <= MAX_EMAIL_CHARS {
        Ok(text)
    } else {
        Err(wrong())
    }
}

fn datetime(text: String) -> Result<String, String> {
    match is_datetime(&text) {
        true => Ok(text),
        false => {
            Err("must be a date such as 2026-11-20, or a time such as 2026-11-20T10:00:00Z."
                .to_owned())
        }
    }
}

/// Whether the text is a date, or a date and time with its offset (RFC 3339, section 5.6).
fn is_datetime(text: &str) -> bool {
    let Some((date, rest)) = text.split_at_checked(10) else { return false };
    if !is_date(date) {
        return false;
    }
    let Some(time) = rest.strip_prefix(['T', 't', ' ']) else { return rest.is_empty() };
    let Some((clock, rest)) = time.split_at_checked(8) else { return false };
    let fraction = rest
        .strip_prefix('.')
        .map(|digits| digits.trim_start_matches(|c: char| c.is_ascii_digit()));
    let fraction_fits = rest
        .strip_prefix('.')
        .is_none_or(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
    let offset = fraction.unwrap_or(rest);
    is_clock(clock) && fraction_fits && is_offset(offset)
}

fn is_date(text: &str) -> bool {
    let Some([year, month, day]) = numbers(text, '-', [4, 2, 2]) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// A leap second is allowed, as RFC 3339 does.
fn is_clock(text: &str) -> bool {
    let Some([hour, minute, second]) = numbers(text, ':', [2, 2, 2]) else { return false };
    hour <= 23 && minute <= 59 && second <= 60
}

fn is_offset(text: &str) -> bool {
    if matches!(text, "Z" | "z") {
        return true;
    }
    let Some(offset) = text.strip_prefix(['+', '-']) else { return false };
    matches!(numbers(offset, ':', [2, 2]), Some([hour, minute]) if hour <= 23 && minute <= 59)
}

/// Numbers of these widths with that sign between them, and nothing else.
fn numbers<const N: usize>(text: &str, sign: char, widths: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(sign);
    let mut found = [0; N];
    for (slot, width) in found.iter_mut().zip(widths) {
        let part = parts.next()?;
        let digits = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        *slot = digits.then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(found)
}
