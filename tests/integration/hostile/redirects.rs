//! Redirects, some to a second origin that the manifest grants: to it goes neither the credential nor
//! anything else that the guest sent, and back from it no more.

use jackfield_host::limits::Limits;
use jackfield_host::scripted::{ReceivedRequest, Reply, ScriptedTransport};
use jackfield_host::transport::Method;

use super::load;
use crate::support::{bound, scripted_host};

/// Names of the headers, the credential's last, and the body.
type Carried = (Vec<String>, String);

fn provider() -> ScriptedTransport {
    let hops = [
        (Method::Get, "api", "same", 307, "/kept"),
        (Method::Get, "api", "away", 307, "https://objects.example.com/file"),
        (Method::Get, "api", "round", 302, "https://objects.example.com/back"),
        (Method::Get, "objects", "back", 302, "https://api.example.com/home"),
        (Method::Get, "api", "home", 308, "/at-last"),
        (Method::Post, "api", "same", 308, "/kept"),
        (Method::Post, "api", "away", 307, "https://objects.example.com/file"),
        (Method::Post, "api", "made", 303, "https://objects.example.com/file"),
    ];
    let ends = [
        (Method::Get, "api", "kept"),
        (Method::Get, "api", "at-last"),
        (Method::Get, "objects", "file"),
        (Method::Post, "api", "kept"),
        (Method::Post, "objects", "file"),
    ];
    let url = |host: &str, path: &str| format!("https://{host}.example.com/{path}");
    let provider = hops.into_iter().fold(ScriptedTransport::new(), |provider, hop| {
        let (method, host, path, status, location) = hop;
        provider.always(method, url(host, path), move |_| {
            Reply::new(status).header("location", location)
        })
    });
    ends.into_iter().fold(provider, |provider, (method, host, path)| {
        provider.always(method, url(host, path), |_| Reply::json(200, "{}"))
    })
}

fn carried(request: &ReceivedRequest) -> (String, Carried) {
    let names = request.header_names().map(str::to_owned).collect();
    let body = String::from_utf8(request.body.clone()).unwrap();
    (format!("{} {}", request.method.as_str(), request.url), (names, body))
}

#[tokio::test(flavor = "multi_thread")]
async fn to_another_origin_goes_nothing_that_the_guest_sent() {
    let transport = provider();
    let (host, _) = scripted_host(&transport, Limits::default());
    let connector = load(&host, "redirected").await.unwrap();
    let report = bound(&connector, &[]).check().await.unwrap().unwrap();

    let all = || {
        let names = ["x-own", "content-type", "authorization"].map(str::to_owned);
        (names.to_vec(), "a body".to_owned())
    };
    let nothing = Carried::default;
    let expected = [
        ("GET https://api.example.com/same", all()),
        ("GET https://api.example.com/kept", all()),
        ("GET https://api.example.com/away", all()),
        ("GET https://objects.example.com/file", nothing()),
        ("GET https://api.example.com/round", all()),
        ("GET https://objects.example.com/back", nothing()),
        ("GET https://api.example.com/home", nothing()),
        ("GET https://api.example.com/at-last", nothing()),
        ("POST https://api.example.com/same", all()),
        ("POST https://api.example.com/kept", all()),
        ("POST https://api.example.com/away", all()),
        ("POST https://api.example.com/made", all()),
        ("GET https://objects.example.com/file", nothing()),
    ];
    let received: Vec<_> = transport.received().iter().map(carried).collect();
    assert_eq!(received, expected.map(|(request, carried)| (request.to_owned(), carried)));

    let fates = report.warnings.iter().map(|line| {
        let fate = line.message.split(':').next().unwrap_or_default();
        (line.code.as_str(), fate)
    });
    let expected = [
        ("Method::Get same", "sent 200"),
        ("Method::Get away", "sent 200"),
        ("Method::Get round", "sent 200"),
        ("Method::Post same", "sent 200"),
        ("Method::Post away", "refused protocol"),
        ("Method::Post made", "sent 200"),
    ];
    assert_eq!(fates.collect::<Vec<_>>(), expected);
}
