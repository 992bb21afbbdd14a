//! The brackets and commas of a JSON text, found 64 bytes at once.
//!
//! Most of a record is passed over, so that finding its end is most of what a read costs in a guest.
//! A parser looks at each byte of each string; here a few operations on whole registers say for 64
//! bytes which of them are structure. The way is that of simdjson ("Parsing Gigabytes of JSON per
//! Second", Langdale and Lemire, 2019): quotes that are not escaped, from them what is inside a string,
//! and of the rest the brackets and commas.

/// Bytes that are looked at together: one for each bit of a mask.
const BLOCK: usize = 64;

/// A bracket outside strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bracket {
    /// One of `{`, `}`, `[` and `]`.
    pub(super) byte: u8,
    /// Where it stands.
    pub(super) at: usize,
}

/// The brackets of a text, one after the other, with the commas between them.
#[derive(Clone, Debug)]
pub(super) struct Marks<'a> {
    text: &'a [u8],
    /// Where the block begins whose marks are in `brackets` and `commas`.
    block: usize,
    /// Those of the block that are still to come, the first lowest.
    brackets: u64,
    commas: u64,
    /// Where the next block begins.
    next: usize,
    /// All ones where the next block begins inside a string, otherwise 0.
    quoted: u64,
    /// 1 where the next block's first byte is escaped, otherwise 0.
    escaped: u64,
}

impl<'a> Marks<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let text = text.as_bytes();
        Self { text, block: 0, brackets: 0, commas: 0, next: 0, quoted: 0, escaped: 0 }
    }

    /// The next bracket. The commas before it are passed over, or their places added to a list.
    ///
    /// `None` at the end, and where a string has a bare control character, which JSON forbids.
    #[inline]
    pub(super) fn bracket(&mut self, mut commas: Option<&mut Vec<usize>>) -> Option<Bracket> {
        while self.brackets == 0 {
            if let Some(commas) = commas.as_deref_mut() {
                commas.extend(places(self.commas, self.block));
            }
            self.advance()?;
        }
        let bracket = self.brackets & self.brackets.wrapping_neg();
        let before = bracket - 1;
        if let Some(commas) = commas {
            commas.extend(places(self.commas & before, self.block));
        }
        self.commas &= !before;
        self.brackets ^= bracket;
        let at = self.block + bracket.trailing_zeros() as usize;
        Some(Bracket { byte: *self.text.get(at)?, at })
    }

    /// Looks at the next block; `None` where there is none.
    fn advance(&mut self) -> Option<()> {
        let rest = self.text.get(self.next..).filter(|rest| !rest.is_empty())?;
        let sight = match rest.first_chunk::<BLOCK>() {
            Some(block) => look(block),
            None => {
                let mut block = [b' '; BLOCK];
                block.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                look(&block)
            }
        };
        let quotes = sight.quotes & !self.escapes(sight.backslashes);
        let inside = inside(quotes) ^ self.quoted;
        self.quoted = (inside >> (BLOCK - 1)).wrapping_neg();
        self.block = self.next;
        self.next += BLOCK;
        (self.brackets, self.commas) = (sight.brackets & !inside, sight.commas & !inside);
        if sight.controls & inside != 0 {
            self.next = self.text.len();
            return None;
        }
        Some(())
    }

    /// The bytes that are escaped by a backslash before them: the second, fourth and so on after the
    /// beginning of a run of backslashes, and what follows a run of an odd number.
    fn escapes(&mut self, backslashes: u64) -> u64 {
        const EVEN: u64 = u64::MAX / 3;
        if backslashes == 0 {
            return std::mem::take(&mut self.escaped);
        }
        let escaping = backslashes & !self.escaped;
        let after = escaping << 1 | self.escaped;
        let odd_starts = escaping & !EVEN & !after;
        // A carry runs through each run that begins at an odd place, and ends behind it.
        let (even_ends, carried) = odd_starts.overflowing_add(escaping);
        self.escaped = u64::from(carried);
        (EVEN ^ even_ends << 1) & after
    }
}

/// Where the bits of a block stand in the text.
fn places(mut mask: u64, block: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = mask.trailing_zeros() as usize;
        mask &= mask.checked_sub(1)?;
        Some(block + at)
    })
}

/// From each quote up to the byte before the next one: those with an odd number of quotes at or
/// before them.
fn inside(quotes: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].into_iter().fold(quotes, |mask, by| mask ^ (mask << by))
}

/// What a block has, a bit for each byte, the first lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sight {
    quotes: u64,
    backslashes: u64,
    /// Below the blank.
    controls: u64,
    brackets: u64,
    commas: u64,
}

#[cfg(not(all(target_family = "wasm", target_feature = "simd128")))]
fn look(block: &[u8; BLOCK]) -> Sight {
    block.iter().rev().fold(Sight::default(), |sight, byte| {
        let with = |mask: u64, is: bool| mask << 1 | u64::from(is);
        Sight {
            quotes: with(sight.quotes, *byte == b'"'),
            backslashes: with(sight.backslashes, *byte == b'\\'),
            controls: with(sight.controls, *byte < b' '),
            brackets: with(sight.brackets, matches!(byte, b'{' | b'}' | b'[' | b']')),
            commas: with(sight.commas, *byte == b','),
        }
    })
}

