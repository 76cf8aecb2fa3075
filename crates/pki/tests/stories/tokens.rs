//! Stories of keys in a token (PKCS#11), with SoftHSM as the token and OpenSSL as the judge.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use cryptoki::context::Pkcs11;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use domain::clock::{Clock, Timestamp};
use pki::{
    CertStatus, CrlOrder, Error, KeyKind, OcspAnswer, OcspOrder, OcspRequest, PinFlags, Responder, SigningKey, Token,
    TokenChoice, TokenFault, TokenNews, TokenPin, TokenPlace, pem, prepare_crl, prepare_ocsp,
};
use time::Duration;

use crate::softhsm::{FOLDER, OFFICER_PIN, PIN, SoftHsm, with_softhsm};
use crate::support::{Authority, Folder, NOON, at, openssl};

/// A clock that stands still until it is moved.
pub(crate) struct Hand(AtomicI64);

impl Hand {
    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.whole_milliseconds()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A token, its clock, and what was told about it.
pub(crate) struct Watched {
    pub(crate) token: Token,
    pub(crate) clock: Arc<Hand>,
    news: Arc<Mutex<Vec<TokenNews>>>,
}

impl Watched {
    fn open(softhsm: &SoftHsm, label: &str, pin: &str) -> Self {
        Self::at(softhsm.place(label, pin))
    }

    pub(crate) fn at(place: TokenPlace) -> Self {
        let clock = Arc::new(Hand(AtomicI64::new(NOON.as_millis())));
        let news = Arc::new(Mutex::new(vec![]));
        let heard = news.clone();
        let watch = Arc::new(move |told: &TokenNews| heard.lock().unwrap().push(told.clone()));
        Self { token: Token::new(place, clock.clone(), watch).unwrap(), clock, news }
    }

