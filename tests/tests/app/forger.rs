//! Certificates as nobody here would make them: without lint, and without a record.

use pki::{
    AlternativeName, CertificateOrder, EXAMPLE_POLICY_ARC, IssuerCert, KeyKind, Profile, Profiles, PublicKey, Serial,
    SigningKey, Subject, Urls, Validity, prepare, sign,
};
use services::authority::Authority;

use crate::support::House;

/// Issues what nobody here would: without lint and without a record.
pub(crate) struct Forger<'a> {
    house: &'a House,
    pub(crate) profiles: Profiles,
}

/// Name and key that sign.
pub(crate) type Signer<'a> = (&'a IssuerCert, &'a SigningKey);

/// Name and key of the house's own authority.
pub(crate) fn of_house(authority: &Authority) -> Signer<'_> {
    (&authority.issuing.certificate, &authority.issuing.key)
}

impl<'a> Forger<'a> {
    pub(crate) fn new(house: &'a House) -> Self {
        Self { house, profiles: Profiles::built_in(EXAMPLE_POLICY_ARC).unwrap() }
    }

    /// The profile of terminals with some of its lines changed.
    pub(crate) fn profile(&self, changes: &[(&str, &str)]) -> std::sync::Arc<Profile> {
        let mut text = include_str!("../../../crates/pki/profiles/terminal.toml").to_owned();
        for (line, other) in changes {
            assert!(text.contains(line), "{line}");
            text = text.replace(line, other);
        }
        Profiles::parse(&text, EXAMPLE_POLICY_ARC).unwrap().get("p256").unwrap().clone()
    }

    /// Issues as the house would, today.
    pub(crate) fn issue(
        &self,
        signer: Signer<'_>,
        profile: &std::sync::Arc<Profile>,
        key: &PublicKey,
        serial: &Serial,
    ) -> Vec<u8> {
        let validity = profile.validity(self.house.app.clock.now(), Some(signer.0)).unwrap();
        self.issue_for(signer, profile, key, serial, validity)
    }

    pub(crate) fn issue_for(
        &self,
        (issuer, issuer_key): Signer<'_>,
        profile: &std::sync::Arc<Profile>,
        key: &PublicKey,
        serial: &Serial,
        validity: Validity,
    ) -> Vec<u8> {
        let address = |end: &str| Some(format!("http://elsewhere.example/{end}"));
        let server = [AlternativeName::Dns("localhost".to_owned())];
        let is_server = profile.name() == "closed-network-server";
        let order = CertificateOrder {
            profile,
            issuer: Some(issuer),
            serial,
            subject: &match is_server {
                true => Subject::operator("まどぐち", "localhost"),
                false => Subject::terminal("さくら歯科", "1330100016", "オンライン資格確認パソコン", "AAAA"),
            },
            alternative_names: if is_server { &server } else { &[] },
            public_key: key,
            validity,
            urls: &Urls { crl: address("crl"), ocsp: address("ocsp"), issuer: address("cer"), cps: address("cps") },
        };
        sign(prepare(&order).unwrap(), issuer_key).unwrap().der
    }

    /// An authority of the same names as the house's, with keys of its own.
    pub(crate) fn double(&self) -> (IssuerCert, SigningKey) {
        let own = &self.house.app.authority;
        let (root_key, key) = (new_key(KeyKind::P384), new_key(KeyKind::P256));
        let stamp =
            |profile: &str, issuer: Option<&IssuerCert>, subject: &Subject, key: &SigningKey, by: &SigningKey| {
                let profile = self.profiles.get(profile).unwrap();
                let order = CertificateOrder {
                    profile,
                    issuer,
                    serial: &Serial::from_bytes(&[7; 16]).unwrap(),
                    subject,
                    alternative_names: &[],
                    public_key: key.public_key(),
                    validity: profile.validity(self.house.app.clock.now(), issuer).unwrap(),
                    urls: &own.issuing.urls(0),
                };
                IssuerCert::parse(&sign(prepare(&order).unwrap(), by).unwrap().der).unwrap()
            };
        let operator = &self.house.app.settings.operator.name;
        let root = stamp("root", None, &Subject::operator(operator, "共通認証局 ルート"), &root_key, &root_key);
        let subject = Subject::operator(operator, "共通認証局 発行局");
        let issuing = stamp("issuing", Some(&root), &subject, &key, &root_key);
        assert_eq!(issuing.name_der(), own.issuing.certificate.name_der(), "the very same name");
        (issuing, key)
    }

    /// A certificate of an authority of other names.
    pub(crate) fn stranger(&self, key: &PublicKey) -> Vec<u8> {
        let (root_key, now) = (new_key(KeyKind::P384), self.house.app.clock.now());
        let profile = self.profiles.get("root").unwrap();
        let order = CertificateOrder {
            profile,
            issuer: None,
            serial: &Serial::from_bytes(&[3; 16]).unwrap(),
            subject: &Subject::operator("よその認証局", "ルート"),
            alternative_names: &[],
            public_key: root_key.public_key(),
            validity: profile.validity(now, None).unwrap(),
            urls: &Urls::default(),
        };
        let root = IssuerCert::parse(&sign(prepare(&order).unwrap(), &root_key).unwrap().der).unwrap();
        self.issue((&root, &root_key), &self.profile(&[]), key, &Serial::from_bytes(&[4; 16]).unwrap())
    }
}

fn new_key(kind: KeyKind) -> SigningKey {
    SigningKey::generate(kind).unwrap()
}
