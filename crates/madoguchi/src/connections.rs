//! How many connections a listener takes, and how long one may be silent: whoever opens connections and says nothing must
//! neither close the listener to others nor any other listener.

use std::{
    collections::HashMap,
    future::{Ready, ready},
    io::{self, IoSlice},
    net::{IpAddr, Ipv6Addr},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum_server::accept::Accept;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use web::Proxies;

/// How long the first request of a connection may take to be asked, after its handshake.
pub(crate) const FIRST_REQUEST: Duration = Duration::from_secs(15);
/// How long each later one may take, and the rest before it: longer than proxies and browsers keep what they do not use, so that
/// none of them asks just when we hang up.
pub(crate) const NEXT_REQUEST: Duration = Duration::from_secs(75);
/// How often a peer of HTTP/2 is asked whether it is still there, and how long it may think about it.
pub(crate) const PING: Duration = Duration::from_secs(20);

/// Most connections of a listener.
const MOST: u64 = 4_096;
/// Files that the process asks to have open at most: three listeners, and as much again for all else.
const FILES: u64 = 4 * MOST;
/// The part of a listener's connections that one address may have.
const PART_OF_ONE: usize = 8;
/// Connections that one address may have however few there are: offices with many browsers share one.
const LEAST_OF_ONE: usize = 32;
/// So many times as much may a site of IPv6 have as one network in it.
const SITE: usize = 4;

/// Counts the connections of one listener; a copy counts with it.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    listener: &'static str,
    most: usize,
    of_one: usize,
    proxies: Proxies,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    in_all: usize,
    /// Whether it was said that there are too many.
    told: bool,
    by_origin: HashMap<Origin, One>,
}

/// Whom an address stands for: itself, or the first bits of it.
type Origin = (IpAddr, u32);

#[derive(Debug, Default)]
struct One {
    count: usize,
    told: bool,
}

/// A connection that is counted, as long as this lives.
#[derive(Debug)]
struct Place {
    gate: Gate,
    /// None for a proxy, behind which many stand.
    origins: Vec<Origin>,
}

impl Gate {
    /// For a listener; a quarter of the files that the process may have open are its connections.
    pub(crate) fn new(listener: &'static str, proxies: Proxies) -> Self {
        let most = usize::try_from((files() / 4).min(MOST)).unwrap_or(usize::MAX);
        Self::of(listener, (most, (most / PART_OF_ONE).max(LEAST_OF_ONE)), proxies)
    }

    fn of(listener: &'static str, (most, of_one): (usize, usize), proxies: Proxies) -> Self {
        Self(Arc::new(Counted { listener, most, of_one, proxies, open: Mutex::default() }))
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // Numbers are whole whenever the lock is given back.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection; none when there are too many, in all or from there.
    fn enter(&self, peer: IpAddr) -> Option<Place> {
        let (listener, counted) = (self.0.listener, &self.0);
        let origins = if counted.is_shared(peer) { vec![] } else { origins(peer) };
        let mut open = self.open();
        if open.in_all >= counted.most {
            if !std::mem::replace(&mut open.told, true) {
                tracing::warn!(listener, most = counted.most, "too many connections; more are ended at once");
            }
            return None;
        }
        for (origin, most) in origins.iter().zip([counted.of_one, counted.of_one.saturating_mul(SITE)]) {
            let Some(one) = open.by_origin.get_mut(origin).filter(|one| one.count >= most) else { continue };
            if !std::mem::replace(&mut one.told, true) {
                let (address, bits) = origin;
                tracing::warn!(listener, %address, bits, "too many connections from one place; more are ended at once");
            }
            return None;
        }
        origins.iter().for_each(|origin| open.by_origin.entry(*origin).or_default().count += 1);
        open.in_all += 1;
        Some(Place { gate: self.clone(), origins })
    }
}

impl Counted {
    /// Whether many people stand behind an address: a proxy's, also one on this machine that nobody named.
    fn is_shared(&self, peer: IpAddr) -> bool {
        peer.to_canonical().is_loopback() || self.proxies.include(peer)
    }
}

/// Whom an address stands for. One of IPv6 is never alone: the network around it counts, and the site around that, which is the
/// most that one customer is given (RFC 6177).
fn origins(peer: IpAddr) -> Vec<Origin> {
    match peer.to_canonical() {
        IpAddr::V6(peer) => [64, 48].map(|bits| (first(peer, bits).into(), bits)).to_vec(),
        peer @ IpAddr::V4(_) => vec![(peer, 32)],
    }
}

fn first(peer: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(peer.to_bits() & (u128::MAX << (128 - bits)))
}

/// How many files the process may have open, once it has asked for as many as it needs and may have.
fn files() -> u64 {
    let held = getrlimit(Resource::Nofile);
    let (now, most) = (held.current.unwrap_or(u64::MAX), held.maximum.unwrap_or(u64::MAX));
    let wanted = FILES.min(most);
    let asked = now < wanted && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..held }).is_ok();
    if asked { wanted } else { now }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.gate.open();
        open.in_all = open.in_all.saturating_sub(1);
        if open.in_all < self.gate.0.most / 2 {
            open.told = false;
        }
        for origin in &self.origins {
            if let Some(one) = open.by_origin.get_mut(origin) {
                one.count = one.count.saturating_sub(1);
                if one.count == 0 {
                    open.by_origin.remove(origin);
                }
            }
        }
    }
}

