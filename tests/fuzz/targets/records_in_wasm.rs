//! Fed: lists of records, as in [`records`](crate::records), and texts whose strings, escapes and brackets
//! stand at every edge of the blocks that are looked at together. They are read by the guest SDK's
//! `record::list` in a component, as connectors are built, and natively.
//!
//! Must hold: fields, texts and failures are the same. Natively the bytes of a block are looked at one by
//! one, and in a component by SIMD.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bolero::check;
use jackfield_bundle::hostile;
use jackfield_guest::record;
use jackfield_host::limits::Limits;
use jackfield_host::report::{Change, ReadRequest};
use jackfield_host::scripted::{Reply, ScriptedTransport};
use jackfield_host::secret::{MemorySecrets, SecretInfo, SecretText};
use jackfield_host::transport::Method;
use jackfield_host::{Allocation, Binding, Host};
use jackfield_tests::compiled;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::records::Input;

/// A component that reads whatever texts lie here. Each test has its own.
struct World {
    runtime: Runtime,
    binding: Binding,
    texts: Arc<Mutex<String>>,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let texts = Arc::new(Mutex::new(String::new()));
        let given = texts.clone();
        let answer = move |_: &_| Reply::json(200, given.lock().unwrap().clone());
        let transport =
            ScriptedTransport::new().always(Method::Get, "https://api.example.com/", answer);
        let patient = Limits { read_deadline: Duration::from_secs(600), ..Limits::default() };
        let builder = Host::builder(transport).allocation(Allocation::OnDemand).limits(patient);
        let host = builder.cache(compiled(env!("CARGO_TARGET_TMPDIR"))).build().unwrap();
        let reader = runtime.block_on(host.load(hostile("records").unwrap())).unwrap();
        let value = SecretText::new("not-used-0123456789".to_owned());
        let secrets = MemorySecrets::new().with("token", value, SecretInfo::default());
        let binding = reader.bind("token", &Map::new(), Arc::new(secrets)).unwrap();
        Self { runtime, binding, texts }
    }

    /// What the component finds in each of the texts.
    fn found(&self, texts: &[String]) -> Vec<Value> {
        *self.texts.lock().unwrap() = json!(texts).to_string();
        let limit = u32::try_from(texts.len()).unwrap();
        let request = ReadRequest {
            stream: "things".to_owned(),
            cursor: None,
            parameters: Map::new(),
            limit,
            skip_oversized: false,
        };
        let page = self.runtime.block_on(self.binding.read(&request)).unwrap().unwrap();
        let found = page.changes.iter().map(|change| match change {
            Change::Upsert(item) => serde_json::from_str(item.data.get()).unwrap(),
            Change::Delete(key) => panic!("{key}"),
        });
        found.collect()
    }
}

/// The same, natively.
fn found(text: &str) -> Value {
    let Ok(records) = record::list::<Map<String, Value>>(text) else {
        return json!({ "records": [], "failed": true });
    };
    let mut seen = Vec::new();
    for record in records {
        match record {
            Ok(record) => seen.push(json!([Value::Object(record.fields).to_string(), record.text])),
            Err(_) => return json!({ "records": seen, "failed": true }),
        }
    }
    json!({ "records": seen, "failed": false })
}

fn judge(world: &World, texts: &[String]) {
    let in_wasm = world.found(texts);
    assert_eq!(in_wasm.len(), texts.len());
    for (text, in_wasm) in texts.iter().zip(in_wasm) {
        assert_eq!(in_wasm, found(text), "{text:?}");
    }
}

#[test]
fn target() {
    let world = std::panic::AssertUnwindSafe(World::new());
    check!().with_type::<Input>().for_each(|input| judge(&world, &[input.text()]));
}

#[test]
fn the_component_looks_at_many_bytes_at_once() {
    let world = World::new();
    let report = world.runtime.block_on(world.binding.check()).unwrap().unwrap();
    let told = report.warnings.iter().find(|line| line.code == "simd").unwrap();
    assert_eq!(told.message, "true");
}

#[test]
fn a_block_may_end_anywhere() {
    let records = r#"{"id":1,"key \\":"te\"xt, and [more] \\\\\" of {it}","next":[{"x":"\u00e4ÿ"},""]},{"id":2}"#;
    let mut texts = Vec::new();
    for blanks in 0..=130 {
        let (before, after) = (" ".repeat(blanks), " ".repeat(130 - blanks));
        let letters = "a".repeat(blanks);
        texts.push(format!("[{before}{records}{after}]"));
        texts.push(format!("[{{\"a\":\"{letters}\"}},{records}]"));
        texts.push(format!("[{{\"{letters}\":[{before}]}},{records},{{}}]"));
        texts.push(format!("[{{\"a\":\"{letters}\n\"}},{records}]"));
        texts.push(format!("[{{\"a\":\"{letters}\u{1f}\"}},{records}]"));
        texts.push(format!("[{{\"a\":\"{letters} \"}},{records}]"));
    }
    for backslashes in 0..=140 {
        let run = "\\".repeat(backslashes);
        for blanks in [0, 1, 62, 63, 64] {
            let blanks = " ".repeat(blanks);
            texts.push(format!("[{blanks}{{\"a\":\"{run}\"}},{{\"b\":\"]}}{run}\"}}]"));
            texts.push(format!("[{blanks}{{\"a\":\"{run}\",\"}}],[{{\":1}},{records}]"));
        }
    }
    judge(&World::new(), &texts);
    let whole = texts.iter().filter(|text| found(text)["failed"] == false).count();
    assert!(whole > texts.len() / 2, "{whole} of {}", texts.len());
}

/// Those that differ from a bracket, a comma, a quote or a backslash in a bit or two among them.
#[test]
fn no_other_character_is_taken_for_structure() {
    let characters = (1_u8..0x80).map(char::from).chain(['\u{80}', 'ÿ', 'ݛ', '\u{feff}', '💥']);
    let texts = characters.flat_map(|character| {
        [
            format!("[{{\"id\":1,\"a\":\"{character}\"}},{{\"id\":2}}]"),
            format!("[{{\"id\":1,\"a\":[{character}{{}}]}},{{\"id\":2}}]"),
            format!("[{{\"id\":1}}{character}{{\"id\":2}}]"),
        ]
    });
    judge(&World::new(), &texts.collect::<Vec<_>>());
}
