//! Finds a secret in the text that was copied with it: quotes, `Bearer`, a header, an assignment, a
//! clone address, JSON, other lines.
//!
//! The kinds that the manifest declares say what is a secret: a prefix, a length, an alphabet. The
//! rules, in this order:
//!
//! 1. A text that is no more than a secret of a declared kind is taken as it is.
//! 2. If exactly one secret that fits a declared kind stands in the text, the secret is taken, and a note
//!    names what stands around it. A kind with a prefix goes before one without, and a kind that the
//!    connector takes before one that it refuses.
//! 3. If several different ones fit, or one that has the prefix does not fit, the text is refused.
//! 4. If none is there, and something of the list above is, the text is refused.
//! 5. Any other text is taken as it is: providers issue secrets of kinds that no manifest knows.
//!
//! Where the manifest declares no kind, nothing is removed: a password may well have quotes in it.
//!
//! No text that this module returns for people has any part of what was entered: they name the
//! [`Sign`]s only. All copies of the text are wiped from memory.

use std::collections::BTreeSet;
use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::manifest::SecretKind;
use crate::manifest::secret_kind::{Doubt, has, recognize};
use crate::secret::SecretText;

/// Characters of the shortest secret whose kind has a prefix and no least length.
const SHORTEST_LOOSE: usize = 20;

/// Characters of the shortest word that may be the rest of a secret which a line break broke up.
const SHORTEST_REST: usize = 16;

/// Characters of the shortest base 64 that is decoded.
const SHORTEST_BASE64: usize = 16;

/// Bytes of a text beyond which no secret is looked for: ten times the longest secret.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// Padding may be there or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Something that stands around a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    Curl,
    Netrc,
    Json,
    Address,
    Header,
    Assignment,
    Field,
    Bearer,
    TokenWord,
    Basic,
    User,
    Quotes,
    Backticks,
    AngleBrackets,
    Comma,
    Semicolon,
    FullStop,
    Backslash,
    Lines,
    Invisible,
    Controls,
    Words,
}

impl Sign {
    /// The end of a sentence: "The token stands ...".
    fn phrase(self) -> &'static str {
        match self {
            Self::Curl => "in a curl command",
            Self::Netrc => "in a line of a .netrc file",
            Self::Json => "in JSON",
            Self::Address => "in a web address",
            Self::Header => "in a header",
            Self::Assignment => "in an assignment",
            Self::Field => "behind the name of a field",
            Self::Bearer => "behind the word `Bearer`",
            Self::TokenWord => "behind the word `token`",
            Self::Basic => "in Basic credentials",
            Self::User => "beside a user name",
            Self::Quotes => "in quotes",
            Self::Backticks => "in backticks",
            Self::AngleBrackets => "in angle brackets",
            Self::Comma => "before a comma",
            Self::Semicolon => "before a semicolon",
            Self::FullStop => "before a full stop",
            Self::Backslash => "before a backslash",
            Self::Lines => "among other lines",
            Self::Invisible => "among invisible characters",
            Self::Controls => "among control characters",
            Self::Words => "among other words",
        }
    }
}

/// What stands around a secret, as the end of a sentence: `in quotes and behind the word "Bearer"`.
fn phrases(signs: &BTreeSet<Sign>) -> String {
    let all: Vec<&str> = signs.iter().map(|sign| sign.phrase()).collect();
    match all.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => Sign::Words.phrase().to_owned(),
    }
}

/// The secret in a text.
pub(super) enum Found {
    /// The text is the secret, as far as anybody can tell.
    Whole,
    /// It stands among other things.
    Within(SecretText, BTreeSet<Sign>),
}

impl Found {
    /// A sentence on what was removed; `None` where nothing was.
    pub(super) fn note(&self, label: &str) -> Option<String> {
        let Self::Within(_, signs) = self else { return None };
        let pairs = [Sign::Quotes, Sign::Backticks, Sign::AngleBrackets, Sign::Invisible];
        let removed = match signs.first() {
            Some(only) if signs.len() == 1 && pairs.contains(only) => "they were removed",
            _ => "everything else was removed",
        };
        Some(format!("{label} stands {}; {removed}.", phrases(signs)))
    }
}

