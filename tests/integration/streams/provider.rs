//! A provider that keeps GitHub's and Jira's rules of paging, but for what its case says.

mod github;
mod jira;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use jackfield_host::BoxFuture;
use jackfield_host::transport::{
    InboundResponse, OutboundRequest, OutboundValue, Transport, TransportError,
};
use serde_json::Value;
use tokio::sync::Notify;
use url::Url;

use super::case::{Case, Edit, How, LARGEST_PAGE, Trouble};
use super::world::{Place, Record, World};

/// Where a list is cut.
const BEFORE_ALL: Place = (i64::MIN, 0);

/// What the provider does with a request.
pub(super) enum Answer {
    Response(InboundResponse),
    Error(TransportError),
    /// Nothing: the run is ended meanwhile.
    Never,
}

/// A request as the provider sees it.
pub(super) struct Ask {
    pub(super) url: Url,
    /// The query, and the members of a body in JSON.
    pub(super) fields: HashMap<String, String>,
    pub(super) if_none_match: Option<String>,
    /// Whether the response is small whatever the records are.
    light: bool,
}

impl Ask {
    pub(super) fn new(method: &str, url: Url, body: &[u8], if_none_match: Option<String>) -> Self {
        let mut fields: HashMap<String, String> = url.query_pairs().into_owned().collect();
        if let Ok(Value::Object(members)) = serde_json::from_slice(body) {
            let text = |value: Value| value.as_str().map_or(value.to_string(), str::to_owned);
            fields.extend(members.into_iter().map(|(name, value)| (name, text(value))));
        }
        let all = |text: &String| text.contains("navigable");
        let light = method == "HEAD" || fields.get("fields").is_some_and(|text| !all(text));
        Self { url, fields, if_none_match, light }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn number(&self, name: &str, otherwise: u32) -> u32 {
        self.text(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    }
}

/// The provider, shared by the transport and the test.
#[derive(Clone, Default)]
pub(super) struct Provider {
    state: Arc<Mutex<Option<State>>>,
    stop: Arc<Notify>,
}

/// The provider of one case.
pub(super) struct State {
    pub(super) case: Case,
    pub(super) world: World,
    /// Requests of every kind so far.
    pub(super) requests: usize,
    /// Requests at which the run is given up for endless.
    pub(super) bound: usize,
    /// Whether the bound was passed.
    pub(super) endless: bool,
    /// Whether all goes well from now on.
    pub(super) calm: bool,
    /// Requests for the list so far.
    pages: u32,
    token_requests: u32,
    fired: Vec<bool>,
    previous: Vec<Record>,
}

impl State {
    pub(super) fn new(case: &Case, bound: usize) -> Self {
        Self {
            world: World::new(case),
            fired: vec![false; case.troubles.len()],
            case: case.clone(),
            requests: 0,
            bound,
            endless: false,
            calm: false,
            pages: 0,
            token_requests: 0,
            previous: Vec::new(),
        }
    }

    pub(super) fn answer(&mut self, ask: &Ask) -> Answer {
        self.requests += 1;
        if self.requests > self.bound {
            self.endless = true;
            return Answer::Never;
        }
        if ask.url.path().ends_with("/myself") {
            return self
                .json(&serde_json::json!({ "accountId": "ada", "key": "ada", "name": "ada" }));
        }
        self.pages += 1;
        if self.takes(|trouble, page| matches!(trouble, Trouble::Killed { page: at } if at <= page))
        {
            return Answer::Never;
        }
        if let Some(how) = self.failure() {
            return self.fail(how);
        }
        let answer =
            if self.case.stream.is_of_github() { self.github(ask) } else { self.jira(ask) };
        self.world.tick();
        let edits: Vec<Edit> = self
            .active()
            .filter_map(|trouble| match trouble {
                Trouble::Changes { page, edit } if page == self.pages => Some(edit),
                _ => None,
            })
            .collect();
        for edit in edits {
            self.world.apply(edit);
        }
        answer
    }

    /// What befalls this request.
    fn active(&self) -> impl Iterator<Item = Trouble> {
        let lasting = |trouble: &Trouble| {
            matches!(
                trouble,
                Trouble::Fewer { .. }
                    | Trouble::More { .. }
                    | Trouble::Short
                    | Trouble::Hidden { .. }
                    | Trouble::SilentIdentity
                    | Trouble::EndUnsaid
                    | Trouble::EmptyLastPage
                    | Trouble::LinksByPlace
                    | Trouble::LongTokens { .. }
            )
        };
        let calm = self.calm;
        self.case.troubles.iter().copied().filter(move |trouble| !calm || lasting(trouble))
    }

    fn has(&self, trouble: Trouble) -> bool {
        self.active().any(|one| one == trouble)
    }

    /// Whether a trouble that comes once is due at this page; it will not come again.
    fn takes(&mut self, due: impl Fn(Trouble, u32) -> bool) -> bool {
        let (calm, page) = (self.calm, self.pages);
        let troubles = self.case.troubles.iter().zip(&mut self.fired);
        let mut due = troubles.filter(|(trouble, fired)| !calm && !**fired && due(**trouble, page));
        due.next().is_some_and(|(_, fired)| {
            *fired = true;
            true
        })
    }

    fn failure(&mut self) -> Option<How> {
        if let Some(Trouble::AlwaysFails { how }) =
            self.active().find(|trouble| matches!(trouble, Trouble::AlwaysFails { .. }))
        {
            return Some(how);
        }
        let mut due = None;
        let (calm, page) = (self.calm, self.pages);
        for (trouble, fired) in self.case.troubles.iter().zip(&mut self.fired) {
            if let Trouble::Fails { page: at, how } = *trouble
                && at <= page
                && !*fired
                && !calm
                && due.is_none()
            {
                (*fired, due) = (true, Some(how));
            }
        }
        due
    }

    fn fail(&self, how: How) -> Answer {
        let authority = "provider.example:443".to_owned();
        match how {
            How::Status(status) => {
                let body = r#"{"message":"Server Error","errorMessages":["Server Error"]}"#;
                self.respond(status, "application/json", body.into(), &[])
            }
            How::RateLimit => {
                let body = r#"{"message":"You have exceeded a secondary rate limit."}"#;
                let wait = [("retry-after", "30".to_owned())];
                self.respond(429, "application/json", body.into(), &wait)
            }
            How::Timeout => Answer::Error(TransportError::Timeout { authority, sent: true }),
            How::Broken => {
                let detail = "the connection was closed".to_owned();
                Answer::Error(TransportError::Broken { authority, detail })
            }
            How::TooLarge => Answer::Error(TransportError::TooLarge { limit: 16 << 20 }),
            How::WebPage => {
                let body = "<html><head><title>Welcome to Hotel WiFi</title></head></html>";
                self.respond(200, "text/html", body.into(), &[])
            }
            How::HalfABody => self.respond(200, "application/json", r#"[{"id":1,"#.into(), &[]),
        }
    }

    fn json(&self, body: &Value) -> Answer {
        self.respond(200, "application/json", body.to_string().into(), &[])
    }

    fn respond(&self, status: u16, kind: &str, body: Vec<u8>, more: &[(&str, String)]) -> Answer {
        let date = jiff::Timestamp::from_second(self.world.now()).unwrap();
        let mut headers = vec![
            ("content-type".to_owned(), kind.to_owned()),
            ("date".to_owned(), date.strftime("%a, %d %b %Y %T GMT").to_string()),
        ];
        let own: &[(&str, &str)] = match self.case.stream.is_of_github() {
            true => &[("x-oauth-scopes", "repo, read:org"), ("x-ratelimit-limit", "5000")],
            false if self.has(Trouble::SilentIdentity) => &[("x-arequestid", "1x2x3")],
            false => &[("x-arequestid", "1x2x3"), ("x-ausername", "ada")],
        };
        headers.extend(own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        headers.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Answer::Response(InboundResponse { status, headers, body })
    }

    /// Records on a page of the server, where so many are asked for.
    fn size(&self, asked: u32) -> usize {
        let usual = asked.clamp(1, LARGEST_PAGE);
        let page = self.pages;
        let size = self.active().fold(usual, |size, trouble| match trouble {
            Trouble::Fewer { most } => size.min(most),
            Trouble::More { least } => size.max(least),
            Trouble::Short if page.is_multiple_of(3) => (size / 2).max(1),
            Trouble::SizesVary if page.is_multiple_of(2) => (size / 2).max(1),
            _ => size,
        });
        size as usize
    }

    /// The records of the page from `start` on, by what the case does to them; `Err` where the page is
    /// too much.
    fn served(
        &mut self,
        ask: &Ask,
        list: &[Record],
        start: usize,
        size: usize,
    ) -> Result<Vec<Record>, How> {
        let end = (start + size).min(list.len());
        let mut records = list.get(start..end).unwrap_or_default().to_vec();
        for trouble in self.active().collect::<Vec<_>>() {
            match trouble {
                Trouble::Cap { records: most, how }
                    if records.len() > most as usize && !ask.light =>
                {
                    return Err(how);
                }
                Trouble::Heavy { from, count, most, how }
                    if World::number_of(&records, from, count) > most as usize =>
                {
                    return Err(how);
                }
                Trouble::Giant { .. } if World::has_giant(&records) && !ask.light => {
                    return Err(How::TooLarge);
                }
                Trouble::Repeats { page } if page == self.pages => {
                    records.clone_from(&self.previous);
                }
                Trouble::Overlaps if start > 0 => {
                    records.splice(0..0, list.get(start - 1).cloned());
                }
                _ => {}
            }
        }
        self.previous.clone_from(&records);
        Ok(records)
    }
}

impl Provider {
    pub(super) fn begin(&self, state: State) {
        *self.state.lock().unwrap() = Some(state);
    }

    pub(super) fn state(&self) -> ProviderState<'_> {
        ProviderState(self.state.lock().unwrap())
    }

    /// Ends when the provider leaves a request without an answer.
    pub(super) async fn stopped(&self) {
        self.stop.notified().await;
    }

    pub(super) fn answer(&self, ask: &Ask) -> Answer {
        self.state().answer(ask)
    }
}

/// The state of the present case.
pub(super) struct ProviderState<'a>(MutexGuard<'a, Option<State>>);

impl std::ops::Deref for ProviderState<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        self.0.as_ref().expect("a case has begun")
    }
}

impl std::ops::DerefMut for ProviderState<'_> {
    fn deref_mut(&mut self) -> &mut State {
        self.0.as_mut().expect("a case has begun")
    }
}

impl Transport for Provider {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> BoxFuture<'_, Result<InboundResponse, TransportError>> {
        let tag = request.headers.iter().find_map(|(name, value)| match value {
            OutboundValue::Plain(value) if name == "if-none-match" => Some(value.clone()),
            _ => None,
        });
        let answer =
            self.answer(&Ask::new(request.method.as_str(), request.url, &request.body, tag));
        Box::pin(async move {
            match answer {
                Answer::Response(response) => Ok(response),
                Answer::Error(error) => Err(error),
                Answer::Never => {
                    self.stop.notify_one();
                    std::future::pending().await
                }
            }
        })
    }
}

/// From which index on the records stand behind that place.
fn behind(world: &World, list: &[Record], place: Place) -> usize {
    list.partition_point(|record| world.place(record) <= place)
}

/// The text of a place, made longer and told from others by `more`.
fn place_text(place: Place, more: &str) -> String {
    format!("{}.{}.{more}", place.0, place.1)
}

fn place_of(text: &str) -> Option<Place> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
