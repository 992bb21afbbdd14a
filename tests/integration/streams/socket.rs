//! The provider behind a port of the loopback, for the program.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use jackfield_host::transport::{InboundResponse, TransportError};
use url::Url;

use super::provider::{Answer, Ask, Provider};

/// Bytes that a response says it has which is too large.
const TOO_MANY_BYTES: usize = 64 << 20;

/// Serves the provider at the origin that is returned, one request a connection, until the test ends.
/// `silent` is called where a request is left without a response.
pub(super) fn serve(provider: Provider, silent: impl Fn() + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let base = Url::parse(&origin).unwrap();
    thread::spawn(move || {
        // Open until the test ends: the other side waits.
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A process that was killed has closed its end.
            let Some(ask) = read(&stream, &base) else { continue };
            match provider.answer(&ask) {
                Answer::Response(response) => drop(stream.write_all(&encoded(&response))),
                Answer::Error(TransportError::TooLarge { .. }) => {
                    let head =
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {TOO_MANY_BYTES}\r\n\r\n");
                    drop(stream.write_all(head.as_bytes()));
                }
                Answer::Error(_) => {}
                Answer::Never => {
                    kept.push(stream);
                    silent();
                }
            }
        }
    });
    origin
}

fn read(stream: &TcpStream, base: &Url) -> Option<Ask> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let header = |name: &str| {
        let mut pairs = head.iter().skip(1).filter_map(|line| line.split_once(':'));
        let value = pairs.find(|(own, _)| own.eq_ignore_ascii_case(name))?.1;
        Some(value.trim().to_owned())
    };
    let length = header("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = head.first()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    Some(Ask::new(method, base.join(target).unwrap(), &body, header("if-none-match")))
}

fn encoded(response: &InboundResponse) -> Vec<u8> {
    let headers = response.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let headers: String = headers.collect();
    let (status, length) = (response.status, response.body.len());
    let head = format!(
        "HTTP/1.1 {status} Status\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    [head.into_bytes(), response.body.clone()].concat()
}