    pub(crate) fn told(&self) -> Vec<TokenNews> {
        std::mem::take(&mut self.news.lock().unwrap())
    }
}

pub(crate) fn key(token: &Token, name: &str, kind: KeyKind) -> SigningKey {
    SigningKey::Token(token.generate(name, kind).unwrap())
}

/// A list of nobody, signed by the issuing authority.
pub(crate) fn list(authority: &Authority, number: u64) -> Result<Vec<u8>, Error> {
    let (this_update, next_update) = (NOON, NOON + Duration::hours(24));
    let (issuer, revoked) = (&authority.issuing, &[][..]);
    let order = CrlOrder { issuer, number, this_update, next_update, revoked, distribution_point: None };
    prepare_crl(&order).unwrap().sign(&authority.issuing_key)
}

#[test]
fn every_kind_of_key_makes_what_openssl_accepts() {
    with_softhsm("tokens::every_kind_of_key_makes_what_openssl_accepts", &["authority"], |softhsm| {
        let token = Watched::open(softhsm, "authority", PIN).token;
        for (number, kind) in (1..).zip([KeyKind::P256, KeyKind::P384, KeyKind::Rsa3072, KeyKind::Rsa4096]) {
            let root = key(&token, &format!("root-{number}"), KeyKind::P384);
            let authority = Authority::with(root, key(&token, &format!("issuing-{number}"), kind));
            assert!(authority.issuing_key.pkcs8_der().is_none(), "it never leaves the token");
            let folder = Folder::of(&format!("token-{number}"));
            judge(&authority, &folder);
            judge_ocsp(&authority, &folder);
        }
    });
}

fn judge(authority: &Authority, folder: &Folder) {
    let (root, issuing) = folder.write_chain(authority);
    let leaf = authority.terminal("p256", SigningKey::generate(KeyKind::P256).unwrap().public_key());
    let leaf = folder.write("leaf.pem", pem::certificate(&leaf.der));
    let crl = folder.write("list.pem", pem::crl(&list(authority, 7).unwrap()));
    let noon = at(NOON);
    let words = ["verify", "-x509_strict", "-crl_check", "-CRLfile", &crl, "-attime", &noon, "-CAfile", &root];
    openssl(&[&words[..], &["-untrusted", &issuing, &leaf]].concat());
    assert!(openssl(&["crl", "-in", &crl, "-noout", "-CAfile", &issuing]).contains("verify OK"));
}

fn judge_ocsp(authority: &Authority, folder: &Folder) {
    let (leaf, root, issuing) = (folder.path("leaf.pem"), folder.path("root.pem"), folder.path("issuing.pem"));
    let (request, response) = (folder.path("request.der"), folder.path("response.der"));
    openssl(&["ocsp", "-issuer", &issuing, "-cert", &leaf, "-no_nonce", "-reqout", &request]);
    let asked = OcspRequest::parse(&folder.read("request.der")).unwrap();
    let answers: Vec<_> = asked
        .certificates()
        .iter()
        .map(|certificate| OcspAnswer { certificate: certificate.clone(), status: CertStatus::Good })
        .collect();
    let responder = Responder::issuer(&authority.issuing);
    let next_update = NOON + Duration::hours(1);
    let order = OcspOrder { responder: &responder, answers: &answers, produced_at: NOON, next_update, nonce: None };
    folder.write("response.der", prepare_ocsp(&order).unwrap().sign(&authority.issuing_key).unwrap());
    let noon = at(NOON);
    let words = ["ocsp", "-respin", &response, "-reqin", &request, "-issuer", &issuing, "-cert", &leaf, "-CAfile"];
    let said = openssl(&[&words[..], &[&root, "-attime", &noon, "-no_nonce"]].concat());
    assert!(said.contains("Response verify OK") && said.contains("good\n"), "{said}");
}

#[test]
fn two_sessions_sign_side_by_side() {
    with_softhsm("tokens::two_sessions_sign_side_by_side", &["authority"], |softhsm| {
        let token = Watched::open(softhsm, "authority", PIN).token;
        let root = SigningKey::generate(KeyKind::P256).unwrap();
        let authority = Authority::with(root, key(&token, "issuing", KeyKind::P256));
        let lists = std::thread::scope(|threads| {
            let halves = [1..=50, 51..=100].map(|numbers| {
                let authority = &authority;
                threads.spawn(move || numbers.map(|number| list(authority, number).unwrap()).collect::<Vec<_>>())
            });
            halves.map(|half| half.join().unwrap()).concat()
        });
        let folder = Folder::of("token-parallel");
        let (_, issuing) = folder.write_chain(&authority);
        let last = folder.write("last.pem", pem::crl(lists.last().unwrap()));
        assert_eq!(lists.len(), 100, "each was verified when it was signed");
        assert!(openssl(&["crl", "-in", &last, "-noout", "-CAfile", &issuing]).contains("verify OK"));
    });
}

#[test]
fn a_key_signs_nothing_but_what_it_is_for_and_cannot_be_read() {
    with_softhsm("tokens::a_key_signs_nothing_but_what_it_is_for_and_cannot_be_read", &["authority"], |softhsm| {
        let token = Watched::open(softhsm, "authority", PIN).token;
        let (made, other) = (key(&token, "issuing-1", KeyKind::P256), key(&token, "issuing-2", KeyKind::Rsa2048));
        let found = token.find("issuing-1").unwrap().map(SigningKey::Token).unwrap();
        assert!(found.public_key() == made.public_key() && found.public_key() != other.public_key());
        assert!(token.find("issuing-3").unwrap().is_none());
        let again = token.generate("issuing-1", KeyKind::P256).unwrap_err();
        assert!(matches!(again, TokenFault::Refused { .. }) && again.to_string().contains("there already"), "{again}");
        let pkcs11 = Pkcs11::new(SoftHsm::MODULE).unwrap();
        let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
        let session = pkcs11.open_ro_session(slot).unwrap();
        for name in ["issuing-1", "issuing-2"] {
            let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(name.as_bytes().to_vec())];
            let private = session.find_objects(&wanted).unwrap()[0];
            use AttributeType as A;
            let asked = [A::Id, A::Token, A::Private, A::Sensitive, A::Extractable, A::Sign, A::Decrypt, A::Unwrap];
            let told = session.get_attributes(private, &asked).unwrap();
            let expected = [
                Attribute::Id(name.as_bytes().to_vec()),
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Sign(true),
                Attribute::Decrypt(false),
                Attribute::Unwrap(false),
            ];
            assert!(expected.iter().all(|one| told.contains(one)), "{told:?}");
        }
    });
}

