//! What is installed, what it may do, and what is refused before it runs.

use jackfield_tests::{Account, GitHub};

use super::Home;

#[test]
fn the_bundled_connector_is_listed_and_inspected() {
    let home = Home::strict();
    let listed = home.run(&["connectors", "--json"]).done().json();
    assert_eq!(listed["connectors"][0]["id"], "github", "{listed}");
    assert!(home.run(&["connectors"]).done().stdout.contains("github"));

    let human = home.run(&["inspect", "github"]).done().stdout;
    for part in [
        "jackfield:connector/http",
        "jackfield:connector/secrets",
        "{api_url}",
        "token",
        "bearer",
        "sha-256",
    ] {
        assert!(human.to_lowercase().contains(part), "{part}: {human}");
    }
    let facts = home.run(&["inspect", "github", "--json"]).done().json();
    assert_eq!(facts["manifest"]["id"], "github", "{facts}");
    let bytes = jackfield_bundle::connector("github").unwrap();
    assert_eq!(facts["bytes"], bytes.len(), "{facts}");
    assert!(human.contains(&bytes.len().to_string()), "{human}");
    assert!(facts.to_string().contains("https://api.github.com"), "{facts}");
}

#[test]
fn a_file_is_inspected_and_a_hostile_one_is_refused_by_name() {
    let home = Home::strict();
    let guest = |name: &str| {
        home.file(&format!("{name}.wasm"), jackfield_bundle::hostile(name).expect(name))
    };
    home.run(&["inspect", &guest("noop")]).done();
    let module = home.file("module.wasm", b"\0asm\x01\0\0\0");
    let large = home.path("large.wasm");
    std::fs::File::create(&large).unwrap().set_len((32 << 20) + 1).unwrap();
    let cases = [
        ("an import too many", guest("extra_import"), 4, "`evil:net/raw@0.1.0`"),
        ("sockets", guest("sockets"), 4, "`wasi:sockets/"),
        ("spins when it is asked who it is", guest("spin_describe"), 2, "500 ms"),
        ("no manifest", guest("bad_manifest"), 2, "manifest"),
        ("a core module", module, 2, "module"),
        ("no WebAssembly", home.file("text.wasm", "Dear diary,"), 2, "not a WebAssembly component"),
        ("empty", home.file("empty.wasm", ""), 2, "not a WebAssembly component"),
        ("too large", large.to_str().unwrap().to_owned(), 2, "limit"),
        ("a directory", home.root().join("home").to_str().unwrap().to_owned(), 2, "home"),
        ("nothing", "./nothing.wasm".to_owned(), 2, "nothing.wasm"),
    ];
    for (name, path, code, text) in cases {
        let run = home.run(&["inspect", &path]);
        // Two seconds are what `describe` has outside of these tests.
        let said = run.stderr.replace("2000 ms", "500 ms");
        assert_eq!(run.code, Some(code), "{name}: {run:#?}");
        assert!(said.contains(text), "{name}: {run:#?}");
        assert!(home.run(&["inspect", &path, "--json"]).ended(code).error().is_object(), "{name}");
    }
}

#[test]
fn files_of_a_directory_are_connectors_and_a_bad_one_hides_no_other() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    let directory = home.path("connectors");
    std::fs::create_dir(&directory).unwrap();
    let put = |file: &str, bytes: &[u8]| std::fs::write(directory.join(file), bytes).unwrap();
    put("noop.wasm", jackfield_bundle::hostile("noop").unwrap());
    put("evil.wasm", jackfield_bundle::hostile("extra_import").unwrap());
    put("text.wasm", b"Dear diary,");
    put("notes.txt", b"no connector");
    // Takes the bundled connector's id, to be given its tokens.
    put("github.wasm", jackfield_bundle::connector("github").unwrap());
    let home = home.option("--connectors").option(directory.to_str().unwrap());

    let listed = home.run(&["connectors"]).done();
    for part in ["github", "noop", "evil.wasm", "evil:net/raw", "text.wasm", "claimed"] {
        assert!(listed.stdout.contains(part), "{part}: {listed:#?}");
    }
    assert!(!listed.stdout.contains("notes.txt"), "{listed:#?}");
    let all = home.run(&["connectors", "--json"]).done().json();
    let count = |name: &str| all[name].as_array().unwrap().len();
    let usable = jackfield_bundle::connectors().count() + 1;
    assert_eq!((count("connectors"), count("refused")), (usable, 3), "{all}");

    let id = home.connect(&token, &[]);
    home.run(&["check", &id]).done();
    home.run(&["inspect", "noop"]).done();
    home.run(&["connect", "evil", "--secret", "token=env:PATH"]).ended(4).says("evil:net/raw");
}

#[test]
fn a_connection_whose_connector_is_gone_is_still_shown_and_disconnected() {
    let home = Home::strict().with_noop();
    let file = home.path("connectors").join("noop.wasm");
    let connect = ["connect", "noop", "--unchecked", "--secret", "token=env:TEST_TOKEN", "--json"];
    let answer = home.run_with("a-token-of-noop", &connect).done().json();
    let id = answer["connection"]["id"].as_str().unwrap();
    std::fs::remove_file(file).unwrap();

    home.run(&["list"]).done();
    home.run(&["show", id]).done();
    home.run(&["check", id]).ended(2).says("`noop`");
    home.run(&["check", "--all"]).ended(2);
    home.run(&["keys", "rotate"]).done();
    home.run(&["disconnect", id]).done();
}
