//! A simulated GitHub on loopback, to try the program without an account.

use jackfield_tests::{Account, GitHub};

#[expect(clippy::print_stdout, reason = "it tells how to reach it")]
fn main() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]).expires("2027-01-31 12:00:00 UTC"));
    github.add_repository("ada", "engine", false, 250);
    let url = github.api_url();
    println!("A simulated GitHub listens at {url}, until you press Enter. Its token is {token}\n");
    println!("  cargo run -- --allow-origin {url} connect github --set api_url={url}");
    println!(
        "  cargo run -- --allow-origin {url} read ID issues --param repository=ada/engine --all"
    );
    let mut line = String::new();
    drop(std::io::stdin().read_line(&mut line));
}