#[test]
fn a_token_that_comes_back_signs_again_by_itself() {
    with_softhsm("tokens::a_token_that_comes_back_signs_again_by_itself", &["authority"], |softhsm| {
        let Watched { token, clock, news } = Watched::open(softhsm, "authority", PIN);
        let authority = Authority::with(SigningKey::generate(KeyKind::P256).unwrap(), key(&token, "i", KeyKind::P256));
        list(&authority, 1).unwrap();
        softhsm.remove();
        for number in 2..=5 {
            let Err(Error::Token(fault)) = list(&authority, number) else { panic!("there is no token") };
            assert!(fault.passes(), "{fault}");
            assert!(authority.issuing_key.ready().is_err());
        }
        softhsm.put_back();
        assert!(list(&authority, 6).is_err(), "it is not asked all the time");
        clock.pass(Duration::minutes(1));
        authority.issuing_key.ready().unwrap();
        list(&authority, 7).unwrap();
        let told = news.lock().unwrap();
        assert!(matches!(told.as_slice(), [TokenNews::Failed(_), TokenNews::Works]), "told once each: {told:?}");
    });
}

#[test]
fn a_token_that_is_not_there_at_first_is_used_when_it_comes() {
    with_softhsm("tokens::a_token_that_is_not_there_at_first_is_used_when_it_comes", &["authority"], |softhsm| {
        softhsm.remove();
        let Watched { token, clock, .. } = Watched::open(softhsm, "authority", PIN);
        assert!(token.find("issuing").unwrap_err().passes());
        softhsm.put_back();
        clock.pass(Duration::minutes(1));
        assert!(token.find("issuing").unwrap().is_none());
        key(&token, "issuing", KeyKind::P256).ready().unwrap();
    });
}

/// What SoftHSM says of the PIN, read beside the store.
fn pin_is_low(pkcs11: &Pkcs11) -> bool {
    let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
    pkcs11.get_token_info(slot).unwrap().user_pin_count_low()
}

#[test]
fn a_wrong_pin_is_tried_once_and_never_again() {
    with_softhsm("tokens::a_wrong_pin_is_tried_once_and_never_again", &["authority"], |softhsm| {
        let watched = Watched::open(softhsm, "authority", "not-the-pin");
        let flags = PinFlags { count_low: true, final_try: false, locked: false };
        let refused = TokenFault::WrongPin { token: "authority".to_owned(), flags, tried: true };
        assert_eq!(watched.token.find("issuing").unwrap_err(), refused);
        assert!(refused.to_string().contains("count low: yes, final try: no, locked: no"), "{refused}");
        // From now on the PIN would be right: whoever tried would get in.
        let pkcs11 = Pkcs11::new(SoftHsm::MODULE).unwrap();
        assert!(pin_is_low(&pkcs11));
        let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
        let session = pkcs11.open_rw_session(slot).unwrap();
        session.login(UserType::So, Some(&AuthPin::new(OFFICER_PIN.into()))).unwrap();
        session.init_pin(&AuthPin::new("not-the-pin".into())).unwrap();
        session.logout().unwrap();
        watched.clock.pass(Duration::days(1));
        for _ in 0..3 {
            assert_eq!(watched.token.find("issuing").unwrap_err(), refused);
        }
        assert_eq!(watched.told(), [TokenNews::Failed(refused.clone())]);
        let second = Watched::open(softhsm, "authority", "not-the-pin");
        assert_eq!(second.token.find("issuing").unwrap_err(), refused, "nor by another store of this process");
        session.login(UserType::User, Some(&AuthPin::new("not-the-pin".into()))).unwrap();
    });
}

