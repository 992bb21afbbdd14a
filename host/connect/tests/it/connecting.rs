use jackfield_connect::{
    ConnectRequest, ConnectionState, Error, ErrorClass, Filter, MAX_NAME_CHARS, Update,
};
use jackfield_host::scripted::{Reply, ScriptedTransport};
use jackfield_host::secret::SecretText;
use jackfield_host::transport::{Method, TransportError};
use serde_json::json;

use crate::support::{
    Platform, bad_credentials, code, connections, knowing, platform, pointers, request, token,
    user, user_until,
};

fn update(mark: char) -> Update {
    Update { secrets: vec![("token".to_owned(), token(mark))], ..Update::default() }
}

async fn stored(platform: &Platform) -> usize {
    platform.connections.list(&Filter::default()).await.unwrap().len()
}

#[tokio::test]
async fn a_connection_is_stored_once_its_check_has_passed() {
    let platform = platform(knowing("a")).await;
    let connected = platform.connections.connect(request('a')).await.unwrap();
    let shown = platform.connections.show(&connected.connection.id).await.unwrap();
    assert_eq!(shown.state, ConnectionState::Active);
    assert_eq!(shown.report.as_ref().unwrap().account.name, "mona");
    assert_eq!(shown.settings.get("api_url"), Some(&json!("https://api.github.com")));
    assert_eq!((shown.owner.as_str(), shown.runtime.as_str()), ("default", "default"));
    assert_eq!(shown.secrets[0].info.kind.as_deref(), Some("classic"));
    let notes: Vec<&str> = connected.notes.iter().map(|note| note.code.as_str()).collect();
    assert_eq!(notes, ["secret-checksum"], "the token is invented");
}

#[tokio::test]
async fn nothing_is_stored_when_the_check_does_not_pass() {
    let broken = || TransportError::NameLookup { host: "x".to_owned(), detail: "no".to_owned() };
    let html = || Reply::new(200).header("content-type", "text/html").body("<html>Log in</html>");
    let cases: Vec<(&str, Reply, ErrorClass)> = vec![
        ("rejected", bad_credentials(), ErrorClass::Refused),
        ("no name", broken().into(), ErrorClass::Unreachable),
        ("server error", Reply::new(503), ErrorClass::Unreachable),
        ("captive portal", html(), ErrorClass::Refused),
    ];
    for (name, reply, class) in cases {
        let script = ScriptedTransport::new().on(Method::Get, "/user", [reply]);
        let platform = platform(script).await;
        let error = platform.connections.connect(request('a')).await.unwrap_err();
        assert_eq!(error.class(), class, "{name}: {error}");
        assert_eq!(stored(&platform).await, 0, "{name}");
    }
}

#[tokio::test]
async fn an_unchecked_connection_is_stored_without_a_word_to_the_provider() {
    let platform = platform(ScriptedTransport::new()).await;
    let wish = ConnectRequest { unchecked: true, ..request('a') };
    let connection = platform.connections.connect(wish).await.unwrap().connection;
    assert_eq!(connection.state, ConnectionState::Unchecked);
    assert!(platform.transport.received().is_empty());
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_by_field() {
    let platform = platform(ScriptedTransport::new()).await;
    let wish = ConnectRequest {
        owner: "a b".to_owned(),
        runtime: String::new(),
        ..ConnectRequest::new("github")
            .setting("api_url", "not a url")
            .setting("api_urll", "https://api.github.com")
            .secret("tokn", token('a'))
    };
    let error = platform.connections.connect(wish).await.unwrap_err();
    let expected = [
        "/user",
        "/runtime",
        "/settings/api_url",
        "/settings/api_urll",
        "/secrets/token",
        "/secrets/tokn",
    ];
    assert_eq!(pointers(&error), expected);
    assert_eq!(error.class(), ErrorClass::Usage);
    let fields = error.to_failure().fields;
    assert!(fields[3].message.contains("`api_url`"), "{:?}", fields[3]);
    assert!(fields[5].message.contains("`token`"), "{:?}", fields[5]);
    assert!(platform.transport.received().is_empty());
}

#[tokio::test]
async fn names_that_nobody_knows_come_with_the_nearest_that_is_known() {
    let platform = platform(ScriptedTransport::new()).await;
    let method = ConnectRequest { method: Some("tokan".to_owned()), ..request('a') };
    for (name, wish, suggested) in [
        ("connector", ConnectRequest::new("githup"), "did you mean `github`?"),
        ("method", method, "did you mean `token`?"),
        ("setting", request('a').setting("apiurl", "x"), "did you mean `api_url`?"),
    ] {
        let error = platform.connections.connect(wish).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Usage, "{name}");
        assert!(error.to_string().contains(suggested), "{name}: {error}");
    }
}

