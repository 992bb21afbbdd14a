//! Connections broken on purpose.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Fault;
use crate::peer::wire::Io;

/// Between two pieces of something slow.
const PACE: Duration = Duration::from_millis(20);

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// Does to the connection what the fault says, and closes it.
pub(super) async fn speak(mut io: Box<dyn Io>, fault: Fault) {
    match fault {
        Fault::Garbage => write(&mut io, "\0\u{1}SSH-2.0-OpenSSH_9.2\r\n\u{7f}").await,
        Fault::Truncated => {
            write(&mut io, &format!("{HEAD}content-length: 64\r\n\r\n{{\"login\":\"ad")).await
        }
        Fault::SlowHeaders => write(&mut io, HEAD).await && trickle(&mut io, "x-slow: 1\r\n").await,
        Fault::SlowBody => {
            write(&mut io, &format!("{HEAD}content-length: 1000000\r\n\r\n[")).await
                && trickle(&mut io, " ").await
        }
        // Fault::Close, and nothing else gets here.
        _ => true,
    };
    // Ends a TLS session in order: what breaks is HTTP and not TLS.
    let _ = io.shutdown().await;
    // Closing with unread bytes would send a reset, which may overtake what was written.
    let _ = tokio::time::timeout(PACE, io.read(&mut [0; 1024])).await;
}

/// False when the client is gone.
async fn write(io: &mut Box<dyn Io>, text: &str) -> bool {
    io.write_all(text.as_bytes()).await.is_ok() && io.flush().await.is_ok()
}

async fn trickle(io: &mut Box<dyn Io>, text: &str) -> bool {
    let mut ticks = tokio::time::interval(PACE);
    while write(io, text).await {
        ticks.tick().await;
    }
    false
}