impl<S> Accept<TcpStream, S> for Gate {
    type Stream = Counting;
    type Service = S;
    type Future = Ready<io::Result<(Counting, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let counted = || {
            let place = self.enter(stream.peer_addr()?.ip()).ok_or(io::ErrorKind::QuotaExceeded)?;
            // What there is is sent at once.
            stream.set_nodelay(true)?;
            Ok(Counting { stream, _place: place })
        };
        ready(counted().map(|stream| (stream, service)))
    }
}

/// A connection with its place.
#[derive(Debug)]
pub(crate) struct Counting {
    stream: TcpStream,
    _place: Place,
}

impl AsyncRead for Counting {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, to)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, from)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::of("portal", (10, 3), Proxies::parse(&["10.0.0.0/8".to_owned()], "Forwarded").unwrap())
    }

    fn enter(gate: &Gate, peers: &[&str]) -> Vec<Option<Place>> {
        peers.iter().map(|peer| gate.enter(peer.parse().unwrap())).collect()
    }

    #[test]
    fn one_address_has_its_part_and_gets_it_back() {
        let gate = gate();
        let mut places = enter(&gate, &["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"]);
        let taken: Vec<bool> = places.iter().map(Option::is_some).collect();
        assert_eq!(taken, [true, true, true, false, true]);
        places.remove(0);
        assert!(gate.enter("192.0.2.1".parse().unwrap()).is_some());
        drop(places);
        assert!(gate.open().by_origin.is_empty() && gate.open().in_all == 0, "nothing is kept of who was there");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let gate = gate();
        let places = enter(&gate, &["2001:db8::1", "2001:db8::2", "2001:db8::f:1", "2001:db8::3", "2001:db8:0:1::1"]);
        assert_eq!(places.iter().filter(|place| place.is_some()).count(), 4);
        assert!(places[3].is_none());
    }

    #[test]
    fn a_site_of_ipv6_has_its_end_however_many_networks_it_has() {
        let gate = Gate::of("portal", (100, 3), Proxies::default());
        let peers: Vec<String> = (0..20).map(|network| format!("2001:db8:1:{network:x}::1")).collect();
        let places = enter(&gate, &peers.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(places.iter().filter(|place| place.is_some()).count(), 12);
        assert!(gate.enter("2001:db8:2::1".parse().unwrap()).is_some());
        drop(places);
        assert!(gate.open().by_origin.is_empty());
    }

    #[test]
    fn a_proxy_brings_many_and_all_together_have_an_end() {
        let gate = gate();
        let places = enter(&gate, &["10.1.2.3", "127.0.0.1", "::1", "::ffff:10.1.2.3"].repeat(3));
        assert_eq!(places.iter().filter(|place| place.is_some()).count(), 10);
        assert!(gate.enter("192.0.2.1".parse().unwrap()).is_none());
        drop(places);
        assert!(gate.enter("192.0.2.1".parse().unwrap()).is_some());
    }
}
