//! Where a visitor comes from, when proxies of the operator stand before the portal.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header::FORWARDED};
use ipnet::IpNet;

/// What older proxies send.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies that are believed, and the one header in which they name who came to them.
///
/// Only one header is read: a proxy sets or extends its own and passes on any other just as the visitor sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxies {
    trusted: Vec<IpNet>,
    header: HeaderName,
}

impl Default for Proxies {
    fn default() -> Self {
        Self { trusted: vec![], header: X_FORWARDED_FOR }
    }
}

impl Proxies {
    /// Reads addresses or networks (`10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`) and the name of the header,
    /// `X-Forwarded-For` or `Forwarded` (RFC 7239).
    ///
    /// # Errors
    /// Every text that is none.
    pub fn parse(trusted: &[String], header: &str) -> Result<Self, Vec<String>> {
        let header = [X_FORWARDED_FOR, FORWARDED].into_iter().find(|known| known.as_str().eq_ignore_ascii_case(header));
        let network = |text: &String| text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        let (good, bad): (Vec<_>, Vec<_>) =
            trusted.iter().map(|text| (text, network(text))).partition(|(_, n)| n.is_some());
        let mut faults: Vec<String> =
            bad.into_iter().map(|(text, _)| format!("{text:?} is neither an address nor a network")).collect();
        match header {
            Some(header) if faults.is_empty() => {
                Ok(Self { trusted: good.into_iter().filter_map(|(_, network)| network).collect(), header })
            }
            Some(_) => Err(faults),
            None => {
                faults.push("the header must be X-Forwarded-For or Forwarded".to_owned());
                Err(faults)
            }
        }
    }

    /// Whether an address is one of them.
    pub fn include(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted.iter().any(|network| network.contains(&peer))
    }

    /// Where the visitor comes from: the peer, or behind trusted proxies the last address that is none of them.
    ///
    /// What stands further left was sent by someone who is not believed. An entry that cannot be read ends the search
    /// at the proxy that wrote it.
    pub fn visitor(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        for entry in self.entries(headers).into_iter().rev() {
            if !self.include(nearest) {
                break;
            }
            let Some(before) = entry else { break };
            nearest = before.to_canonical();
        }
        nearest
    }

    /// Addresses in the header, in order of the proxies; several lines count as one.
    fn entries(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let lines = headers.get_all(&self.header).into_iter().map(|line| line.to_str().unwrap_or("?"));
        let parts = lines.flat_map(|line| outside_quotes(line, ','));
        if self.header == FORWARDED {
            parts.map(|element| address(forwarded_for(element)?)).collect()
        } else {
            parts.map(address).collect()
        }
    }
}

/// Parts between separators that stand outside quotes.
fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    let split = |letter: char| {
        quoted ^= letter == '"';
        letter == separator && !quoted
    };
    text.split(split).collect()
}

/// The node in the parameter `for` of an element of `Forwarded` (RFC 7239, section 4).
fn forwarded_for(element: &str) -> Option<&str> {
    let pairs = outside_quotes(element, ';').into_iter().filter_map(|pair| pair.split_once('='));
    let mut nodes = pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case("for")).map(|(_, node)| node);
    nodes.next().map(|node| node.trim().trim_matches('"'))
}

/// An address, perhaps with a port; IPv6 with or without brackets.
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim();
    let plain = node.strip_prefix('[').and_then(|node| node.strip_suffix(']')).unwrap_or(node);
    plain.parse().ok().or_else(|| node.parse::<SocketAddr>().ok().map(|place| place.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(header: &str, peer: &str, lines: &[&str]) -> String {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"].map(str::to_owned);
        let proxies = Proxies::parse(&trusted, header).unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HeaderName::from_bytes(header.to_lowercase().as_bytes()).unwrap(), line.parse().unwrap());
        }
        proxies.visitor(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_last_address_that_is_no_proxy_of_ours_is_the_visitor() {
        let xff = |peer, lines: &[&str]| visitor("X-Forwarded-For", peer, lines);
        assert_eq!(xff("127.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(
            xff("127.0.0.1", &["198.51.100.1, 203.0.113.7, 10.1.2.3"]),
            "203.0.113.7",
            "the left one is a claim"
        );
        assert_eq!(xff("127.0.0.1", &["198.51.100.1", "203.0.113.7"]), "203.0.113.7", "two lines are one list");
        assert_eq!(xff("::ffff:127.0.0.1", &["203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(xff("2001:db8:1::5", &["[2001:db8:2::7]:443"]), "2001:db8:2::7");
        assert_eq!(xff("10.0.0.1", &["10.0.0.2"]), "10.0.0.2", "someone on the proxies' own network");
    }

    #[test]
    fn a_stranger_names_nobody_else() {
        assert_eq!(visitor("X-Forwarded-For", "203.0.113.7", &["127.0.0.1"]), "203.0.113.7");
        assert_eq!(visitor("X-Forwarded-For", "127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(visitor("X-Forwarded-For", "127.0.0.1", &["203.0.113.7, unknown"]), "127.0.0.1");
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED, "for=198.51.100.1".parse().unwrap());
        headers.append(X_FORWARDED_FOR, "198.51.100.1".parse().unwrap());
        let peer: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(Proxies::default().visitor(peer, &headers), peer, "none is trusted unless it is said");
        let only = Proxies::parse(&["127.0.0.1".to_owned()], "forwarded").unwrap();
        headers.remove(FORWARDED);
        assert_eq!(only.visitor(peer, &headers), peer, "the other header is the visitor's own");
    }

    #[test]
    fn forwarded_is_read_with_its_quotes() {
        let forwarded = |lines: &[&str]| visitor("Forwarded", "127.0.0.1", lines);
        assert_eq!(forwarded(&["for=203.0.113.7;proto=https;by=10.0.0.1"]), "203.0.113.7");
        assert_eq!(
            forwarded(&["for=198.51.100.1, For=\"[2001:db8:2::7]:4711\";host=\"a,b;for=1.1.1.1\""]),
            "2001:db8:2::7"
        );
        assert_eq!(forwarded(&["for=203.0.113.7, proto=https"]), "127.0.0.1", "the last proxy names nobody");
        assert_eq!(forwarded(&["for=_hidden"]), "127.0.0.1");
    }

    #[test]
    fn what_is_no_network_is_named() {
        let faults = Proxies::parse(&["10.0.0.0/33".to_owned(), "proxy.example".to_owned()], "via").unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