#[tokio::test]
async fn names_of_users_and_runtimes_are_plain() {
    let platform = platform(ScriptedTransport::new()).await;
    let longest = "x".repeat(MAX_NAME_CHARS);
    let accepted = ["ann", "ann@example.com", "a+b", "4", "team_1.prod-eu", &longest];
    let too_long = "x".repeat(MAX_NAME_CHARS + 1);
    let refused =
        ["", " ", "a b", "a/b", "..", "-x", "@x", "ann\n", "\u{1b}[2J", "ännchen", &too_long];
    for (names, expected) in [(&accepted[..], "ok"), (&refused[..], "invalid-input")] {
        for name in names {
            let owner =
                ConnectRequest { unchecked: true, owner: (*name).to_owned(), ..request('a') };
            let runtime =
                ConnectRequest { unchecked: true, runtime: (*name).to_owned(), ..request('a') };
            for wish in [owner, runtime] {
                assert_eq!(code(&platform.connections.connect(wish).await), expected, "{name:?}");
            }
        }
    }
}

#[tokio::test]
async fn secrets_that_cannot_be_sent_are_refused_and_never_repeated() {
    let platform = platform(ScriptedTransport::new()).await;
    for (name, value) in [
        ("empty", ""),
        ("blank", "  \n "),
        ("two lines", "ghp_first\nghp_second"),
        ("control character", "ghp_fi\u{7}rst"),
        ("refresh token", "ghr_first_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ] {
        let secret = SecretText::new(value.to_owned());
        let wish = ConnectRequest::new("github").secret("token", secret);
        let error = platform.connections.connect(wish).await.unwrap_err();
        assert_eq!(pointers(&error), ["/secrets/token"], "{name}");
        assert!(!format!("{error} {error:?}").contains("first"), "{name}: {error:?}");
    }
    assert!(platform.transport.received().is_empty());
}

#[tokio::test]
async fn blanks_around_a_secret_are_removed_with_a_note() {
    let platform = platform(knowing("a")).await;
    let padded = SecretText::new(format!("  {}\n", token('a').expose_secret()));
    let wish = ConnectRequest::new("github").secret("token", padded);
    let connected = platform.connections.connect(wish).await.unwrap();
    assert_eq!(connected.notes[0].code, "secret-blanks-removed");
}

/// Ways in which people copy a token; `{}` is the token.
const WRAPPINGS: [&str; 12] = [
    "\"{}\"",
    "\u{201c}{}\u{201d}",
    "Bearer {}",
    "Authorization: token {}",
    "GITHUB_TOKEN={}",
    "$env:GITHUB_TOKEN = '{}'",
    "token: {}",
    "https://x-access-token:{}@github.com/o/r.git",
    "ada:{}",
    "{\"token\":\"{}\"}",
    "# my token\r\n{}\r\n",
    "\u{feff}{},",
];

#[tokio::test]
async fn a_token_in_its_wrapping_is_sent_alone_and_the_wrapping_is_told() {
    let platform = platform(knowing("ab")).await;
    let whole = |mark| token(mark).expose_secret().to_owned();
    let sent = || {
        let received = platform.transport.received();
        let last = received.last().unwrap();
        last.expose_sensitive_header("authorization").unwrap().to_owned()
    };
    for wrapping in WRAPPINGS {
        let secret = |mark| SecretText::new(wrapping.replace("{}", &whole(mark)));
        let wish = ConnectRequest::new("github").secret("token", secret('a'));
        let connected = platform.connections.connect(wish).await.unwrap();
        assert_eq!(connected.notes[0].code, "secret-unwrapped", "{wrapping}");
        assert_eq!(sent(), format!("Bearer {}", whole('a')), "{wrapping}");

        let secrets = vec![("token".to_owned(), secret('b'))];
        let update = Update { secrets, ..Update::default() };
        let id = &connected.connection.id;
        let updated = platform.connections.update(id, update).await.unwrap();
        assert_eq!(updated.notes[0].code, "secret-unwrapped", "{wrapping}");
        assert_eq!(sent(), format!("Bearer {}", whole('b')), "{wrapping}");
    }
}

#[tokio::test]
async fn a_wrapping_without_one_whole_token_is_refused_and_nothing_is_sent() {
    let platform = platform(ScriptedTransport::new()).await;
    for wrapping in WRAPPINGS {
        for inside in ["hunter2", "ghp_first", "ghr_first"] {
            let secret = SecretText::new(wrapping.replace("{}", inside));
            let wish = ConnectRequest::new("github").secret("token", secret);
            let error = platform.connections.connect(wish).await.unwrap_err();
            assert_eq!(pointers(&error), ["/secrets/token"], "{wrapping} {inside}");
            let told = format!("{error} {error:?} {:?}", error.to_failure());
            for word in ["hunter2", "first", "ada", "my token", "new token"] {
                assert!(!told.contains(word), "{wrapping} {inside}: {told}");
            }
        }
    }
    assert!(platform.transport.received().is_empty());
}

#[tokio::test]
async fn a_rejected_token_that_looks_truncated_is_said_to_look_so_first() {
    let platform = platform(knowing("a")).await;
    let secret = SecretText::new("ghp_short".to_owned());
    let wish = ConnectRequest::new("github").secret("token", secret);
    let failure = platform.connections.connect(wish).await.unwrap_err().to_failure();
    assert_eq!(failure.cause.code(), "credential-rejected");
    assert!(failure.remedies[0].text.contains("truncated"), "{:?}", failure.remedies);
}

#[tokio::test]
async fn a_setting_that_leads_to_a_denied_place_is_named() {
    let platform = platform(ScriptedTransport::new()).await;
    for address in [
        "http://api.github.com",
        "https://127.0.0.1",
        "https://jira",
        "https://10.0.0.1:8443/api/v3",
    ] {
        let wish = request('a').setting("api_url", address);
        let error = platform.connections.connect(wish).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Denied, "{address}: {error}");
        assert_eq!(pointers(&error), ["/settings/api_url"], "{address}");
    }
    assert!(platform.transport.received().is_empty());
}

