//! Where a JSON value ends, found without building anything (RFC 8259).
//!
//! Most of a record is passed over, so this is most of what a read costs in a guest. It takes sixteen
//! bytes at once where a parser that must also run on machines of 32 bits takes four. It is as strict
//! as serde_json is when that passes over a value; a test holds them together.

/// Arrays and objects within each other. The host refuses records that are deeper than 100.
const MOST_LEVELS: u32 = 128;

/// A text on the way from its start to its end. Every step is `None` where the text is not JSON.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Bytes behind.
    pub(super) fn at(self) -> usize {
        self.at
    }

    /// The byte ahead, and where the text has ended 0, which stands nowhere in JSON.
    pub(super) fn peek(self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// Passes over blanks, and says what comes after them.
    pub(super) fn blanks(&mut self) -> u8 {
        while let b' ' | b'\n' | b'\r' | b'\t' = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    /// Blanks, and the byte.
    pub(super) fn byte(&mut self, byte: u8) -> Option<()> {
        if self.blanks() != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// Blanks, and a key: its text with the quotes. What follows is the colon, and it is passed over.
    pub(super) fn key(&mut self) -> Option<&'a str> {
        self.blanks();
        let start = self.at;
        self.byte(b'"')?;
        self.string()?;
        let key = self.text.get(start..self.at);
        self.byte(b':')?;
        key
    }

    /// Blanks, and a value: its text.
    pub(super) fn value(&mut self) -> Option<&'a str> {
        self.blanks();
        let start = self.at;
        self.pass()?;
        self.text.get(start..self.at)
    }

    fn pass(&mut self) -> Option<()> {
        // A bit for each level that is open, the innermost lowest: whether it is an object.
        let mut objects = 0_u128;
        let mut levels = 0;
        loop {
            match self.blanks() {
                b'"' => {
                    self.at += 1;
                    self.string()?;
                }
                open @ (b'{' | b'[') => {
                    let object = open == b'{';
                    self.at += 1;
                    if self.blanks() == if object { b'}' } else { b']' } {
                        self.at += 1;
                    } else {
                        levels += 1;
                        objects = objects << 1 | u128::from(object);
                        if levels > MOST_LEVELS {
                            return None;
                        }
                        if object {
                            self.key()?;
                        }
                        continue;
                    }
                }
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => self.number()?,
            }
            // A value has ended, and with it perhaps what it stands in.
            loop {
                if levels == 0 {
                    return Some(());
                }
                let object = objects & 1 == 1;
                match (self.blanks(), object) {
                    (b',', _) => {
                        self.at += 1;
                        if object {
                            self.key()?;
                        }
                        break;
                    }
                    (b'}', true) | (b']', false) => {
                        self.at += 1;
                        levels -= 1;
                        objects >>= 1;
                    }
                    _ => return None,
                }
            }
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let ahead = self.text.as_bytes().get(self.at..)?;
        self.at += word.len();
        ahead.starts_with(word.as_bytes()).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == b'-' {
            self.at += 1;
        }
        if self.peek() == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if let b'e' | b'E' = self.peek() {
            self.at += 1;
            if let b'+' | b'-' = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// The rest of a string whose quote is behind.
    fn string(&mut self) -> Option<()> {
        loop {
            self.at += plain(self.text.as_bytes().get(self.at..)?);
            let ends = self.peek();
            self.at += 1;
            match ends {
                b'"' => return Some(()),
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        let kind = self.peek();
        self.at += 1;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
                self.at += 4;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }
}

/// Bytes at the start that mean nothing else than themselves in a string.
#[cfg(not(all(target_family = "wasm", target_feature = "simd128")))]
fn plain(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let mut at = 0;
    for word in text.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*word);
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        // The lowest of the high bits that are set is exact, those above it may be carried.
        let special = (quote.wrapping_sub(ONES) & !quote
            | backslash.wrapping_sub(ONES) & !backslash
            | word.wrapping_sub(ONES << 5) & !word)
            & HIGH;
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + rest(text.get(at..).unwrap_or_default())
}

/// Bytes at the start that mean nothing else than themselves in a string.
#[cfg(all(target_family = "wasm", target_feature = "simd128"))]
fn plain(text: &[u8]) -> usize {
    use std::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128_or};
    let mut at = 0;
    for piece in text.as_chunks::<16>().0 {
        let whole = u128::from_le_bytes(*piece);
        let bytes = u64x2(whole as u64, (whole >> 64) as u64);
        let special = v128_or(
            v128_or(u8x16_eq(bytes, u8x16_splat(b'"')), u8x16_eq(bytes, u8x16_splat(b'\\'))),
            u8x16_lt(bytes, u8x16_splat(b' ')),
        );
        let special = u8x16_bitmask(special);
        if special != 0 {
            return at + special.trailing_zeros() as usize;
        }
        at += 16;
    }
    at + rest(text.get(at..).unwrap_or_default())
}

fn rest(text: &[u8]) -> usize {
    let special = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < b' ';
    text.iter().position(special).unwrap_or(text.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    /// Where the first value of the text ends.
    fn ours(text: &str) -> Option<usize> {
        let mut reader = Reader::new(text);
        reader.value()?;
        Some(reader.at())
    }

    /// The same as serde_json tells it.
    fn theirs(text: &str) -> Option<usize> {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        Some(values.byte_offset())
    }

    const VALUES: &[&str] = &[
        "{}",
        " { } ",
        "[]",
        "[ ]",
        "[1, -2 ,3.5e+7,0,-0.1E-2, 0e1]",
        r#"{"a":{"b":[{"c":[]},[{}],"]}"]},"d":null,"e":true,"f":false}"#,
        r#""""#,
        r#""a \"quoted\" \\ \/ \b\f\n\r\t ÿ \u00e4 and \ud83d""#,
        r#"{"a long key that is more than sixteen bytes":"a long text \" of more than thirty-two bytes"}"#,
        r#"[ "0123456" , "01234567", "012345678", "0123456789abcde", "0123456789abcdef" ]"#,
    ];

    #[test]
    fn every_value_ends_where_serde_json_says() {
        for text in VALUES {
            assert_eq!(ours(text), theirs(text), "{text}");
            assert!(ours(text).is_some(), "{text}");
        }
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_judged_as_serde_json_does() {
        for text in VALUES {
            for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
                let cut = text.get(..at).unwrap();
                assert_eq!(ours(cut).is_some(), theirs(cut).is_some(), "{cut}");
                for other in "\"\\{}[]:,0-.eE+ \u{1}\nux1é\u{80}\u{7f}".chars() {
                    let (left, right) = text.split_at(at);
                    let mut right = right.chars();
                    let inserted = format!("{left}{other}{}", right.as_str());
                    right.next();
                    for text in [inserted, format!("{left}{other}{}", right.as_str())] {
                        let text = format!("[{text}]");
                        assert_eq!(ours(&text), theirs(&text), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_byte_is_plain_or_not_at_every_place() {
        for place in 0..40 {
            for byte in 0..=0x7f_u8 {
                let mut text = vec![b'x'; 40];
                text.fill(0xc3);
                text.splice(place..=place, [byte]);
                let expected = match byte {
                    b'"' | b'\\' | 0..0x20 => place,
                    _ => 40,
                };
                assert_eq!(plain(&text), expected, "{byte:#x} at {place}");
            }
        }
    }

    #[test]
    fn levels_are_bounded() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(ours(&nested(128)).is_some());
        assert!(ours(&nested(129)).is_none());
        assert!(ours(&"{\"a\":".repeat(100_000)).is_none());
    }
}