#[cfg(all(target_family = "wasm", target_feature = "simd128"))]
#[inline(always)]
fn look(block: &[u8; BLOCK]) -> Sight {
    use std::arch::wasm32::{
        u8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128, v128_any_true, v128_or,
    };
    let piece = |at: usize| {
        let whole =
            block.as_chunks::<16>().0.get(at).map_or(0, |piece| u128::from_le_bytes(*piece));
        u64x2(whole as u64, (whole >> 64) as u64)
    };
    let pieces = [piece(0), piece(1), piece(2), piece(3)];
    let mask = |test: &dyn Fn(v128) -> v128| {
        let [a, b, c, d] = pieces.map(|piece| u64::from(u8x16_bitmask(test(piece))));
        a | b << 16 | c << 32 | d << 48
    };
    let is = |byte: u8| move |piece| u8x16_eq(piece, u8x16_splat(byte));
    let below_blank = |piece| u8x16_lt(piece, u8x16_splat(b' '));
    // `[` and `{` differ in one bit, and so do `]` and `}`.
    let bracket = |piece| {
        let lower = v128_or(piece, u8x16_splat(0x20));
        v128_or(u8x16_eq(lower, u8x16_splat(b'{')), u8x16_eq(lower, u8x16_splat(b'}')))
    };
    let [a, b, c, d] = pieces.map(below_blank);
    let control = v128_any_true(v128_or(v128_or(a, b), v128_or(c, d)));
    Sight {
        quotes: mask(&is(b'"')),
        backslashes: mask(&is(b'\\')),
        controls: if control { mask(&below_blank) } else { 0 },
        brackets: mask(&bracket),
        commas: mask(&is(b',')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, u8)> {
        let mut marks = Marks::of(text);
        let (mut found, mut commas) = (Vec::new(), Vec::new());
        while let Some(bracket) = marks.bracket(Some(&mut commas)) {
            found.extend(commas.drain(..).map(|at| (at, b',')));
            found.push((bracket.at, bracket.byte));
        }
        found.extend(commas.drain(..).map(|at| (at, b',')));
        found
    }

    /// The same, byte by byte.
    fn plainly(text: &str) -> Vec<(usize, u8)> {
        let (mut found, mut quoted, mut escaped) = (Vec::new(), false, false);
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = !quoted,
                b'{' | b'}' | b'[' | b']' | b',' if !quoted => found.push((at, byte)),
                _ => {}
            }
        }
        found
    }

    #[test]
    fn marks_are_those_outside_strings() {
        let text = r#"[{"a,b":"[{\",]}\\","c":[1,{}]},"\\\"]"]"#;
        assert_eq!(found(text), plainly(text));
        assert_eq!(found(text).len(), 11);
    }

    #[test]
    fn a_block_may_end_anywhere() {
        let text = r#"{"key \\":"te\"xt, and [more] \\\\\" of it","next":[{"x":"\u00e4ÿ"},""]}"#;
        for blanks in 0..130 {
            let moved = format!("{}{text}{}", " ".repeat(blanks), ",".repeat(130 - blanks));
            assert_eq!(found(&moved), plainly(&moved), "{blanks}");
        }
        for backslashes in 0..140 {
            for blanks in [0, 1, 62, 63, 64] {
                let text = format!("{}\"{}\",[\"", " ".repeat(blanks), "\\".repeat(backslashes));
                assert_eq!(found(&text), plainly(&text), "{blanks} {backslashes}");
            }
        }
    }

    #[test]
    fn nothing_follows_a_control_character_in_a_string() {
        let blanks = " ".repeat(70);
        assert_eq!(found(&format!("[\"a\nb\",{blanks},]")), []);
        assert_eq!(found(&format!("[\n1,\t{blanks},]")).len(), 4);
    }

    #[test]
    fn commas_that_nobody_asks_for_are_passed_over() {
        let mut marks = Marks::of("[1,2,{\"a\":3,\"b\":[4,5]}]");
        assert_eq!(marks.bracket(None).map(|found| found.at), Some(0));
        assert_eq!(marks.bracket(None).map(|found| found.at), Some(5));
        let mut commas = Vec::new();
        assert_eq!(marks.bracket(Some(&mut commas)).map(|found| found.byte), Some(b'['));
        assert_eq!(commas, [11]);
        assert_eq!(marks.bracket(None).map(|found| found.byte), Some(b']'));
        assert_eq!(marks.bracket(Some(&mut commas)).map(|found| found.byte), Some(b'}'));
        assert_eq!(commas, [11]);
    }

    #[test]
    fn an_empty_text_has_none() {
        assert_eq!(found(""), []);
        assert_eq!(found("\"[,"), []);
    }
}