/// The secret of one of the kinds in the text, which has no blanks around it; `Found::Whole` where the
/// text is no more than one secret, and where nothing shows that it is more.
///
/// # Errors
///
/// A sentence for a person, where several secrets are there, where one is there that does not fit its kind,
/// where its kind is refused, and where what is there has something around it and no secret in it.
pub(super) fn find(kinds: &[SecretKind], label: &str, text: &str) -> Result<Found, String> {
    if kinds.is_empty() || text.len() > MAX_TEXT_BYTES || is_one_secret(kinds, text) {
        return Ok(Found::Whole);
    }
    let glued = only(text, |c| !is_invisible(c) && !is_odd_blank(c));
    if glued.len() < text.len() && is_one_secret(kinds, &glued) {
        let value = SecretText::joined(&[&glued]);
        return Ok(Found::Within(value, BTreeSet::from([Sign::Invisible])));
    }
    let mut broken = None;
    for reading in readings(text) {
        match reading.secret(kinds) {
            Secret::One(range) => return Ok(reading.found(range)),
            Secret::Refused(reason) => return Err(reason),
            Secret::Several(count) => {
                let around = phrases(&signs_of(text));
                return Err(format!(
                    "{label} stands {around}, and {count} different ones are there; enter one of them alone."
                ));
            }
            Secret::Broken(signs) => broken = broken.or(Some(signs)),
            Secret::None => {}
        }
    }
    let is_plain = text.bytes().all(is_loose);
    match broken {
        // It is told by its doubt, and tried: a provider may have changed the kind.
        Some(_) if is_plain && recognize(kinds, text).is_some() => Ok(Found::Whole),
        Some(signs) => Err(format!(
            "{label} stands {}, and is cut short, too long or broken up; enter it alone, whole and on one line.",
            phrases(&signs)
        )),
        None => unknown(label, text),
    }
}

/// A text in which there is nothing of a declared kind.
fn unknown(label: &str, text: &str) -> Result<Found, String> {
    if is_variable(text) {
        return Err(format!(
            "{label} is the name of a variable and not its value; enter the value, or name the variable where secrets come from."
        ));
    }
    let signs = signs_of(text);
    // Several lines, and characters that cannot be seen, are told by the checks of any secret.
    match signs.is_empty() || text.contains(|c: char| c.is_control() || is_invisible(c)) {
        true => Ok(Found::Whole),
        false => Err(format!(
            "{label} is not recognized: what was entered stands {}; enter the secret alone, without anything around it.",
            phrases(&signs)
        )),
    }
}

/// Whether a text of no declared kind begins and ends as if it were wrapped; which quotes or words.
pub(super) fn looks_wrapped(text: &str) -> Option<&'static str> {
    let pair = |open: &str, close: &str| {
        let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
            return false;
        };
        text.chars().count() > 1 && open.contains(first) && close.contains(last)
    };
    let scheme =
        |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if pair(QUOTES, QUOTES) {
        Some("quotes around it")
    } else if pair("`", "`") {
        Some("backticks around it")
    } else if pair("<", ">") {
        Some("angle brackets around it")
    } else if scheme("bearer ") || scheme("basic ") {
        Some("the name of a scheme before it")
    } else {
        None
    }
}

const QUOTES: &str = "\"'\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{201e}\u{201f}\u{ab}\u{bb}\u{2039}\u{203a}\u{2032}\u{2033}\u{300c}\u{300d}\u{ff02}\u{ff07}";

/// Whether the text is a secret of a declared kind and nothing else.
fn is_one_secret(kinds: &[SecretKind], text: &str) -> bool {
    recognize(kinds, text).is_some_and(|found| {
        matches!(found.doubt, None | Some(Doubt::Checksum))
            && (found.kind.alphabet.is_some() || text.bytes().all(is_loose))
            && !text.ends_with('.')
    })
}

