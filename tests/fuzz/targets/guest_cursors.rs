//! Fed: cursors that are arbitrary text, and cursors of a connector that were edited, to each stream of
//! every connector. Must hold: `read` does not panic; what it refuses is an invalid input at `/cursor`.
//! The provider answers well, so that a refusal is never its.

use std::sync::LazyLock;

use bolero::{TypeGenerator, check};
use jackfield_fuzz::edit::{Edit, edited_text, pick};
use jackfield_fuzz::guests::{Call, GUESTS, Guest, cursor};
use jackfield_guest::{Cause, Failure};
use jackfield_host::transport::InboundResponse;

#[derive(Clone, Debug, TypeGenerator)]
enum Cursor {
    Arbitrary(String),
    Edited(u8, [Option<Edit>; 3]),
}

#[derive(Clone, Debug, TypeGenerator)]
struct Input {
    stream: u8,
    limit: u8,
    cursor: Cursor,
}

/// A stream, an answer that it takes for a page, and cursors that it gave.
struct Stream {
    guest: &'static Guest,
    name: &'static str,
    answer: InboundResponse,
    cursors: Vec<String>,
}

fn call(limit: u8) -> Call {
    Call { settings: 0, kind: None, stream: None, limit }
}

static STREAMS: LazyLock<Vec<Stream>> = LazyLock::new(|| {
    let streams =
        GUESTS.iter().flat_map(|guest| guest.streams().into_iter().map(move |it| (guest, it)));
    streams.map(|(guest, name)| stream(guest, name)).collect()
});

fn stream(guest: &'static Guest, name: &'static str) -> Stream {
    let mut cursors = Vec::new();
    let mut answer = None;
    for real in guest.real_answers().into_iter().filter(|real| real.status == 200) {
        for limit in [1, 2, 100] {
            let run = guest.read(&call(limit), name, None, vec![real.clone()]);
            let Ok(page) = run.outcome else { continue };
            cursors.extend(cursor(&page).map(str::to_owned));
            answer = Some(real.clone());
        }
    }
    let mut answer = answer.expect("an answer that the stream takes");
    answer.headers.retain(|(name, _)| name != "link");
    if cursors.is_empty() {
        // A stream that these answers read whole.
        cursors.push("{}".to_owned());
    }
    Stream { guest, name, answer, cursors }
}

#[test]
fn target() {
    check!().with_type::<Input>().for_each(|input| {
        let stream = pick(&STREAMS, input.stream).unwrap();
        let text = match &input.cursor {
            Cursor::Arbitrary(text) => text.clone(),
            Cursor::Edited(which, edits) => {
                edited_text(pick(&stream.cursors, *which).unwrap(), edits)
            }
        };
        let answers = vec![stream.answer.clone()];
        let run = stream.guest.read(&call(input.limit), stream.name, Some(text.clone()), answers);
        // A page that leads to itself is told by the cursor that has seen it.
        let circle = |failure: &Failure| failure.code == "pages-without-end";
        if let Some(failure) = run.outcome.err().filter(|failure| !circle(failure)) {
            assert_eq!(
                failure.cause,
                Cause::InvalidInput,
                "{}: {text:?}: {failure:?}",
                stream.name
            );
            assert!(failure.fields.iter().any(|field| field.pointer == "/cursor"), "{text:?}");
        }
    });
}
