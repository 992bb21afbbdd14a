//! Prints the circles among the files of each crate, and who needs whom in them.

use std::path::Path;
use std::process::ExitCode;

use jackfield_structure::{Crate, circles};

/// The crates, and whether a circle in one is a failure.
const CRATES: &[(&str, bool)] = &[
    ("host/core", true),
    ("host/transport", false),
    ("host/vault", false),
    ("host/connect", false),
    ("host/cli", false),
    ("guest/sdk", false),
    ("guest/github", false),
    ("guest/jira", false),
];

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program")]
fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut failed = false;
    for (name, must_have_none) in CRATES {
        let read = match Crate::read(&root.join(name).join("src")) {
            Ok(read) => read,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        };
        let needs = read.needs();
        let found = circles(&needs);
        println!("{name}: {} files, {} circles", needs.len(), found.len());
        for group in &found {
            println!("  {} files", group.len());
            for file in group {
                let needed = needs.get(file).into_iter().flatten();
                let needed: Vec<&str> = needed.copied().filter(|one| group.contains(one)).collect();
                println!("    {file} -> {}", needed.join(", "));
            }
        }
        failed |= *must_have_none && !found.is_empty();
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