/// Letters, digits and signs that tokens of any kind have: RFC 6750, section 2.1, and `_`.
fn is_loose(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

/// Blanks that are not the usual ones: copied from a page, they look like one.
fn is_odd_blank(c: char) -> bool {
    c.is_whitespace() && !c.is_ascii()
}

fn only(text: &str, keep: impl Fn(char) -> bool) -> Zeroizing<String> {
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    text.chars().filter(|c| keep(*c)).for_each(|c| kept.push(c));
    kept
}

/// A text in which secrets are looked for, and what is known of it already.
struct Reading {
    text: Zeroizing<String>,
    signs: BTreeSet<Sign>,
    /// Whether it was in base 64, so that what stands within it is no sign.
    decoded: bool,
}

/// What a reading comes to.
enum Secret {
    None,
    One(Range<usize>),
    Several(usize),
    Refused(String),
    /// A prefix is there, and what follows does not fit.
    Broken(BTreeSet<Sign>),
}

/// The text without invisible characters, with blanks in their place, and what is encoded in it.
fn readings(text: &str) -> Vec<Reading> {
    let mut signs = BTreeSet::new();
    if text.contains(is_invisible) {
        signs.insert(Sign::Invisible);
    }
    if text.contains('\u{1b}') {
        signs.insert(Sign::Controls);
    }
    let plain = decoded(&without_sequences(text));
    let without = only(&plain, |c| !is_invisible(c));
    let spaced = signs.contains(&Sign::Invisible).then(|| {
        let mut spaced = Zeroizing::new(String::with_capacity(plain.len()));
        plain.chars().for_each(|c| spaced.push(if is_invisible(c) { ' ' } else { c }));
        Reading { text: spaced, signs: signs.clone(), decoded: false }
    });
    let first = Reading { text: without, signs, decoded: false };
    let inner: Vec<Reading> = encoded(&first.text)
        .map(|(word, text)| {
            let mut signs = first.around(word.start, word.end);
            signs.remove(&Sign::Words);
            signs.insert(Sign::Basic);
            Reading { text, signs, decoded: true }
        })
        .collect();
    std::iter::once(first).chain(spaced).chain(inner).collect()
}

/// The text without the sequences by which a terminal is told colors and pastes.
fn without_sequences(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((before, sequence)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = sequence.find(|c: char| matches!(c, '@'..='~'));
        rest = end.and_then(|end| sequence.get(end + 1..)).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

/// The text with escapes of JSON and of URLs replaced by what they stand for. No token has `\` or `%`.
fn decoded(text: &str) -> Zeroizing<String> {
    let mut decoded = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '%']) {
        let (before, escape) = rest.split_at(at);
        decoded.push_str(before);
        let hex = |from: usize, to: usize| {
            let digits = escape.get(from..to)?;
            let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
            let code = u32::from_str_radix(digits, 16).ok()?;
            char::from_u32(code).filter(|c| c.is_ascii() && !c.is_ascii_control())
        };
        let short = match escape.get(1..2) {
            Some("n" | "r" | "t") => Some('\n'),
            Some("\"") => Some('"'),
            Some("/") => Some('/'),
            _ => None,
        };
        let found = if escape.starts_with('%') {
            hex(1, 3).map(|c| (c, 3))
        } else if escape.starts_with("\\u") {
            hex(2, 6).map(|c| (c, 6))
        } else {
            short.map(|c| (c, 2))
        };
        let (c, length) = found.unwrap_or((if escape.starts_with('%') { '%' } else { '\\' }, 1));
        decoded.push(c);
        rest = escape.get(length..).unwrap_or_default();
    }
    decoded.push_str(rest);
    decoded
}

/// The words in base 64 that are texts: their places, and the texts.
fn encoded(text: &str) -> impl Iterator<Item = (Range<usize>, Zeroizing<String>)> {
    words(text).filter(|(_, word)| word.len() >= SHORTEST_BASE64).filter_map(|(at, word)| {
        let mut standard = Zeroizing::new(String::with_capacity(word.len()));
        word.trim_end_matches('=').chars().for_each(|c| {
            standard.push(match c {
                '-' => '+',
                '_' => '/',
                other => other,
            });
        });
        let bytes = Zeroizing::new(BASE64.decode(standard.as_bytes()).ok()?);
        let decoded = std::str::from_utf8(&bytes).ok()?;
        let mut copy = Zeroizing::new(String::with_capacity(decoded.len()));
        copy.push_str(decoded);
        Some((at..at + word.len(), copy))
    })
}

/// A place in a reading that may be a secret.
struct Candidate<'a> {
    at: usize,
    value: &'a str,
    refuse: Option<&'a str>,
    prefixed: bool,
    fits: bool,
}

