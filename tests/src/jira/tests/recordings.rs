//! The simulation's answers beside those of the real Jira, where `JACKFIELD_RECORDED` names the
//! folder of recordings.

use super::*;
use crate::Recorded;

/// Everything in which the recorded value has another shape than the simulated one: a field that is
/// missing, or of another kind. Of lists, the first items are compared; null fits anything.
fn differences(recorded: &Value, simulated: &Value, place: &str, found: &mut Vec<String>) {
    match (recorded, simulated) {
        (Value::Object(recorded), Value::Object(simulated)) => {
            for (name, value) in recorded {
                let place = format!("{place}/{name}");
                match simulated.get(name) {
                    Some(other) => differences(value, other, &place, found),
                    None => found.push(place),
                }
            }
        }
        (Value::Array(recorded), Value::Array(simulated)) => {
            if let (Some(one), Some(other)) = (recorded.first(), simulated.first()) {
                differences(one, other, place, found);
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        (one, other) if std::mem::discriminant(one) == std::mem::discriminant(other) => {}
        _ => found.push(place.to_owned()),
    }
}

/// Headers that belong to a connection, a date, or a proxy in between.
const PASSING: [&str; 12] = [
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "expect-ct",
    "nel",
    "report-to",
    "server-timing",
    "strict-transport-security",
    "timing-allow-origin",
    "transfer-encoding",
    "x-envoy-upstream-service-time",
];

/// Fields of documented examples that Jira does not send, or that not every project has.
const DOCUMENTED: [&str; 3] = ["/key", "/name", "/values/insight"];

#[tokio::test]
async fn answers_have_the_shapes_of_the_recorded_ones() {
    let Some(recordings) = Recorded::from_environment() else { return };
    let jira = Jira::start();
    let cloud = basic("ada@example.com", &jira.add(Account::classic("ada")));
    let own = format!("Bearer {}", jira.add(Account::personal("ada")));
    jira.limit_rate(30);
    let [site, _, server] = places(&jira);
    for _ in 0..3 {
        fetch(&jira, &format!("{server}/myself"), &basic("eve", "wrong")).await;
    }
    let locked_out = basic("eve", "wrong");
    for (id, url, authorization) in [
        ("user-200-cloud-2025", format!("{site}/myself"), &*cloud),
        ("myself-200-documented", format!("{site}/myself"), &cloud),
        ("serverinfo-200-documented", format!("{site}/serverInfo"), ""),
        (
            "project-search-body-cloud-v3",
            format!("{site}/project/search?expand=description"),
            &cloud,
        ),
        ("401-cloud-2022", format!("{site}/myself"), ""),
        ("projects-200-dc-ratelimit-headers", format!("{server}/project"), &own),
        ("serverinfo-403-captcha-server-8.0", format!("{server}/serverInfo"), &locked_out),
    ] {
        let recorded = recordings.iter().find(|one| one.id == id).unwrap_or_else(|| panic!("{id}"));
        let answer = fetch(&jira, &url, authorization).await;
        assert_eq!(answer.status, recorded.status, "{id}");
        let absent = recorded.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
        let absent = absent.filter(|name| !PASSING.contains(&&**name));
        let absent: Vec<_> = absent.filter(|name| header(&answer, name).is_none()).collect();
        assert_eq!(absent, [""; 0], "{id}: headers");
        let Ok(body) = serde_json::from_slice(&recorded.body) else { continue };
        let mut found = Vec::new();
        differences(&body, &json(&answer), "", &mut found);
        found.retain(|place| !id.contains("documented") || !DOCUMENTED.contains(&&**place));
        assert_eq!(found, [""; 0], "{id}: fields");
    }
}

#[test]
fn shapes_that_differ_are_found() {
    let recorded = json!({ "a": [{ "b": 1, "c": null }], "d": "x", "e": {} });
    let mut found = Vec::new();
    differences(&recorded, &json!({ "a": [{ "b": "1", "c": 2 }], "e": [] }), "", &mut found);
    assert_eq!(found, ["/a/b", "/d", "/e"]);
}
