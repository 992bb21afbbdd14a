//! Fed: mangled answers of a provider, to the components as they run in the host, with all that is
//! between: redirects, redaction, the boundary, the judgment of what the guest returns.
//!
//! Must hold: a call never ends by a trap, a deadline or an exhausted limit; the outcome is a success
//! only where an answer proves it, as in [`jackfield_fuzz::guests`]; a failure has a sentence and a
//! code; the secret is in nothing that comes out. A record that is no JSON, and nothing else, may make
//! the host refuse the answer as a whole.

use std::sync::{Arc, LazyLock, Mutex};

use bolero::{TypeGenerator, check};
use jackfield_bundle::connector;
use jackfield_fuzz::answer::{Answers, Shown};
use jackfield_fuzz::edit::pick;
use jackfield_fuzz::guests::{Call, GUESTS, Guest, can_be_page, judge_failure, proves};
use jackfield_host::report::{Page, Progress, ReadRequest};
use jackfield_host::secret::{MemorySecrets, SecretInfo, SecretText};
use jackfield_host::transport::{InboundResponse, OutboundRequest, Transport, TransportError};
use jackfield_host::{Allocation, Binding, BoxFuture, CallError, Connector, Host};
use jackfield_tests::compiled;
use serde_json::{Map, Value};
use tokio::runtime::Runtime;

const SECRET: &str = "cAnArY/0123+456789=zzzzzzzzzzzzzzzzzzzzz";

#[derive(Clone, Debug, TypeGenerator)]
struct Input {
    guest: u8,
    call: Call,
    answers: Answers,
    echo: bool,
}

/// Answers whatever is asked, one after the other, the last for ever; and keeps what it gave.
#[derive(Clone, Default)]
struct Provider(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answers: Vec<InboundResponse>,
    given: Vec<InboundResponse>,
}

impl Transport for Provider {
    fn send(&self, _: OutboundRequest) -> BoxFuture<'_, Result<InboundResponse, TransportError>> {
        Box::pin(async move {
            let mut state = self.0.lock().unwrap();
            let next = state.answers.get(state.given.len()).or(state.answers.last());
            let answer = next.cloned().unwrap_or_default();
            state.given.push(answer.clone());
            Ok(answer)
        })
    }
}

/// All that is loaded once.
struct World {
    runtime: Runtime,
    provider: Provider,
    connectors: Vec<(Connector, Vec<InboundResponse>)>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let provider = Provider::default();
    let host = Host::builder(provider.clone())
        .allocation(Allocation::OnDemand)
        .cache(compiled(env!("CARGO_TARGET_TMPDIR")))
        .build()
        .unwrap();
    let load = |guest: &Guest| {
        let component = connector(&guest.manifest.id).expect("bundled");
        (runtime.block_on(host.load(component)).unwrap(), guest.real_answers())
    };
    let connectors = GUESTS.iter().map(load).collect();
    World { runtime, provider, connectors }
});

fn bind(guest: &Guest, connector: &Connector, call: &Call) -> Binding {
    let settings: Map<String, Value> =
        serde_json::from_str(pick(guest.facts.settings, call.settings).unwrap()).unwrap();
    let method = connector.manifest().auth.first().unwrap();
    let kind = |secret: &jackfield_host::manifest::SecretField| {
        let kind = call.kind.and_then(|which| pick(&secret.kinds, which));
        SecretInfo { kind: kind.map(|kind| kind.name.clone()), ..SecretInfo::default() }
    };
    let secrets = method.secrets.iter().fold(MemorySecrets::new(), |all, secret| {
        all.with(secret.name.clone(), SecretText::new(SECRET.to_owned()), kind(secret))
    });
    connector.bind(&method.name, &settings, Arc::new(secrets)).unwrap()
}

/// What came out, if the host gave it out.
fn usable<T>(outcome: Result<T, CallError>, given: &[InboundResponse]) -> Option<T> {
    match outcome {
        Ok(outcome) => Some(outcome),
        Err(CallError::InvalidAnswer { what: "record", .. }) => None,
        Err(error) => panic!("{error} of\n{}", Shown(given)),
    }
}

fn cursor(page: &Page) -> Option<String> {
    match &page.progress {
        Progress::More(cursor) => Some(cursor.clone()),
        Progress::CaughtUp(cursor) => cursor.clone(),
    }
}

fn judge(input: &Input) {
    let world = &*WORLD;
    let guest = pick(&GUESTS, input.guest).unwrap();
    let (connector, real) = pick(&world.connectors, input.guest).unwrap();
    let mut answers = input.answers.made(real);
    if input.echo {
        answers.iter_mut().for_each(|answer| answer.body.extend(SECRET.bytes()));
    }
    *world.provider.0.lock().unwrap() = State { answers, given: Vec::new() };
    let given = || world.provider.0.lock().unwrap().given.clone();
    let binding = bind(guest, connector, &input.call);
    let streams = &connector.manifest().streams;
    let shown = match input.call.stream.and_then(|which| pick(streams, which)) {
        None => {
            let Some(outcome) = usable(world.runtime.block_on(binding.check()), &given()) else {
                panic!("a check has no records");
            };
            match outcome {
                Ok(report) => {
                    assert!(proves(guest, &input.call, &given()), "passed by\n{}", Shown(&given()));
                    serde_json::to_string(&report).unwrap()
                }
                Err(failure) => {
                    judge_failure(&failure.message, &failure.code, &given());
                    serde_json::to_string(&failure).unwrap()
                }
            }
        }
        Some(stream) => {
            let parameters: Map<String, Value> =
                serde_json::from_str(guest.facts.parameters).unwrap();
            let known = |name: &String| stream.parameters.iter().any(|one| one.name == *name);
            let parameters = parameters.into_iter().filter(|(name, _)| known(name)).collect();
            let request = ReadRequest {
                stream: stream.name.clone(),
                cursor: None,
                parameters,
                limit: u32::from(input.call.limit.max(1)),
                skip_oversized: false,
            };
            let outcome = world.runtime.block_on(binding.read(&request));
            match usable(outcome, &given()) {
                None => return,
                Some(Ok(page)) => {
                    let fits = |answer: &InboundResponse| {
                        can_be_page(guest, &input.call, &stream.name, answer)
                    };
                    assert!(given().iter().any(fits), "a page of\n{}", Shown(&given()));
                    format!("{}{:?}", serde_json::to_string(&page).unwrap(), cursor(&page))
                }
                Some(Err(failure)) => {
                    judge_failure(&failure.message, &failure.code, &given());
                    serde_json::to_string(&failure).unwrap()
                }
            }
        }
    };
    assert!(!shown.contains(SECRET), "{shown}");
}

#[test]
fn target() {
    LazyLock::force(&WORLD);
    check!().with_type::<Input>().for_each(judge);
}