impl Reading {
    fn secret(&self, kinds: &[SecretKind]) -> Secret {
        let candidates = candidates(kinds, &self.text);
        let distinct = |wanted: &dyn Fn(&Candidate<'_>) -> bool| {
            let mut values: Vec<&Candidate<'_>> = Vec::new();
            for candidate in candidates.iter().filter(|one| wanted(one)) {
                if !values.iter().any(|other| other.value == candidate.value) {
                    values.push(candidate);
                }
            }
            values
        };
        let mut fitting = distinct(&|one| one.fits && one.refuse.is_none());
        if fitting.iter().any(|one| one.prefixed) {
            fitting.retain(|one| one.prefixed);
        }
        if let [only] = fitting.as_slice() {
            return Secret::One(only.at..only.at + only.value.len());
        }
        if !fitting.is_empty() {
            return Secret::Several(fitting.len());
        }
        let refused = |fits: bool| {
            let mut refused = candidates.iter().filter(|one| one.fits == fits);
            refused.find_map(|one| one.refuse).map(|reason| Secret::Refused(reason.to_owned()))
        };
        if let Some(refused) = refused(true) {
            return refused;
        }
        let broken = candidates.iter().find(|one| one.refuse.is_none());
        match broken {
            Some(one) => Secret::Broken(self.around(one.at, one.at + one.value.len())),
            None => refused(false).unwrap_or(Secret::None),
        }
    }

    fn found(&self, range: Range<usize>) -> Found {
        let signs = self.around(range.start, range.end);
        let value = self.text.get(range).unwrap_or_default();
        Found::Within(SecretText::joined(&[value]), signs)
    }

    /// What stands before and after the place.
    fn around(&self, from: usize, to: usize) -> BTreeSet<Sign> {
        let before = self.text.get(..from).unwrap_or_default();
        let after = self.text.get(to..).unwrap_or_default();
        let mut signs = self.signs.clone();
        if self.decoded {
            return signs;
        }
        signs.extend(surroundings(before));
        let (outer, inner) = (before.trim_end(), after.trim_start());
        let mut ends = inner.chars();
        let (first, second) = (ends.next(), ends.next());
        let last = outer.chars().next_back();
        for (marks, sign) in PAIRS {
            let is_mark = |c: Option<char>| c.is_some_and(|c| marks.contains(c));
            if is_mark(last) || is_mark(first) {
                signs.insert(sign);
            }
        }
        let is_closing = |c: char| PAIRS.iter().any(|(marks, _)| marks.contains(c)) || c == '}';
        let punctuation = if first.is_some_and(is_closing) { second } else { first };
        let at_the_end = inner.chars().count() <= 2;
        match punctuation {
            Some(',') if !signs.contains(&Sign::Json) => drop(signs.insert(Sign::Comma)),
            Some(';') => drop(signs.insert(Sign::Semicolon)),
            Some('.') if at_the_end => drop(signs.insert(Sign::FullStop)),
            Some('\\') => drop(signs.insert(Sign::Backslash)),
            Some(':') => drop(signs.insert(Sign::User)),
            _ => {}
        }
        let opened = outer.trim_end_matches(|c| PAIRS.iter().any(|(marks, _)| marks.contains(c)));
        let named = !signs.iter().any(|sign| *sign <= Sign::Header);
        if opened.trim_end().ends_with('=') {
            signs.insert(Sign::Assignment);
        } else if named && opened.trim_end().ends_with(':') {
            // A field's name has a blank or a quote behind it, as YAML writes it; a user name has not.
            let is_field = opened.len() < before.len();
            signs.insert(if is_field { Sign::Field } else { Sign::User });
        }
        if before.trim_start().contains('\n') || after.trim_end().contains('\n') {
            signs.insert(Sign::Lines);
        }
        if signs.is_empty() {
            signs.insert(Sign::Words);
        }
        signs
    }
}

const PAIRS: [(&str, Sign); 3] =
    [(QUOTES, Sign::Quotes), ("`", Sign::Backticks), ("<>", Sign::AngleBrackets)];