#[tokio::test]
async fn a_new_secret_replaces_the_old_one_once_it_has_passed() {
    let platform = platform(knowing("ab")).await;
    let before = platform.connections.connect(request('a')).await.unwrap().connection;
    let after = platform.connections.update(&before.id, update('b')).await.unwrap().connection;
    assert_eq!(after.generation, before.generation + 1);
    platform.connections.check(&before.id).await.unwrap();
    let received = platform.transport.received();
    let sent = received.last().unwrap().expose_sensitive_header("authorization").unwrap();
    assert!(sent.ends_with('b'));
}

#[tokio::test]
async fn the_old_secret_stays_when_the_new_one_does_not_pass() {
    let platform = platform(knowing("a")).await;
    let before = platform.connections.connect(request('a')).await.unwrap().connection;
    let refused = platform.connections.update(&before.id, update('b')).await;
    assert_eq!(code(&refused), "credential-rejected");
    let shown = platform.connections.show(&before.id).await.unwrap();
    assert_eq!((shown.generation, shown.state), (before.generation, ConnectionState::Active));
    assert!(platform.connections.check(&before.id).await.unwrap().result.is_ok());
}

#[tokio::test]
async fn an_update_of_an_unknown_secret_is_refused_by_its_name() {
    let platform = platform(knowing("a")).await;
    let id = platform.connections.connect(request('a')).await.unwrap().connection.id;
    let secrets = vec![("tokan".to_owned(), token('a'))];
    let error = platform
        .connections
        .update(&id, Update { secrets, ..Update::default() })
        .await
        .unwrap_err();
    assert_eq!(pointers(&error), ["/secrets/tokan"]);
    assert!(error.to_string().contains("`token`"), "{error}");
}

