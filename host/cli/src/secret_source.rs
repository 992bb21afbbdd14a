//! Where secrets come from.
//!
//! | source | what it is |
//! |---|---|
//! | `env:NAME` | an environment variable |
//! | `file:PATH` | a file, in UTF-8 or UTF-16; one line break at its end does not count |
//! | `-` | standard input, to its end; likewise |
//! | none | asked for at the terminal, without echo |
//!
//! A secret itself is refused as a source, and not repeated: other users and the shell's history
//! see command lines.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};

use jackfield_host::failure::FieldError;
use jackfield_host::manifest::SecretField;
use jackfield_host::secret::SecretText;

use crate::error::Error;
use crate::output::text;
use crate::usage::is_place;

/// Bytes that are read of a source: ten times the longest secret, so that a wrong file is noticed
/// by the check of the secret itself.
const MAX_BYTES: u64 = 64 << 10;

/// Characters of an environment variable's name that is repeated in a message.
const MAX_NAME: usize = 60;

/// Characters from which on a bare word may be a token: the shortest known ones have 36.
const SHORTEST_TOKEN: usize = 32;

const REMEDY: &str = "Say where to read it: --secret NAME=env:VARIABLE, NAME=file:PATH, or NAME=- for standard input.";

/// A secret's name, and where its value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedSource {
    name: String,
    source: Source,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Variable(String),
    File(String),
    Input,
}

/// The sources of `--secret`, in order.
///
/// # Errors
///
/// [`Error::Usage`] for one that is no source, a name given twice, and standard input given twice.
pub(crate) fn parse(options: &[String]) -> Result<Vec<NamedSource>, Error> {
    let sources = options.iter().map(|text| parse_one(text)).collect::<Result<Vec<_>, _>>()?;
    let mut names = BTreeSet::new();
    if let Some(again) = sources.iter().find(|source| !names.insert(&source.name)) {
        return Err(refused(&again.name, "is given twice"));
    }
    let mut from_input = sources.iter().filter(|source| source.source == Source::Input);
    if let (Some(_), Some(second)) = (from_input.next(), from_input.next()) {
        return Err(refused(&second.name, "cannot come from standard input too: it is read once"));
    }
    Ok(sources)
}

fn parse_one(option: &str) -> Result<NamedSource, Error> {
    // Without a name, all of it may be a secret.
    let Some((name, source)) = option.split_once('=').filter(|(name, _)| is_name(name)) else {
        return Err(Error::usage("--secret takes NAME=SOURCE.", Some(REMEDY)));
    };
    let rest = |prefix: &str| source.strip_prefix(prefix).filter(|rest| !rest.is_empty());
    let source = if source == "-" {
        Source::Input
    } else if let Some(variable) = rest("env:") {
        Source::Variable(variable.to_owned())
    } else if let Some(path) = rest("file:") {
        Source::File(path.to_owned())
    } else {
        return Err(refused(
            name,
            "must not be given on the command line, where other users and your shell history can see it",
        ));
    };
    Ok(NamedSource { name: name.to_owned(), source })
}

/// A name that a manifest can have; anything else could be the secret.
fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-'
        })
}

fn refused(name: &str, reason: &str) -> Error {
    let field = FieldError::at(["secrets", name], reason);
    Error::field(field, format!("The secret `{name}` {reason}."), REMEDY)
}

/// The secrets from their sources.
///
/// # Errors
///
/// [`Error::Usage`] where a source has none: a variable that is not set, a file that cannot be read.
pub(crate) fn read(sources: &[NamedSource]) -> Result<Vec<(String, SecretText)>, Error> {
    let read = |source: &NamedSource| {
        let value = source.source.read();
        let value = value.map_err(|reason| refused(&source.name, &reason))?;
        Ok((source.name.clone(), value))
    };
    sources.iter().map(read).collect()
}

