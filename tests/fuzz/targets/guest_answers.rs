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
        pick(&GUESTS, input.guest).unwrap().judge(&input.call, &input.answers, real);
    });
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
