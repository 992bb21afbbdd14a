//! GitHub's links to further pages, for another page size.
//!
//! A link has the size and the number of its page: `...?per_page=100&page=3`. The same place in the list
//! at another size is another page number. A link without a number (`after=...`) names a place by
//! itself; its size may change alone.

/// Where a link leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Records of a page.
    pub(super) size: u64,
    /// The page's number, from 1; none where the link names its place otherwise.
    pub(super) page: Option<u64>,
}

/// Size and number in the link's query; `None` where it names no size, or either is no number.
pub(super) fn numbers(link: &str) -> Option<Numbers> {
    let size = value(link, "per_page")?.parse().ok().filter(|size| *size > 0)?;
    let page = match value(link, "page") {
        Some(text) => Some(text.parse().ok().filter(|page| *page > 0)?),
        None => None,
    };
    Some(Numbers { size, page })
}

/// The same link for pages of that size, and for the page of that number where it has one.
pub(super) fn resized(link: &str, size: u64, page: u64) -> String {
    let (place, query) = link.split_once('?').unwrap_or((link, ""));
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some(("per_page", _)) => format!("per_page={size}"),
        Some(("page", _)) => format!("page={page}"),
        _ => pair.to_owned(),
    });
    format!("{place}?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn value<'a>(link: &'a str, name: &str) -> Option<&'a str> {
    let query = link.split_once('?')?.1;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_where_they_are_numbers() {
        let place = "https://api.github.com/repositories/1/issues";
        let cases = [
            ("?per_page=100&page=3", Some((100, Some(3)))),
            ("?state=all&page=2&sort=updated&per_page=7", Some((7, Some(2)))),
            ("?per_page=50&after=Y3Vyc29y", Some((50, None))),
            ("?page=3", None),
            ("?per_page=100&page=x", None),
            ("?per_page=100&page=0", None),
            ("?per_page=0&page=1", None),
            ("?per_page=-1&page=1", None),
            ("?per_page&page", None),
            ("", None),
        ];
        for (query, expected) in cases {
            let found = numbers(&format!("{place}{query}"));
            assert_eq!(found.map(|found| (found.size, found.page)), expected, "{query}");
        }
    }

    #[test]
    fn a_resized_link_keeps_everything_else() {
        let link = "https://h/x?state=all&per_page=100&labels=a%26page%3D9&page=3&z";
        let expected = "https://h/x?state=all&per_page=25&labels=a%26page%3D9&page=9&z";
        assert_eq!(resized(link, 25, 9), expected);
        let link = "https://h/x?per_page=100&after=Y3";
        assert_eq!(resized(link, 1, 7), "https://h/x?per_page=1&after=Y3");
    }
}
