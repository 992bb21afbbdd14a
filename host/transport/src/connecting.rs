//! Whether a request that timed out may have reached the server.
//!
//! Connections are made inside the future of the request that needs one, until the pool offers
//! another that has become free: then the half-made connection is finished elsewhere, and the
//! request is on its way. So a request is known not to have been sent exactly while a connection is
//! being made *within its own task scope*; at any other time it may have been.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static PRESENT: Progress;
}

/// How far one exchange has come.
#[derive(Clone)]
pub(crate) struct Progress {
    unsent: Arc<AtomicBool>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        // Judging the address and looking up the name come before anything is sent.
        Self { unsent: Arc::new(AtomicBool::new(true)) }
    }

    /// The future of the exchange, with this progress as the one that its connections report to.
    pub(crate) fn watch<F: Future>(&self, exchange: F) -> impl Future<Output = F::Output> {
        PRESENT.scope(self.clone(), exchange)
    }

    /// False only while nothing can have been sent.
    pub(crate) fn may_have_sent(&self) -> bool {
        !self.unsent.load(Ordering::Acquire)
    }

    /// Notes on the exchange of this task that its request may go out from now on, by a connection
    /// of the pool if no other is made.
    pub(crate) fn release() {
        // Outside any exchange there is nothing to note.
        let _ = PRESENT.try_with(|present| present.set_unsent(false));
    }

    fn set_unsent(&self, unsent: bool) {
        self.unsent.store(unsent, Ordering::Release);
    }

    fn is_present(&self) -> bool {
        PRESENT.try_with(|present| Arc::ptr_eq(&present.unsent, &self.unsent)).unwrap_or(false)
    }
}

/// Makes connectors report to the [`Progress`] of the exchange that they connect for.
#[derive(Clone, Copy)]
pub(crate) struct WatchLayer;

impl<S> Layer<S> for WatchLayer {
    type Service = WatchedConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WatchedConnector { inner }
    }
}

/// A connector whose attempts are watched.
#[derive(Clone)]
pub(crate) struct WatchedConnector<S> {
    inner: S,
}

impl<S, R> Service<R> for WatchedConnector<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Attempt<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let progress = PRESENT.try_with(Progress::clone).ok();
        if let Some(progress) = &progress {
            progress.set_unsent(true);
        }
        Attempt { connect: Box::pin(self.inner.call(target)), progress }
    }
}

/// A connection being made.
pub(crate) struct Attempt<F> {
    connect: Pin<Box<F>>,
    progress: Option<Progress>,
}

impl<F: Future> Future for Attempt<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let adopted = self.progress.as_ref().is_some_and(|progress| !progress.is_present());
        let connected = self.connect.as_mut().poll(context);
        if (adopted || connected.is_ready())
            && let Some(progress) = self.progress.take()
        {
            progress.set_unsent(false);
        }
        connected
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::future::{Ready, pending, poll_fn, ready};

    use super::*;

    /// Connects at once, or never.
    #[derive(Clone)]
    struct Connector {
        ever: bool,
    }

    impl Service<()> for Connector {
        type Response = ();
        type Error = ();
        type Future = Pin<Box<dyn Future<Output = Result<(), ()>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            let connected: Ready<Result<(), ()>> = ready(Ok(()));
            if self.ever { Box::pin(connected) } else { Box::pin(pending()) }
        }
    }

    async fn poll_once<F: Future + Unpin>(future: &mut F) -> bool {
        poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context).is_ready())).await
    }

    /// A connection that was begun for this exchange after the pool had none.
    async fn begin(progress: &Progress, ever: bool) -> Attempt<<Connector as Service<()>>::Future> {
        let mut attempt = None;
        let exchange = async {
            Progress::release();
            poll_once(attempt.insert(WatchLayer.layer(Connector { ever }).call(()))).await
        };
        progress.watch(exchange).await;
        attempt.unwrap()
    }

    #[tokio::test]
    async fn nothing_is_sent_before_the_request_is_released() {
        let progress = Progress::new();
        progress.watch(ready(())).await;
        assert!(!progress.may_have_sent());
    }

    #[tokio::test]
    async fn request_on_a_kept_connection_may_have_been_sent() {
        let progress = Progress::new();
        progress.watch(async { Progress::release() }).await;
        assert!(progress.may_have_sent());
    }

    #[tokio::test]
    async fn request_may_have_been_sent_once_it_is_connected() {
        for (ever, sent) in [(false, false), (true, true)] {
            let progress = Progress::new();
            begin(&progress, ever).await;
            assert_eq!(progress.may_have_sent(), sent);
        }
    }

    #[tokio::test]
    async fn request_may_have_been_sent_once_another_task_finishes_its_connection() {
        let progress = Progress::new();
        let mut attempt = begin(&progress, false).await;
        poll_once(&mut attempt).await;
        assert!(progress.may_have_sent());
        let other = Progress::new();
        let mut attempt = begin(&progress, false).await;
        other.watch(poll_once(&mut attempt)).await;
        assert!(progress.may_have_sent() && !other.may_have_sent());
    }
}
