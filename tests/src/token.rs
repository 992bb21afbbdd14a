//! Tokens in the shapes of GitHub's, made of a seed: no file of this repository holds one.
//!
//! The same seed makes the same token. Checksums are right where GitHub's are known: CRC-32 in base
//! 62 for the tokens of 40 characters.

use flate2::Crc;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A classic personal access token: `ghp_`, 40 characters.
pub fn classic(seed: &str) -> String {
    checked("ghp_", seed)
}

/// A token of an OAuth app: `gho_`, 40 characters.
pub fn oauth(seed: &str) -> String {
    checked("gho_", seed)
}

/// A token of a GitHub App for a user: `ghu_`, 40 characters.
pub fn app_user(seed: &str) -> String {
    checked("ghu_", seed)
}

/// A fine-grained personal access token: `github_pat_`, 93 characters.
pub fn fine_grained(seed: &str) -> String {
    format!("github_pat_{}_{}", letters(seed, 22), letters(&format!("{seed} secret"), 59))
}

/// An installation token of a GitHub App in the form up to 2025: `ghs_`, 40 characters.
pub fn installation(seed: &str) -> String {
    format!("ghs_{}", letters(seed, 36))
}

/// An installation token in the form of 2026: `ghs_APP_JWT`, about 520 characters, two dots.
pub fn stateless_installation(seed: &str) -> String {
    let [header, claims, signature] = [36, 120, 342].map(|length| letters(seed, length));
    format!("ghs_1234567_eyJ{header}.eyJ{claims}.{signature}")
}

/// A token in the form up to April 2021: 40 hexadecimal digits.
pub fn legacy(seed: &str) -> String {
    let digit = |letter: char| format!("{:x}", u32::from(letter) % 16);
    letters(&format!("legacy {seed}"), 40).chars().map(digit).collect()
}

/// The same with two of its characters changed, as by a hand that types it: of the right shape, and
/// of a checksum that does not prove it.
pub fn mistyped(token: &str) -> String {
    let flip = |letter: char| if letter == 'a' { 'b' } else { 'a' };
    let typed = |(at, letter)| if at == 12 || at == 17 { flip(letter) } else { letter };
    token.chars().enumerate().map(typed).collect()
}

/// A refresh token: `ghr_`, 80 characters. No API call accepts one.
pub fn refresh(seed: &str) -> String {
    let body = letters(seed, 70);
    format!("ghr_{body}{}", checksum(&body))
}

fn checked(prefix: &str, seed: &str) -> String {
    let body = letters(&format!("{prefix}{seed}"), 30);
    format!("{prefix}{body}{}", checksum(&body))
}

fn checksum(body: &str) -> String {
    let mut crc = Crc::new();
    crc.update(body.as_bytes());
    let mut rest = crc.sum();
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

/// Letters and digits that look random and follow from the seed.
fn letters(seed: &str, count: usize) -> String {
    let mut state = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(BASE62[(state >> 33) as usize % BASE62.len()])
    };
    (0..count).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_shapes_of_githubs() {
        for (token, prefix, length) in [
            (classic("a"), "ghp_", 40),
            (oauth("a"), "gho_", 40),
            (app_user("a"), "ghu_", 40),
            (fine_grained("a"), "github_pat_", 93),
            (installation("a"), "ghs_", 40),
            (refresh("a"), "ghr_", 80),
        ] {
            assert!(token.starts_with(prefix), "{token}");
            assert_eq!(token.len(), length, "{token}");
        }
        let long = stateless_installation("a");
        let old = legacy("a");
        assert_eq!((old.len(), old.bytes().all(|byte| byte.is_ascii_hexdigit())), (40, true));
        let wrong = mistyped(&classic("a"));
        assert_eq!((wrong.len(), wrong == classic("a")), (40, false));
        assert_ne!(checksum(&wrong[4..34]), wrong[34..]);
        assert_eq!((long.len(), long.matches('.').count()), (518, 2));
    }

    #[test]
    fn checksum_is_githubs() {
        // The public, expired example with which the algorithm was found.
        let body = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ";
        assert_eq!(checksum(body), "0mLq17");
    }

    #[test]
    fn seeds_make_tokens() {
        assert_eq!(classic("a"), classic("a"));
        assert_ne!(classic("a"), classic("b"));
        assert_ne!(classic("a")[4..], oauth("a")[4..]);
    }
}