#[tokio::test]
async fn a_stored_secret_does_not_follow_a_changed_address() {
    let platform = platform(knowing("a")).await;
    let id = platform.connections.connect(request('a')).await.unwrap().connection.id;
    let moved = |secrets| {
        let settings = json!({ "api_url": "https://evil.example.com" });
        Update { settings: settings.as_object().unwrap().clone(), secrets }
    };
    let asked = platform.transport.received().len();
    let error = platform.connections.update(&id, moved(Vec::new())).await.unwrap_err();
    assert_eq!(pointers(&error), ["/secrets/token"]);
    assert_eq!(platform.transport.received().len(), asked);

    let entered = vec![("token".to_owned(), token('a'))];
    let updated = platform.connections.update(&id, moved(entered)).await.unwrap().connection;
    assert_eq!(updated.settings.get("api_url"), Some(&json!("https://evil.example.com")));
}

#[tokio::test]
async fn a_token_that_ends_soon_makes_the_connection_expiring() {
    for (days, expected) in [(13, ConnectionState::Expiring), (15, ConnectionState::Active)] {
        let script = ScriptedTransport::new().on(Method::Get, "/user", [user_until(days)]);
        let platform = platform(script).await;
        let connection = platform.connections.connect(request('a')).await.unwrap().connection;
        assert_eq!(connection.state, expected, "{days} days");
        assert!(connection.report.unwrap().credential_expires_at.is_some(), "{days} days");
    }
}

#[tokio::test]
async fn a_disconnected_connection_is_gone_for_every_process() {
    let platform = platform(knowing("a")).await;
    let id = platform.connections.connect(request('a')).await.unwrap().connection.id;
    let other = connections(&platform.directory, ScriptedTransport::new()).await;
    assert_eq!(other.disconnect(&id).await.unwrap().id, id);
    for result in [
        code(&platform.connections.show(&id).await),
        code(&platform.connections.check(&id).await),
        code(&platform.connections.update(&id, update('a')).await),
        code(&platform.connections.disconnect(&id).await),
    ] {
        assert_eq!(result, "invalid-input");
    }
    assert_eq!(stored(&platform).await, 0);
}

#[tokio::test]
async fn connections_are_listed_by_owner_and_runtime_oldest_first() {
    let script = ScriptedTransport::new().always(Method::Get, "/user", |_| user());
    let platform = platform(script).await;
    for (owner, runtime) in [("ann", "default"), ("bob", "default"), ("ann", "prod")] {
        let (owner, runtime) = (owner.to_owned(), runtime.to_owned());
        let wish = ConnectRequest { owner, runtime, ..request('a') };
        platform.connections.connect(wish).await.unwrap();
    }
    let filter = Filter { owner: Some("ann".to_owned()), ..Filter::default() };
    let listed = platform.connections.list(&filter).await.unwrap();
    let runtimes: Vec<&str> = listed.iter().map(|c| c.runtime.as_str()).collect();
    assert_eq!(runtimes, ["default", "prod"]);
}

#[tokio::test]
async fn an_error_of_the_store_is_told_as_its_own_and_not_as_the_providers() {
    let platform = platform(knowing("a")).await;
    let id = platform.connections.connect(request('a')).await.unwrap().connection.id;
    let data = platform.directory.path().join("data");
    // A key of the right id with other bytes, as after a restored file.
    let other = tempfile::tempdir().unwrap();
    connections(&other, ScriptedTransport::new()).await;
    std::fs::copy(other.path().join("data/keys.json"), data.join("keys.json")).unwrap();
    let opened = jackfield_vault::Vault::open(jackfield_vault::VaultOptions::new(&data)).await;
    let error = Error::from(opened.err().unwrap());
    assert_eq!(error.class(), ErrorClass::Internal);
    assert_eq!(error.to_failure().cause.code(), "store-keys");
    // A process that opened the store before still holds the right key.
    assert!(platform.connections.check(&id).await.unwrap().result.is_ok());
}
