//! Jira's lists: by page token, by offset with and without a count, and whole.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};

use super::{Answer, Ask, BEFORE_ALL, State, behind, place_of, place_text};
use crate::streams::case::Trouble;
use crate::streams::world::{Place, Record, Stream};

/// What a server says that never comes to an end.
const ENDLESS: usize = 1_000_000_000;

impl State {
    pub(super) fn jira(&mut self, ask: &Ask) -> Answer {
        let page = match self.case.stream {
            Stream::CloudIssues => self.by_token(ask),
            Stream::ServerProjects => self.whole(ask),
            _ => self.by_offset(ask),
        };
        match page {
            Ok(body) => self.json(&body),
            Err(refused) => refused,
        }
    }

    fn whole(&mut self, ask: &Ask) -> Result<Value, Answer> {
        let list = self.world.list(None);
        let records = {
            let size = list.len();
            self.served(ask, &list, 0, size)
        }
        .map_err(|how| self.fail(how))?;
        Ok(Value::Array(self.world.shapes(&records)))
    }

    fn by_offset(&mut self, ask: &Ask) -> Result<Value, Answer> {
        let since = since(ask).map(|milliseconds| milliseconds.div_euclid(1_000));
        let list = self.world.list(since);
        let asked = ask.number("maxResults", 50);
        let size = self.size(asked);
        let start_at = ask.number("startAt", 0) as usize;
        let mut start = start_at;
        let mut total = list.len();
        for trouble in self.active() {
            match trouble {
                Trouble::FirstPageForEver => (start, total) = (0, ENDLESS),
                Trouble::LastPageForEver => {
                    total = ENDLESS;
                    if start >= list.len() {
                        start = list.len().saturating_sub(1) / size * size;
                    }
                }
                Trouble::EmptyForEver => total = ENDLESS,
                Trouble::Circle { page, back } if self.pages >= page => {
                    (start, total) = (start.saturating_sub(back as usize * size), ENDLESS);
                }
                Trouble::TotalTooHigh { by } => total += by as usize,
                _ => {}
            }
        }
        let end = (start + size).min(list.len());
        let count = end.saturating_sub(start);
        let early = self
            .active()
            .any(|one| matches!(one, Trouble::EndsEarly { page } if page == self.pages));
        if early {
            total = start + count;
        }
        let last =
            start + count >= total && (early || count == 0 || !self.has(Trouble::EmptyLastPage));
        let uncounted = matches!(self.case.stream, Stream::CloudUsers | Stream::ServerUsers);
        let room = if early && uncounted { 0 } else { size };
        let records = self.served(ask, &list, start, room).map_err(|how| self.fail(how))?;
        let shapes = self.world.shapes(&records);
        let mut body = match self.case.stream {
            Stream::CloudProjects => json!({ "values": shapes, "isLast": last, "total": total }),
            Stream::ServerIssues => json!({ "issues": shapes, "total": total }),
            _ => return Ok(Value::Array(shapes)),
        };
        body["startAt"] = json!(start_at);
        body["maxResults"] = json!(size.min(asked as usize));
        if self.has(Trouble::EndUnsaid) {
            body.as_object_mut().unwrap().retain(|name, _| name != "isLast" && name != "total");
        }
        Ok(body)
    }

    fn by_token(&mut self, ask: &Ask) -> Result<Value, Answer> {
        let since = since(ask).map(|milliseconds| milliseconds.div_euclid(1_000));
        let list = self.world.list(since);
        let size = self.size(ask.number("maxResults", 50));
        let bond = bond(ask.text("jql").unwrap_or_default());
        let mut start = match ask.text("nextPageToken") {
            None => 0,
            Some(token) => {
                let place = self.accepted(token, &bond).ok_or_else(|| self.refused())?;
                behind(&self.world, &list, place)
            }
        };
        if self.has(Trouble::FirstPageForEver) {
            start = 0;
        } else if self.has(Trouble::LastPageForEver) && start >= list.len() {
            start = list.len().saturating_sub(1) / size * size;
        }
        let end = (start + size).min(list.len());
        let next = self.next_token(&list, (start, end, size), &bond);
        let records = self.served(ask, &list, start, size).map_err(|how| self.fail(how))?;
        let mut body = json!({ "issues": self.world.shapes(&records) });
        if !self.has(Trouble::EndUnsaid) {
            body["isLast"] = json!(next.is_none());
        }
        if let Some(token) = next {
            body["nextPageToken"] = json!(token);
        }
        Ok(body)
    }

    /// The place of a token, if it is one of that query and is not refused all the same.
    fn accepted(&mut self, token: &str, bond: &str) -> Option<Place> {
        self.token_requests += 1;
        let count = self.token_requests;
        let refused = self.active().any(|trouble| match trouble {
            Trouble::TokensNeverAccepted => true,
            Trouble::TokensRefused { every } => count.is_multiple_of(every),
            _ => false,
        });
        let once = self.takes(|trouble, _| trouble == Trouble::TokenRefusedOnce);
        let mut parts = token.split('~');
        let place = parts.next().and_then(place_of);
        place.filter(|_| parts.next() == Some(bond) && !refused && !once)
    }

    fn refused(&self) -> Answer {
        let body = r#"{"errorMessages":["The provided next page token is invalid."],"errors":{}}"#;
        self.respond(400, "application/json", body.into(), &[])
    }

    fn next_token(
        &self,
        list: &[Record],
        (start, end, size): (usize, usize, usize),
        bond: &str,
    ) -> Option<String> {
        let at = |at: usize| match at {
            0 => BEFORE_ALL,
            at => self.world.place(&list[at.min(list.len()) - 1]),
        };
        let sealed = |at_index: usize, more: &str| {
            let token = format!("{}~{bond}~", place_text(at(at_index), more));
            let long = self.active().find_map(|trouble| match trouble {
                Trouble::LongTokens { characters } => Some(characters as usize),
                _ => None,
            });
            // A plus sign takes three characters in a query.
            format!("{token}{}", "+".repeat(long.unwrap_or(0)))
        };
        let ever = self.pages.to_string();
        let mut next = (end < list.len()).then(|| sealed(end, ""));
        for trouble in self.active() {
            next = match trouble {
                Trouble::EmptyLastPage if next.is_none() && start < list.len() => {
                    Some(sealed(end, ""))
                }
                Trouble::EndsEarly { page } if page == self.pages => None,
                Trouble::Circle { page, back } if self.pages >= page && !list.is_empty() => {
                    Some(sealed(end.saturating_sub(back as usize * size), ""))
                }
                Trouble::FirstPageForEver | Trouble::LastPageForEver if !list.is_empty() => {
                    Some(sealed(end, &ever))
                }
                Trouble::EmptyForEver if next.is_none() && !list.is_empty() => {
                    Some(sealed(list.len(), &ever))
                }
                _ => next,
            };
        }
        next
    }
}

/// The moment in `updated >= MILLISECONDS`.
fn since(ask: &Ask) -> Option<i64> {
    let rest = ask.text("jql")?.split_once("updated >= ")?.1;
    rest.split(' ').next()?.parse().ok()
}

/// What ties a token to its query.
fn bond(jql: &str) -> String {
    let mut hasher = DefaultHasher::new();
    jql.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