/// Every place that has the prefix of a kind, and every word that fits a kind without one, in the order of
/// the text; none within another.
fn candidates<'a>(kinds: &'a [SecretKind], text: &'a str) -> Vec<Candidate<'a>> {
    let mut all = Vec::new();
    for kind in kinds {
        match kind.prefix.as_str() {
            "" => all.extend(words(text).filter_map(|word| shaped(kind, word))),
            prefix => {
                // A prefix within a secret begins no other one.
                let mut end = 0;
                for (at, _) in text.match_indices(prefix) {
                    if at >= end && text.get(..at).is_some_and(ends_word) {
                        let candidate = prefixed(kinds, kind, text, at);
                        end = candidate.as_ref().map_or(at, |one| at + one.value.len());
                        all.extend(candidate);
                    }
                }
            }
        }
    }
    all.sort_by_key(|one: &Candidate<'_>| (one.at, !one.prefixed));
    let mut end = 0;
    all.retain(|one| {
        let outside = one.at >= end;
        if outside {
            end = one.at + one.value.len();
        }
        outside
    });
    all
}

/// Whether a word may begin behind the text.
fn ends_word(text: &str) -> bool {
    text.chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_')
}

/// The secret of that kind that begins there; `None` for the bare prefix.
fn prefixed<'a>(
    kinds: &'a [SecretKind],
    kind: &'a SecretKind,
    text: &'a str,
    at: usize,
) -> Option<Candidate<'a>> {
    let rest = text.get(at..)?;
    let inside = |byte: u8| kind.alphabet.map_or_else(|| is_loose(byte), |set| has(set, byte));
    let letters = rest.bytes().skip(kind.prefix.len()).take_while(|byte| inside(*byte)).count();
    let (run, after) = rest.split_at_checked(kind.prefix.len() + letters)?;
    let mut value = run.trim_end_matches('.');
    if let Some(most) = kind.max_length.and_then(|most| usize::try_from(most).ok())
        && let Some((whole, more)) = value.split_at_checked(most)
        && more.bytes().all(|byte| byte.is_ascii_punctuation())
    {
        value = whole;
    }
    if value.len() <= kind.prefix.len() {
        return None;
    }
    let recognized = recognize(kinds, value);
    let fits = recognized.is_some_and(|found| {
        let long_enough = kind.min_length.is_some() || value.len() >= SHORTEST_LOOSE;
        found.kind == kind && matches!(found.doubt, None | Some(Doubt::Checksum)) && long_enough
    });
    let goes_on = begins_word(after) || (kind.max_length.is_none() && may_go_on(after));
    let (refuse, fits) = (kind.refuse.as_deref(), fits && !goes_on);
    Some(Candidate { at, value, refuse, prefixed: true, fits })
}

/// Whether the text goes on with the word before it: by a letter, a digit, `_`, or `-` and one of these.
fn begins_word(text: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text.chars();
    match rest.next() {
        Some('-') => rest.next().is_some_and(is_letter),
        Some(c) => is_letter(c),
        None => false,
    }
}

