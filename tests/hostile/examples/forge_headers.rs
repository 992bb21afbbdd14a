//! Tries headers that only the host may set: credentials, the connection's own, framing, and line breaks.
//! Each must be refused; `accept` is the one that must pass.

use jackfield_guest::{Connector, Failure, Report, Request, Settings};
use jackfield_hostile::{attempt, report};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("forge-headers");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        let headers = [
            ("accept", "text/plain"),
            ("Authorization", "Bearer forged"),
            ("authorization", "Basic Zm9yZ2Vk"),
            (" authorization", "Bearer forged"),
            ("authorization ", "Bearer forged"),
            ("authorization:", "Bearer forged"),
            ("PRIVATE-TOKEN", "forged"),
            ("private-token", "forged"),
            ("Proxy-Authorization", "Basic Zm9yZ2Vk"),
            ("Host", "evil.example"),
            (":authority", "evil.example"),
            (":path", "/evil"),
            ("Cookie", "session=forged"),
            ("Set-Cookie", "session=forged"),
            ("Forwarded", "for=127.0.0.1"),
            ("X-Forwarded-For", "127.0.0.1"),
            ("X-Forwarded-Host", "evil.example"),
            ("X-Real-IP", "127.0.0.1"),
            ("Via", "1.1 forged"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Length", "0"),
            ("Connection", "close, authorization"),
            ("Keep-Alive", "timeout=1"),
            ("TE", "trailers"),
            ("Trailer", "authorization"),
            ("Upgrade", "websocket"),
            ("Expect", "100-continue"),
            ("X-Split", "a\r\nAuthorization: Bearer forged"),
            ("X-Line", "a\nb"),
            ("X-Return", "a\rb"),
            ("X-Nul", "a\0b"),
            ("X-A\r\nAuthorization", "Bearer forged"),
            ("", "nameless"),
            ("x y", "blank in the name"),
            ("x-ümlaut", "name outside ASCII"),
        ];
        let tried = headers.into_iter().map(|(name, value)| {
            attempt(&format!("{name:?}"), Request::get("api").header(name, value))
        });
        Ok(report(tried))
    }
}