/// The secrets of these fields that are not among those given, asked for at the terminal.
///
/// # Errors
///
/// [`Error::Usage`] where there is no terminal to ask at.
pub(crate) fn ask(
    fields: &[SecretField],
    given: &[(String, SecretText)],
) -> Result<Vec<(String, SecretText)>, Error> {
    let missing = fields.iter().filter(|field| !given.iter().any(|(name, _)| *name == field.name));
    missing.map(|field| Ok((field.name.clone(), ask_one(field)?))).collect()
}

fn ask_one(field: &SecretField) -> Result<SecretText, Error> {
    let reason = "is missing, and cannot be prompted for: standard input is not a terminal";
    if !io::stdin().is_terminal() {
        return Err(refused(&field.name, reason));
    }
    let prompt = format!("{}: ", text::line(&field.label));
    let value = rpassword::prompt_password(prompt);
    value
        .map(SecretText::new)
        .map_err(|error| refused(&field.name, &format!("cannot be asked for: {error}")))
}

impl Source {
    fn read(&self) -> Result<SecretText, String> {
        match self {
            Self::Variable(name) => match std::env::var(name) {
                Ok(value) => Ok(SecretText::new(value)),
                Err(std::env::VarError::NotPresent) => {
                    Err(format!("is not there: {} is not set", variable(name)))
                }
                Err(_) => Err(format!("is not text in {}", variable(name))),
            },
            Self::File(path) => {
                let failed =
                    |error: io::Error| format!("cannot be read from {}: {error}", file(path));
                bounded(File::open(path).map_err(failed)?).map_err(failed)
            }
            Self::Input => bounded(io::stdin().lock())
                .map_err(|error| format!("cannot be read from standard input: {error}")),
        }
    }
}

/// The variable for people. A name that is none of the usual form may be the secret itself.
fn variable(name: &str) -> String {
    let usual = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if name.len() <= MAX_NAME && name.bytes().all(usual) {
        format!("the environment variable `{name}`")
    } else {
        "the environment variable, whose name is not repeated here,".to_owned()
    }
}

/// The file for people. A long word that leads to nothing may be the secret itself.
fn file(path: &str) -> String {
    if path.len() < SHORTEST_TOKEN || is_place(path) {
        format!("`{path}`")
    } else {
        "the file, whose name is not repeated here".to_owned()
    }
}

/// All text of the reader, without one line break at its end. UTF-16, in which Windows writes text files,
/// is known by its byte order mark.
fn bounded(reader: impl Read) -> io::Result<SecretText> {
    // Room from the start: growing would leave copies behind.
    let mut bytes = Vec::with_capacity(MAX_BYTES as usize + 1);
    let read = reader.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    let is_too_long = bytes.len() as u64 > MAX_BYTES;
    // From here on it is wiped, whatever happens.
    let text = match String::from_utf8(bytes) {
        Ok(text) => Some(SecretText::new(text)),
        Err(error) => {
            let mut bytes = error.into_bytes();
            let text = utf16(&bytes);
            bytes.fill(0);
            std::hint::black_box(&bytes);
            text
        }
    };
    read?;
    if is_too_long {
        return Err(io::Error::other(format!("it is longer than {MAX_BYTES} bytes")));
    }
    let text = text.ok_or_else(|| io::Error::other("it is neither UTF-8 nor UTF-16 text"))?;
    let text = text.expose_secret();
    let line = text.strip_suffix('\n').unwrap_or(text);
    Ok(SecretText::new(line.strip_suffix('\r').unwrap_or(line).to_owned()))
}