/// Whether a secret of any length, behind which the text stands, may go on behind a blank or a line break:
/// a long word of letters and digits follows that is no name of a variable.
fn may_go_on(text: &str) -> bool {
    let word = text.trim_start();
    if word.len() == text.len() {
        return false;
    }
    let length = word.bytes().take_while(|byte| is_loose(*byte)).count();
    let word = word.get(..length).unwrap_or_default();
    let name = word.split_once('=').is_some_and(|(name, _)| is_variable_name(name));
    word.len() >= SHORTEST_REST
        && !name
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The words of letters, digits and signs of tokens, with their places. What ends with `=` is no part
/// of the word behind it.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let runs = text.split(|c: char| !u8::try_from(c).is_ok_and(is_loose));
    let mut at = 0;
    runs.filter_map(move |run| {
        let start = at;
        // The separator has one character, of one byte or more.
        let end = start + run.len();
        at = end + text.get(end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let core = run.trim_end_matches('.');
        let value = core.trim_end_matches('=');
        let behind = value.rfind('=').map_or(0, |equals| equals + 1);
        let word = core.get(behind..)?;
        // What begins an address is no part of it.
        let inner = word.strip_prefix("//").unwrap_or(word);
        Some((start + core.len() - inner.len(), inner))
    })
}

fn shaped<'a>(kind: &'a SecretKind, (at, value): (usize, &'a str)) -> Option<Candidate<'a>> {
    recognize(std::slice::from_ref(kind), value)?;
    let refuse = kind.refuse.as_deref();
    Some(Candidate { at, value, refuse, prefixed: false, fits: true })
}

/// What a text before a secret, or a whole one, shows by itself.
fn surroundings(text: &str) -> BTreeSet<Sign> {
    let lower = Zeroizing::new(text.to_ascii_lowercase());
    let start = lower.trim_start();
    let has_word = |word: &str| lower.split_whitespace().any(|one| one == word);
    // The word before the secret, or the first one.
    let bare =
        lower.trim_end_matches(|c: char| c.is_whitespace() || QUOTES.contains(c) || c == '`');
    let scheme = |word: &str| {
        let last = bare.strip_suffix(word).is_some_and(ends_word) && bare.len() < lower.len();
        let open = start.trim_start_matches(|c| QUOTES.contains(c) || c == '`');
        last || open.strip_prefix(word).is_some_and(|rest| rest.starts_with(char::is_whitespace))
    };
    let is_header = lower.contains("authorization:")
        || lower.contains("-token: ")
        || lower.contains("private-token:")
        || lower.contains("api-key:");
    let checks = [
        (has_word("curl"), Sign::Curl),
        (has_word("machine") || (has_word("login") && has_word("password")), Sign::Netrc),
        (start.starts_with(['{', '[']), Sign::Json),
        (lower.contains("://"), Sign::Address),
        (is_header, Sign::Header),
        (scheme("bearer"), Sign::Bearer),
        (scheme("token"), Sign::TokenWord),
        (scheme("basic"), Sign::Basic),
    ];
    checks.into_iter().filter_map(|(there, sign)| there.then_some(sign)).collect()
}

/// What a text shows in which no secret was found, or several.
fn signs_of(text: &str) -> BTreeSet<Sign> {
    let mut signs = surroundings(text);
    let mut ends = text.chars();
    let (first, last) = (ends.next(), ends.next_back());
    for (marks, sign) in PAIRS {
        let is_mark = |c: Option<char>| c.is_some_and(|c| marks.contains(c));
        if is_mark(first) && is_mark(last) {
            signs.insert(sign);
        }
    }
    let shell = ["export ", "set ", "setx ", "$env:"];
    let named = shell.iter().find_map(|word| text.strip_prefix(word));
    let assigns = text.split_once('=').is_some_and(|(name, value)| {
        let name = name.trim_end();
        let is_name =
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        let padding = value.bytes().all(|byte| byte == b'=');
        is_variable_name(name) || (is_name && !name.is_empty() && !padding)
    });
    if named.is_some_and(|rest| rest.contains(['=', ' '])) || assigns {
        signs.insert(Sign::Assignment);
    }
    let is_field = |name: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-@+ ".contains(c);
        !name.is_empty() && name.chars().all(plain)
    };
    if signs.is_empty()
        && let Some((name, value)) = text.split_once(':')
        && is_field(name)
        && !value.is_empty()
    {
        let blank = value.starts_with(char::is_whitespace);
        signs.insert(if blank { Sign::Field } else { Sign::User });
    }
    match last {
        Some(',') => drop(signs.insert(Sign::Comma)),
        Some(';') => drop(signs.insert(Sign::Semicolon)),
        Some('\\') => drop(signs.insert(Sign::Backslash)),
        _ => {}
    }
    if text.contains('\n') {
        signs.insert(Sign::Lines);
    }
    if signs.is_empty() && text.split_whitespace().count() > 2 {
        signs.insert(Sign::Words);
    }
    signs
}

/// Capitals, digits and `_`, as names of variables are written.
fn is_variable_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().any(|byte| byte.is_ascii_uppercase()) && name.bytes().all(fits)
}

/// `$NAME`, `${NAME}`, `$env:NAME`, `%NAME%`, `${{ NAME }}`: nobody put the value in its place.
fn is_variable(text: &str) -> bool {
    let inner = text
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .or_else(|| text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')))
        .or_else(|| text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')))
        .or_else(|| text.strip_prefix('$'));
    inner.map(str::trim).is_some_and(|name| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(plain)
    })
}

/// Characters of no width, which copying from a page or a chat brings along.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
