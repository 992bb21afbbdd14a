//! Fed: arbitrary and mangled answers of a provider, to `check` and to each stream of every connector,
//! without a sandbox. Must hold: all of [`jackfield_fuzz::guests`].

use std::sync::LazyLock;

use bolero::{TypeGenerator, check};
use jackfield_fuzz::answer::Answers;
use jackfield_fuzz::edit::pick;
use jackfield_fuzz::guests::{Call, GUESTS};
use jackfield_host::transport::InboundResponse;

#[derive(Clone, Debug, TypeGenerator)]
struct Input {
    guest: u8,
    call: Call,
    answers: Answers,
}

static REAL: LazyLock<Vec<Vec<InboundResponse>>> =
    LazyLock::new(|| GUESTS.iter().map(|guest| guest.real_answers()).collect());

#[test]
fn target() {
    check!().with_type::<Input>().for_each(|input| {
        let real = pick(&REAL, input.guest).unwrap();
        pick(&GUESTS, input.guest).unwrap().judge(&input.call, input.answers.made(real));
    });
}

/// What the target comes upon by chance, one after the other: answers to anonymous visitors among them.
#[test]
fn every_real_answer_is_judged() {
    for (guest, real) in GUESTS.iter().zip(REAL.iter()) {
        let streams = (0..guest.streams().len()).map(|which| Some(u8::try_from(which).unwrap()));
        for stream in streams.chain([None]) {
            for settings in 0..u8::try_from(guest.facts.settings.len()).unwrap() {
                let call = Call { settings, kind: None, stream, limit: 100 };
                real.iter().for_each(|one| guest.judge(&call, vec![one.clone()]));
            }
        }
    }
}

/// Otherwise the target would prove nothing.
#[test]
fn real_answers_lead_to_success_too() {
    for (guest, real) in GUESTS.iter().zip(REAL.iter()) {
        let call = Call { settings: 0, kind: None, stream: None, limit: 100 };
        let passes = |one: &InboundResponse| guest.check(&call, vec![one.clone()]).outcome.is_ok();
        assert!(real.iter().any(passes));
        for stream in guest.streams() {
            let reads = |one: &InboundResponse| {
                guest.read(&call, stream, None, vec![one.clone()]).outcome.is_ok()
            };
            assert!(real.iter().any(reads), "{stream}");
        }
    }
}

/// Otherwise Jira's gateway would be judged only where the site refuses the credential.
#[test]
fn a_route_that_was_found_out_is_taken() {
    let jira = GUESTS.iter().position(|guest| guest.manifest.id == "jira").unwrap();
    for (settings, place) in [(0, "GET site/rest/"), (1, "GET gateway/11111111-2222-")] {
        let call = Call { settings, kind: None, stream: None, limit: 100 };
        let run = GUESTS[jira].check(&call, vec![REAL[jira][0].clone()]);
        assert!(run.outcome.is_ok(), "{:?}", run.outcome);
        assert!(run.asked.iter().all(|line| line.starts_with(place)), "{:?}", run.asked);
    }
}