/// The text in UTF-16 behind a byte order mark.
fn utf16(bytes: &[u8]) -> Option<SecretText> {
    let unit = match bytes {
        [0xff, 0xfe, _, ..] => u16::from_le_bytes,
        [0xfe, 0xff, _, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().skip(1).map(|pair| unit(*pair));
    let mut text = String::with_capacity(3 * pairs.len());
    let whole = char::decode_utf16(units).try_for_each(|c| c.map(|c| text.push(c)));
    let text = SecretText::new(text);
    (whole.is_ok() && rest.is_empty()).then_some(text)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn options(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn source(name: &str, source: Source) -> NamedSource {
        NamedSource { name: name.to_owned(), source }
    }

    #[test]
    fn sources_are_recognized() {
        let parsed = parse(&options(&["token=env:TOKEN", "key=file:/a=b", "pass_2=-"])).unwrap();
        let expected = [
            source("token", Source::Variable("TOKEN".to_owned())),
            source("key", Source::File("/a=b".to_owned())),
            source("pass_2", Source::Input),
        ];
        assert_eq!(parsed, expected);
    }

    #[test]
    fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
        for option in [
            "token=ghp_Canary",
            "ghp_Canary",
            "ghp_Canary=",
            "ghp_Canary=x",
            "=ghp_Canary",
            "token=ENV:ghp_Canary",
            "token= env:ghp_Canary",
            "token",
            "token=",
            "token=env:",
            "token=file:",
            "",
        ] {
            let error = parse(&options(&[option])).unwrap_err();
            assert_eq!(error.exit_code(), crate::exit::USAGE, "{option}");
            assert!(!format!("{error:?} {error}").contains("Canary"), "{option}: {error:?}");
        }
    }

    #[test]
    fn names_and_standard_input_are_given_once() {
        assert!(parse(&options(&["a=env:X", "a=env:Y"])).is_err());
        assert!(parse(&options(&["a=-", "b=-"])).is_err());
        assert!(parse(&options(&["a=-", "b=env:X"])).is_ok());
    }

    #[test]
    fn one_line_break_at_the_end_does_not_count() {
        for (text, expected) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            ("secret\r\n", "secret"),
            ("secret\n\n", "secret\n"),
            (" secret ", " secret "),
            ("", ""),
        ] {
            assert_eq!(bounded(text.as_bytes()).unwrap().expose_secret(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_source_is_read_to_the_limit_and_no_further() {
        let limit = usize::try_from(MAX_BYTES).unwrap();
        assert!(bounded("x".repeat(limit).as_bytes()).is_ok());
        assert!(bounded("x".repeat(limit + 1).as_bytes()).is_err());
        assert!(bounded(io::repeat(b'x')).is_err());
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        for bytes in [
            &[0xff, 0xfe][..],
            b"\xff\xfea",
            b"\xff\xfe\x3d\xd8",
            b"\xfe\xff\xde\x00\x00a",
            b"caf\xe9",
        ] {
            let error = bounded(bytes).err().unwrap().to_string();
            assert_eq!(error, "it is neither UTF-8 nor UTF-16 text");
        }
    }

    #[test]
    fn a_file_of_windows_is_read_as_what_it_says() {
        for text in ["secret", "secret\r\n", "s\u{e9}cret \u{1f600}"] {
            let units: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            for bytes in [little, big] {
                assert_eq!(bounded(bytes.as_slice()).unwrap().expose_secret(), text.trim_end());
            }
        }
    }

    #[test]
    fn a_source_that_is_not_there_is_named() {
        for (option, expected) in [
            ("token=env:JACKFIELD_TEST_NO_SUCH_VARIABLE", "JACKFIELD_TEST_NO_SUCH_VARIABLE"),
            ("token=file:/no/such/file", "/no/such/file"),
            ("token=file:absent", "absent"),
        ] {
            let error = read(&parse(&options(&[option])).unwrap()).err().unwrap();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_secret_in_the_place_of_a_variables_name_is_not_repeated() {
        for name in ["ghp_Canary", "github_pat_canary", "Canary=x", "canary"] {
            let sources = parse(&options(&[&format!("token=env:{name}")])).unwrap();
            let error = read(&sources).err().unwrap();
            assert!(!format!("{error} {error:?}").to_lowercase().contains("canary"), "{error}");
        }
    }

    #[test]
    fn what_was_given_is_not_asked_for() {
        let field: SecretField =
            serde_json::from_value(serde_json::json!({ "name": "token", "label": "Token" }))
                .unwrap();
        let given = [("token".to_owned(), SecretText::new("x".to_owned()))];
        assert!(ask(&[field], &given).unwrap().is_empty());
    }
}
