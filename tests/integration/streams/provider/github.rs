//! GitHub's lists: pages by number, or by the place of the last record, and a link to the next one.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;
use url::Url;

use super::{Answer, Ask, BEFORE_ALL, State, behind, place_of, place_text};
use crate::streams::case::Trouble;
use crate::streams::world::{Record, Stream};

/// Where the next page is.
enum Next {
    Number(u32),
    Place(String),
}

impl State {
    pub(super) fn github(&mut self, ask: &Ask) -> Answer {
        let since = ask.text("since").filter(|_| self.case.stream != Stream::PullRequests);
        let since = since.map(|text| text.parse::<jiff::Timestamp>().unwrap().as_second());
        let list = self.world.list(since);
        let size = self.size(ask.number("per_page", 30));
        let number = ask.number("page", 1).max(1);
        let start = self.start(ask, &list, size, number);
        let end = (start + size).min(list.len());
        let next = self.next(&list, (start, end, size), number);
        let records = match self.served(ask, &list, start, size) {
            Ok(records) => records,
            Err(how) => return self.fail(how),
        };
        let body = Value::Array(self.world.shapes(&records)).to_string();
        let mut headers = Vec::new();
        if let Some(next) = next {
            headers.push(("link", format!("<{}>; rel=\"next\"", link(ask, &next))));
        }
        if ask.text("page").is_none() && ask.text("after").is_none() {
            let mut hasher = DefaultHasher::new();
            (&body, headers.len()).hash(&mut hasher);
            let tag = format!("W/\"{:016x}\"", hasher.finish());
            if ask.if_none_match.as_ref() == Some(&tag) {
                return self.respond(304, "application/json", Vec::new(), &[("etag", tag)]);
            }
            headers.push(("etag", tag));
        }
        let body = if ask.light { Vec::new() } else { body.into() };
        self.respond(200, "application/json", body, &headers)
    }

    fn start(&self, ask: &Ask, list: &[Record], size: usize, number: u32) -> usize {
        let start = match ask.text("after").and_then(place_of) {
            Some(place) => behind(&self.world, list, place),
            None => (number as usize - 1) * size,
        };
        if self.has(Trouble::FirstPageForEver) {
            0
        } else if self.has(Trouble::LastPageForEver) && start >= list.len() {
            list.len().saturating_sub(1) / size * size
        } else {
            start
        }
    }

    /// The next page of the page from `start` to `end`, which has room for `size`.
    fn next(
        &self,
        list: &[Record],
        (start, end, size): (usize, usize, usize),
        number: u32,
    ) -> Option<Next> {
        let last = if end <= start { BEFORE_ALL } else { self.world.place(&list[end - 1]) };
        let place = |at: usize, more: &str| {
            Next::Place(place_text(
                if at == 0 { last } else { self.world.place(&list[at - 1]) },
                more,
            ))
        };
        let by_place = self.has(Trouble::LinksByPlace);
        let onward = |more: &str| match by_place {
            true => place(end, more),
            false => Next::Number(number + 1),
        };
        let ever = format!("{}", self.pages);
        let mut next = (end < list.len()).then(|| onward("0"));
        for trouble in self.active() {
            next = match trouble {
                Trouble::EmptyLastPage if next.is_none() && start < list.len() => Some(onward("0")),
                Trouble::EndsEarly { page } if page == self.pages => None,
                Trouble::Circle { page, back } if self.pages >= page => Some(match by_place {
                    true => match end.saturating_sub(back as usize * size) {
                        0 => Next::Place(place_text(BEFORE_ALL, "0")),
                        at => place(at.min(list.len()), "0"),
                    },
                    false => Next::Number((number + 1).saturating_sub(back).max(1)),
                }),
                Trouble::FirstPageForEver | Trouble::EmptyForEver | Trouble::LastPageForEver
                    if next.is_none() || trouble != Trouble::EmptyForEver =>
                {
                    Some(match by_place && end > 0 {
                        true => place(end.min(list.len()), &ever),
                        false => onward(&ever),
                    })
                }
                _ => next,
            };
        }
        next
    }
}

/// The address of the next page: that of this one with another number or place.
fn link(ask: &Ask, next: &Next) -> Url {
    let mut link = ask.url.clone();
    let kept: Vec<(String, String)> = ask.url.query_pairs().into_owned().collect();
    let mut query = link.query_pairs_mut();
    query.clear();
    query.extend_pairs(kept.iter().filter(|(name, _)| name != "page" && name != "after"));
    match next {
        Next::Number(number) => query.append_pair("page", &number.to_string()),
        Next::Place(place) => query.append_pair("after", place),
    };
    drop(query);
    link
}
