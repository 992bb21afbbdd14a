//! Tries everything that it can reach to get at a secret's value, and returns and logs all that it saw. The
//! value must not be in it.

use std::{env, fs};

use jackfield_guest::{Connector, Failure, Report, Request, Settings, Warning, secrets};
use jackfield_hostile::{fate, line, report};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("steal");

    fn check(settings: Settings) -> Result<Report, Failure> {
        let mut seen = vec![line("settings", format!("{settings:?}"))];
        for name in ["token", "private", "TOKEN", "", "*", "../token", "other/token", "token\0"] {
            seen.push(line("secret", handle(name)));
        }
        seen.push(line("environment", format!("{:?}", env::vars().collect::<Vec<_>>())));
        seen.push(line("arguments", format!("{:?}", env::args().collect::<Vec<_>>())));
        for path in ["/", ".", "/proc/self/environ", "/etc/passwd", "jackfield.db", "/dev/mem"] {
            seen.push(line("file", format!("{path}: {:?}", fs::read(path))));
            seen.push(line(
                "folder",
                format!("{path}: {:?}", fs::read_dir(path).map(Iterator::count)),
            ));
            seen.push(line("write", format!("{path}: {:?}", fs::write(path, "stolen"))));
        }
        let mut input = String::new();
        seen.push(line("input", format!("{:?} {input:?}", std::io::stdin().read_line(&mut input))));
        seen.extend(answers());
        for one in &seen {
            jackfield_guest::info!("{}: {}", one.code, one.message);
        }
        Ok(report(seen))
    }
}

fn handle(name: &str) -> String {
    match secrets::get(name) {
        None => format!("{name:?}: none"),
        Some(secret) => format!(
            "{name:?}: {:?} {:?} {:?} {:?}",
            secret.name(),
            secret.kind(),
            secret.scopes(),
            secret.expires_at()
        ),
    }
}

/// What the provider answers to a request that carries the secret, and to one that asks for an echo.
fn answers() -> Vec<Warning> {
    let Some(token) = secrets::get("token") else { return Vec::new() };
    let requests = [
        Request::get("api").auth(&token),
        Request::get("api").segments(["echo"]).auth(&token),
        Request::post("api").segments(["echo"]).form([("a", "b")]).auth(&token),
    ];
    let answers = requests.map(Request::send);
    answers
        .iter()
        .map(|answer| match answer {
            Ok(response) => line("answer", format!("{:?} {}", response.headers, response.text())),
            Err(_) => line("answer", fate(answer)),
        })
        .collect()
}