/// Sets a flag of each token (`CK_TOKEN_INFO`), which SoftHSM itself never sets: it counts no attempts.
fn set_flag(flag: u64) {
    let tokens = Path::new(&std::env::var_os(FOLDER).unwrap()).join("tokens");
    for entry in fs::read_dir(tokens).unwrap() {
        let path = entry.unwrap().path().join("token.object");
        let mut bytes = fs::read(&path).unwrap();
        // A number of a stored object: its kind (2) and its value, both in eight octets. Only one has the flags of a
        // token that is initialised, has a PIN and wants a login.
        let flags = |at: &[u8; 16]| {
            let [kind, value] = [&at[..8], &at[8..]].map(|part| u64::from_be_bytes(part.try_into().unwrap()));
            (kind == 2 && value & 0x40C == 0x40C).then_some(value)
        };
        let found = (0..bytes.len() - 15).find_map(|at| Some((at, flags(bytes[at..at + 16].try_into().unwrap())?)));
        let (at, value) = found.unwrap();
        bytes[at + 8..at + 16].copy_from_slice(&(value | flag).to_be_bytes());
        fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn the_last_attempt_before_a_token_locks_is_never_made() {
    const FINAL_TRY: u64 = 0x0002_0000;
    with_softhsm("tokens::the_last_attempt_before_a_token_locks_is_never_made", &["authority"], |softhsm| {
        set_flag(FINAL_TRY);
        let fault = Watched::open(softhsm, "authority", "not-the-pin").token.find("issuing").unwrap_err();
        assert!(matches!(fault, TokenFault::WrongPin { tried: false, .. }), "{fault}");
        assert!(fault.to_string().contains("log in once with the tool"), "{fault}");
        let pkcs11 = Pkcs11::new(SoftHsm::MODULE).unwrap();
        assert!(!pin_is_low(&pkcs11), "nobody tried");
    });
}

#[test]
fn a_token_says_beforehand_whether_it_can_make_a_key() {
    with_softhsm("tokens::a_token_says_beforehand_whether_it_can_make_a_key", &["authority"], |softhsm| {
        let token = Watched::open(softhsm, "authority", PIN).token;
        for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa3072, KeyKind::Rsa4096] {
            assert_eq!(token.check(kind), Ok(()));
        }
        let wrong = Watched::open(softhsm, "nowhere", PIN).token;
        assert!(wrong.check(KeyKind::P256).unwrap_err().passes());
    });
}

#[test]
fn a_token_is_found_by_its_slot_and_opened_with_two_halves() {
    with_softhsm("tokens::a_token_is_found_by_its_slot_and_opened_with_two_halves", &["one", "authority"], |softhsm| {
        let by_label = Watched::open(softhsm, "authority", PIN).token;
        by_label.generate("issuing", KeyKind::P256).unwrap();
        let pkcs11 = Pkcs11::new(SoftHsm::MODULE).unwrap();
        let mut slots = pkcs11.get_slots_with_initialized_token().unwrap();
        slots.retain(|slot| pkcs11.get_token_info(*slot).unwrap().label() == "authority");
        let place = TokenPlace {
            token: TokenChoice::Slot(slots[0].id()),
            pin: TokenPin::from_halves(&PIN[..4], &PIN[4..]).unwrap(),
            ..softhsm.place("authority", PIN)
        };
        let token = Token::new(place, Arc::new(Hand(AtomicI64::new(0))), Arc::new(|_| {})).unwrap();
        let (found, same) = (token.find("issuing").unwrap().unwrap(), by_label.find("issuing").unwrap().unwrap());
        assert!(SigningKey::Token(found).public_key() == SigningKey::Token(same).public_key());
        assert!(token.find("other").unwrap().is_none());
    });
}

#[test]
fn each_fault_of_a_place_has_its_own_words() {
    with_softhsm("tokens::each_fault_of_a_place_has_its_own_words", &["one", "twice", "twice"], |softhsm| {
        let find = |label: &str| Watched::open(softhsm, label, PIN).token.find("issuing");
        assert!(find("nowhere").unwrap_err().passes(), "it may be plugged in later");
        assert!(matches!(find("twice"), Err(TokenFault::Refused { cause, .. }) if cause.contains("2 tokens")));
        for library in ["/nowhere/module.so", "/etc/hostname"] {
            let clock = Arc::new(Hand(AtomicI64::new(0)));
            let place = pki::TokenPlace { module: Path::new(library).to_owned(), ..softhsm.place("one", PIN) };
            let token = Token::new(place, clock, Arc::new(|_| {})).unwrap();
            let fault = token.find("issuing").unwrap_err();
            assert!(!fault.passes() && fault.to_string().contains(library), "{fault}");
        }
        let token = Watched::open(softhsm, "one", PIN).token;
        let lost = token.key("issuing", SigningKey::generate(KeyKind::P256).unwrap().public_key().clone());
        let missing = TokenFault::KeyNotFound { token: "one".to_owned(), key: "issuing".to_owned() };
        assert_eq!(SigningKey::Token(lost).ready(), Err(Error::Token(missing)));
    });
}

#[test]
fn a_key_that_is_not_the_certified_one_signs_nothing() {
    with_softhsm("tokens::a_key_that_is_not_the_certified_one_signs_nothing", &["authority"], |softhsm| {
        let token = Watched::open(softhsm, "authority", PIN).token;
        let own = SigningKey::generate(KeyKind::P256).unwrap();
        key(&token, "issuing", KeyKind::P256);
        let claimed = SigningKey::Token(token.key("issuing", own.public_key().clone()));
        let mut authority = Authority::with(SigningKey::generate(KeyKind::P256).unwrap(), own);
        authority.issuing_key = claimed;
        assert_eq!(list(&authority, 1), Err(Error::BadSignature));
    });
}
