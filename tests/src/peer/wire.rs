//! A connection that a handler can take away from the HTTP server, to break the protocol on it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::serve::Accepting;

/// A stream, with or without TLS.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// The server's end of a connection, until somebody takes it.
#[derive(Clone)]
pub(crate) struct Wire(Arc<Mutex<Option<Box<dyn Io>>>>);

impl Wire {
    pub(crate) fn new(io: Box<dyn Io>) -> Self {
        Self(Arc::new(Mutex::new(Some(io))))
    }

    /// The stream itself; the HTTP server sees the end of the connection from now on.
    pub(crate) fn take(&self) -> Option<Box<dyn Io>> {
        self.stream().take()
    }

    fn stream(&self) -> MutexGuard<'_, Option<Box<dyn Io>>> {
        self.0.lock().unwrap()
    }
}

impl Connected<IncomingStream<'_, Accepting>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Accepting>) -> Self {
        stream.io().clone()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self.stream() {
            Some(io) => Pin::new(io).poll_read(context, buffer),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self.stream() {
            Some(io) => Pin::new(io).poll_write(context, bytes),
            None => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut *self.stream() {
            Some(io) => Pin::new(io).poll_write_vectored(context, slices),
            None => Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream().as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self.stream() {
            Some(io) => Pin::new(io).poll_flush(context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self.stream() {
            Some(io) => Pin::new(io).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}
