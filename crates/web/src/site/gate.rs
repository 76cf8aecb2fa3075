//! A body that is read no faster than its reader makes something of it. The reader of forms in parts takes all that a line has
//! ready, and a line may have a hundred MiB.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Error,
    body::{Body, BodyDataStream, Bytes},
};
use futures_util::{Stream, StreamExt};

/// Octets that are read although nothing could be made of the ones before: the head of a part has some hundred.
const AHEAD: usize = 64 * 1024;
/// How long what nobody needs is still read.
const RUN_OUT: Duration = Duration::from_secs(60);

/// Lets one piece after the other through to the reader.
#[derive(Clone, Debug)]
pub(super) struct Gate(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    body: Mutex<BodyDataStream>,
    /// Whether the next piece may pass.
    open: AtomicBool,
    /// Octets that have passed since something was made of them.
    ahead: AtomicUsize,
}

impl Shared {
    fn next(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(cx)
    }
}

struct Behind(Arc<Shared>);

impl Stream for Behind {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let shared = &self.0;
        if !shared.open.load(Ordering::SeqCst) {
            return Poll::Pending;
        }
        let Poll::Ready(piece) = shared.next(cx) else { return Poll::Pending };
        shared.open.store(false, Ordering::SeqCst);
        let Some(Ok(held)) = &piece else { return Poll::Ready(piece) };
        if shared.ahead.fetch_add(held.len(), Ordering::SeqCst) > AHEAD {
            return Poll::Ready(Some(Err(Error::new(io::Error::other("nothing can be made of what is sent")))));
        }
        Poll::Ready(piece)
    }
}

impl Gate {
    /// Puts a gate before a body; gives what lies behind it.
    pub(super) fn before(body: Body) -> (Body, Self) {
        let body = Mutex::new(body.into_data_stream());
        let shared = Arc::new(Shared { body, open: AtomicBool::new(false), ahead: AtomicUsize::new(0) });
        (Body::from_stream(Behind(shared.clone())), Self(shared))
    }

    /// Lets a reader of the body go on: first with what it has, then with one piece after the other until it is done.
    pub(super) async fn feed<T>(&self, reading: impl Future<Output = T>) -> T {
        let mut reading = pin!(reading);
        let shared = &self.0;
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(done) = reading.as_mut().poll(cx) {
                    shared.open.store(false, Ordering::SeqCst);
                    shared.ahead.store(0, Ordering::SeqCst);
                    return Poll::Ready(done);
                }
                // Still open, it has seen that the line has nothing more now.
                if shared.open.swap(true, Ordering::SeqCst) {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// Reads on for a while and keeps nothing. Whoever is still sending reads the answer only afterwards, and a connection that
    /// ends with octets that nobody read takes the answer with it (RFC 9112, 9.6).
    pub(super) fn let_run_out(self) {
        let rest = async move { while let Some(Ok(_)) = poll_fn(|cx| self.0.next(cx)).await {} };
        tokio::spawn(tokio::time::timeout(RUN_OUT, rest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    /// A line that has all its pieces ready at once, and how many were taken from it.
    fn line(pieces: &[&'static [u8]]) -> (Body, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = taken.clone();
        let pieces = stream::iter(pieces.to_vec()).map(move |piece| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok::<_, io::Error>(Bytes::from_static(piece))
        });
        (Body::from_stream(pieces), taken)
    }

    #[tokio::test]
    async fn a_reader_that_takes_whatever_is_ready_gets_one_piece() {
        let (body, taken) = line(&[b"a", b"b", b"c"]);
        let (behind, gate) = Gate::before(body);
        let mut behind = behind.into_data_stream();
        let mut held = vec![];
        for count in 1..=3 {
            let want = held.len() + 1;
            // As the reader of parts does: it takes until nothing is ready, and only then looks at what it has.
            let greedy = poll_fn(|cx| {
                while let Poll::Ready(Some(piece)) = behind.poll_next_unpin(cx) {
                    held.extend_from_slice(&piece.unwrap());
                }
                if held.len() >= want { Poll::Ready(()) } else { Poll::Pending }
            });
            gate.feed(greedy).await;
            assert_eq!((held.len(), taken.load(Ordering::SeqCst)), (count, count));
        }
        assert!(gate.feed(behind.next()).await.is_none(), "and then the end");
    }

    #[tokio::test]
    async fn what_nothing_can_be_made_of_is_not_read_for_ever() {
        static PIECE: [u8; 40 * 1024] = [b'x'; 40 * 1024];
        let (body, taken) = line(&[PIECE.as_slice(); 100]);
        let (behind, gate) = Gate::before(body);
        let mut behind = behind.into_data_stream();
        let never = poll_fn(|cx| match behind.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(_))) | Poll::Pending => Poll::Pending,
            Poll::Ready(ended) => Poll::Ready(ended),
        });
        assert!(gate.feed(never).await.unwrap().is_err());
        assert_eq!(taken.load(Ordering::SeqCst), 3);
    }
}
