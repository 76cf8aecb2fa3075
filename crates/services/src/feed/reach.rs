//! Which addresses may be called: those of the public internet, and networks that the operator names.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use hyper::Uri;
use ipnet::IpNet;

/// How long one call may take in all: less than the lease of its job, several times over.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which addresses may be called, whom TLS trusts, and how long an answer is awaited.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Networks of the operator's own that may be called.
    pub networks: Vec<IpNet>,
    /// Whether a receiver on this very machine may be called, also without TLS: in the demo and in tests.
    pub loopback: bool,
    /// Certificates of authorities that receivers are believed by, in PEM; those of the machine if none.
    pub roots: Option<Vec<u8>>,
    /// How long one call may take in all.
    pub patience: Duration,
}

impl Default for Reach {
    fn default() -> Self {
        Self { networks: vec![], loopback: false, roots: None, patience: PATIENCE }
    }
}

/// Where a call goes.
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
}

/// Networks that are not of the public internet (RFC 6890 and its successors).
const NOT_PUBLIC_4: [(Ipv4Addr, u32); 14] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

fn is_public_4(address: Ipv4Addr) -> bool {
    let within = |(network, length): &(Ipv4Addr, u32)| {
        let mask = u32::MAX << (32 - length);
        u32::from(address) & mask == u32::from(*network)
    };
    !NOT_PUBLIC_4.iter().any(within)
}

/// Only what is given out as global unicast, without examples and without addresses that carry another one inside.
fn is_public_6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let global = parts[0] & 0xe000 == 0x2000;
    let special = parts[0] == 0x2001 && (parts[1] < 0x0200 || parts[1] == 0x0db8);
    let carries_another = parts[0] == 0x2002 || parts[0] == 0x3fff;
    global && !special && !carries_another
}

impl Reach {
    /// With networks as the operator writes them.
    ///
    /// # Errors
    /// Those that are none.
    pub fn of(networks: &[String]) -> Result<Self, Vec<String>> {
        let read = |text: &String| text.parse::<IpNet>().map_err(|_| text.clone());
        let (good, odd): (Vec<_>, Vec<_>) = networks.iter().map(read).partition(Result::is_ok);
        let odd: Vec<String> = odd.into_iter().filter_map(Result::err).collect();
        let networks = good.into_iter().filter_map(Result::ok).collect();
        if odd.is_empty() { Ok(Self { networks, ..Self::default() }) } else { Err(odd) }
    }

    /// Whether an address may be called.
    pub(super) fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let public = match address {
            IpAddr::V4(address) => is_public_4(address),
            IpAddr::V6(address) => is_public_6(address),
        };
        public || self.loopback && address.is_loopback() || self.networks.iter().any(|own| own.contains(&address))
    }

    /// Where an address leads, or a sentence why it may not be called.
    ///
    /// # Errors
    /// The sentence.
    pub(super) fn target(&self, uri: &Uri) -> Result<Target, String> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let named = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        let literal = host.parse::<IpAddr>().ok();
        let here = host == "localhost" || literal.is_some_and(|address| address.is_loopback());
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if here && self.loopback => false,
            _ => return Err("「https://」で始まるアドレスを入力してください。".to_owned()),
        };
        if host.is_empty() || named {
            return Err("サーバーの名前のあるアドレスを、利用者名を付けずに入力してください。".to_owned());
        }
        if literal.is_some_and(|address| !self.allows(address)) {
            return Err(
                "組織の内側のアドレスは使えません。設定（webhooks.private_networks）で許した範囲だけを呼び出せます。"
                    .to_owned(),
            );
        }
        Ok(Target { port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }), host, tls })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(reach: &Reach, address: &str) -> bool {
        reach.allows(address.parse().unwrap())
    }

    #[test]
    fn addresses_inside_are_refused_in_every_dress() {
        let reach = Reach::default();
        let inside = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "64:ff9b::a00:1",
            "2001:db8::1",
            "2001::1",
            "2002:a00:1::1",
        ];
        for address in inside {
            assert!(!allows(&reach, address), "{address}");
        }
        for address in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "192.0.3.1", "223.255.255.255", "2606:4700::1111"] {
            assert!(allows(&reach, address), "{address}");
        }
    }

    #[test]
    fn the_operator_names_networks_and_the_demo_this_machine() {
        let own = Reach::of(&["10.20.0.0/16".to_owned()]).unwrap();
        assert_eq!(Reach::of(&["10.20.0.0/16".to_owned(), "ten".to_owned()]).unwrap_err(), ["ten"]);
        assert!(allows(&own, "10.20.3.4") && allows(&own, "::ffff:10.20.3.4") && !allows(&own, "10.21.0.1"));
        let here = Reach { loopback: true, ..Reach::default() };
        assert!(allows(&here, "127.0.0.1") && allows(&here, "::1") && !allows(&here, "10.0.0.1"));
    }

    #[test]
    fn an_address_is_https_and_names_a_server() {
        let target = |reach: &Reach, text: &str| reach.target(&text.parse().unwrap());
        let reach = Reach::default();
        let good = target(&reach, "https://claims.example:8443/hook?x=1").unwrap();
        assert_eq!((good.host.as_str(), good.port, good.tls), ("claims.example", 8443, true));
        for odd in [
            "http://claims.example/",
            "http://127.0.0.1:9/",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://a@b/",
            "/x",
        ] {
            assert!(target(&reach, odd).is_err(), "{odd}");
        }
        let here = Reach { loopback: true, ..Reach::default() };
        assert!(target(&here, "http://127.0.0.1:9/").is_ok() && target(&here, "http://[::1]:9/").is_ok());
        assert!(target(&here, "http://claims.example/").is_err());
    }
}
