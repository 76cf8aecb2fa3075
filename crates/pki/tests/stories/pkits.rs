//! The cases of NIST's PKITS and of RFC 5280, 6 that a terminal's certificate can meet, by the section of PKITS. OpenSSL
//! makes the certificates, so that nothing here must be able to. Which sections do not apply, docs/operate/compatibility.md
//! says.

use domain::clock::Timestamp;
use pki::ChainFault::{BadSignature, Expired, Invalid, NotYetValid, Revoked, UnknownIssuer, WrongUsage};
use pki::{ChainAnchors, ChainFault, pem, verify_client_chain};
use time::macros::date;

use crate::support::{Folder, NOON, openssl};

/// Extensions of the issuing authority.
const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n";
/// Extensions of a terminal.
const TERMINAL: &str = "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n";
/// Something that nobody knows.
const UNKNOWN: &str = "1.3.6.1.4.1.32473.9=DER:0500\n";
const UNKNOWN_CRITICAL: &str = "1.3.6.1.4.1.32473.9=critical,DER:0500\n";
/// From before [`NOON`] until long after it.
const CURRENT: (&str, &str) = ("20260101000000Z", "20360101000000Z");
const FUTURE: (&str, &str) = ("20270101000000Z", "20360101000000Z");
const PAST: (&str, &str) = ("20250101000000Z", "20260101000000Z");

/// Keys and requests of everybody, and OpenSSL's own little authority.
struct Workshop(Folder);

impl Workshop {
    fn open(story: &str) -> Self {
        let folder = Folder::of(story);
        let settings = format!(
            "[ca]\ndefault_ca=own\n[own]\ndatabase={0}\nnew_certs_dir={1}\nrand_serial=yes\ndefault_md=sha256\n\
             policy=any\nunique_subject=no\nemail_in_dn=no\n[any]\norganizationName=optional\ncommonName=supplied\n",
            folder.write("index.txt", ""),
            folder.path("")
        );
        folder.write("ca.cnf", settings);
        let shop = Self(folder);
        for key in ["root", "issuing", "terminal", "other"] {
            let file = shop.0.path(&format!("{key}.key"));
            openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &file]);
        }
        for name in ["root", "issuing", "terminal", "other"] {
            shop.request(name, name);
        }
        shop.request("renamed", "issuing");
        shop.certify("root", "root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n", CURRENT);
        shop.certify("issuing", "root", AUTHORITY, CURRENT);
        shop.certify("terminal", "issuing", TERMINAL, CURRENT);
        shop
    }

    fn request(&self, name: &str, key: &str) {
        self.request_as(name, key, &format!("/CN={name}"));
    }

    fn request_as(&self, name: &str, key: &str, subject: &str) {
        let (key, out) = (self.0.path(&format!("{key}.key")), self.0.path(&format!("{name}.csr")));
        openssl(&["req", "-new", "-key", &key, "-subj", subject, "-out", &out]);
    }

    /// Certifies the request of a name by another one's certificate and key; the root by itself.
    fn certify(&self, name: &str, by: &str, extensions: &str, (from, until): (&str, &str)) -> Vec<u8> {
        let file = |ending: &str| self.0.path(&format!("{name}.{ending}"));
        let extensions = format!("{extensions}subjectKeyIdentifier=hash\n");
        let (extensions, settings) = (self.0.write("extensions", extensions), self.0.path("ca.cnf"));
        // Other names of the issuing authority, with the same key.
        let is_renamed = ["renamed", "ordered", "swapped"].contains(&by);
        let key = self.0.path(&format!("{}.key", if is_renamed { "issuing" } else { by }));
        let (signer, request, out) = (self.0.path(&format!("{by}.pem")), file("csr"), file("pem"));
        let mut words = vec!["ca", "-batch", "-notext", "-preserveDN", "-config", &settings, "-extfile", &extensions];
        words.extend(["-startdate", from, "-enddate", until, "-keyfile", &key, "-in", &request, "-out", &out]);
        words.extend(if name == by { vec!["-selfsign"] } else { vec!["-cert", &signer] });
        openssl(&words);
        self.der(name)
    }

    fn der(&self, name: &str) -> Vec<u8> {
        pem::decode("CERTIFICATE", std::str::from_utf8(&self.0.read(&format!("{name}.pem"))).unwrap()).unwrap()
    }

    /// What is said of the terminal under the root and the issuers.
    fn verdict(&self, issuers: &[&[u8]], at: Timestamp) -> Result<(), ChainFault> {
        let anchors = ChainAnchors::new(&[&self.der("root")], issuers).unwrap();
        verify_client_chain(&self.der("terminal"), &anchors, at, false)
    }

    /// The terminal under an issuing authority with these extensions and dates.
    fn under(&self, extensions: &str, dates: (&str, &str)) -> Result<(), ChainFault> {
        let issuing = self.certify("issuing", "root", extensions, dates);
        self.certify("terminal", "issuing", TERMINAL, CURRENT);
        self.verdict(&[&issuing], NOON)
    }

    /// A terminal with these extensions and dates.
    fn with(&self, extensions: &str, dates: (&str, &str), at: Timestamp) -> Result<(), ChainFault> {
        self.certify("terminal", "issuing", extensions, dates);
        self.verdict(&[&self.der("issuing")], at)
    }
}

/// The last octets are the signature's.
fn damaged(mut der: Vec<u8>) -> Vec<u8> {
    *der.last_mut().unwrap() ^= 1;
    der
}

#[test]
fn signatures_section_4_1() {
    let shop = Workshop::open("pkits-4-1");
    let (root, issuing, terminal) = (shop.der("root"), shop.der("issuing"), shop.der("terminal"));
    assert_eq!(shop.verdict(&[&issuing], NOON), Ok(()), "4.1.1");
    assert_eq!(shop.verdict(&[&damaged(issuing.clone())], NOON), Err(BadSignature), "4.1.2, the issuer's own");
    let anchors = ChainAnchors::new(&[&root], &[&issuing]).unwrap();
    assert_eq!(verify_client_chain(&damaged(terminal), &anchors, NOON, false), Err(BadSignature), "4.1.3");
}

#[test]
fn dates_section_4_2() {
    let shop = Workshop::open("pkits-4-2");
    for (section, dates, at, verdict) in [
        ("4.2.2", FUTURE, NOON, Err(NotYetValid)),
        ("4.2.3, from before 2000", ("19990101000000Z", "20360101000000Z"), NOON, Ok(())),
        ("4.2.6", PAST, NOON, Err(Expired)),
        ("4.2.7, until before 2000", ("19980101000000Z", "19990101000000Z"), NOON, Err(Expired)),
        ("4.2.8, GeneralizedTime until", ("20260101000000Z", "20500601000000Z"), NOON, Ok(())),
        ("4.2.8, from 2050", ("20500101000000Z", "20600101000000Z"), NOON, Err(NotYetValid)),
    ] {
        assert_eq!(shop.with(TERMINAL, dates, at), verdict, "{section}");
    }
    let far = ("20260101000000Z", "20700101000000Z");
    shop.certify("root", "root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n", far);
    let issuing = shop.certify("issuing", "root", AUTHORITY, far);
    shop.certify("terminal", "issuing", TERMINAL, ("20260101000000Z", "20500601000000Z"));
    let later = |day| shop.verdict(&[&issuing], Timestamp::end_of_day(day));
    assert_eq!(later(date!(2050 - 05 - 31)), Ok(()), "4.2.8, its last day");
    assert_eq!(later(date!(2050 - 06 - 02)), Err(Expired), "4.2.8, over");
    for (section, dates, fault, words) in [
        ("4.2.1, the issuer's", FUTURE, NotYetValid, "発行した認証局の有効期間がまだ始まっていません"),
        ("4.2.5, the issuer's", PAST, Expired, "発行した認証局の有効期間が過ぎています"),
    ] {
        assert_eq!(shop.under(AUTHORITY, dates), Err(fault), "{section}");
        assert!(fault.to_string().contains(words), "the terminal's own dates are good: {fault}");
    }
}

#[test]
fn names_and_revocation_sections_4_3_and_4_4() {
    let shop = Workshop::open("pkits-4-3");
    let issuing = shop.der("issuing");
    shop.certify("renamed", "root", AUTHORITY, CURRENT);
    shop.certify("terminal", "renamed", TERMINAL, CURRENT);
    assert_eq!(shop.verdict(&[&issuing], NOON), Err(UnknownIssuer), "4.3.1, our key under another name");
    shop.certify("terminal", "issuing", TERMINAL, CURRENT);
    let renamed = shop.der("renamed");
    assert_eq!(shop.verdict(&[&renamed], NOON), Err(UnknownIssuer), "4.3.1, the authority renamed");
    let anchors = ChainAnchors::new(&[&shop.der("root")], &[&issuing]).unwrap();
    assert_eq!(verify_client_chain(&shop.der("terminal"), &anchors, NOON, true), Err(Revoked), "4.4.3");
    for (name, subject) in [("ordered", "/O=office/CN=authority"), ("swapped", "/CN=authority/O=office")] {
        shop.request_as(name, "issuing", subject);
        shop.certify(name, "root", AUTHORITY, CURRENT);
    }
    shop.certify("terminal", "ordered", TERMINAL, CURRENT);
    assert_eq!(shop.verdict(&[&shop.der("ordered")], NOON), Ok(()), "the same order");
    assert_eq!(shop.verdict(&[&shop.der("swapped")], NOON), Err(UnknownIssuer), "4.3.2");
}

#[test]
fn basic_constraints_section_4_6() {
    let shop = Workshop::open("pkits-4-6");
    let usage = "keyUsage=critical,keyCertSign,cRLSign\n";
    for (section, constraints, verdict) in [
        ("4.6.1, none", "", Err(UnknownIssuer)),
        ("4.6.2", "basicConstraints=critical,CA:FALSE\n", Err(UnknownIssuer)),
        ("4.6.3", "basicConstraints=CA:FALSE\n", Err(UnknownIssuer)),
        ("4.6.4, not critical", "basicConstraints=CA:TRUE\n", Ok(())),
    ] {
        assert_eq!(shop.under(&format!("{constraints}{usage}"), CURRENT), verdict, "{section}");
    }
    let issuing = shop.certify("issuing", "root", AUTHORITY, CURRENT);
    let below = shop.certify("other", "issuing", AUTHORITY, CURRENT);
    shop.certify("terminal", "other", TERMINAL, CURRENT);
    assert_eq!(shop.verdict(&[&issuing, &below], NOON), Err(Invalid), "4.6.5, an authority below pathLen 0");
    let terminal = shop.certify("other", "issuing", TERMINAL, CURRENT);
    shop.certify("terminal", "other", TERMINAL, CURRENT);
    assert_eq!(
        shop.verdict(&[&issuing, &terminal], NOON),
        Err(UnknownIssuer),
        "4.6, a terminal that signs another one"
    );
    let own = format!("{TERMINAL}basicConstraints=critical,CA:TRUE\n");
    assert_eq!(shop.with(&own, CURRENT, NOON), Err(WrongUsage), "4.6, an authority as a terminal");
}

#[test]
fn key_usage_section_4_7() {
    let shop = Workshop::open("pkits-4-7");
    for (section, usage, verdict) in [
        ("4.7.1", "keyUsage=critical,cRLSign\n", Err(UnknownIssuer)),
        ("4.7.2, not critical", "keyUsage=digitalSignature,cRLSign\n", Err(UnknownIssuer)),
        ("RFC 5280, 4.2.1.3: none", "", Err(UnknownIssuer)),
        ("4.7.3, not critical", "keyUsage=keyCertSign\n", Ok(())),
    ] {
        let extensions = format!("basicConstraints=critical,CA:TRUE,pathlen:0\n{usage}");
        assert_eq!(shop.under(&extensions, CURRENT), verdict, "{section}");
    }
    let (signs, clients) = ("keyUsage=critical,digitalSignature\n", "extendedKeyUsage=clientAuth\n");
    for (what, extensions, verdict) in [
        ("no usage at all", clients.to_owned(), Err(WrongUsage)),
        ("for encryption", format!("keyUsage=critical,keyAgreement\n{clients}"), Err(WrongUsage)),
        ("no extended usage", signs.to_owned(), Err(WrongUsage)),
        ("for servers", format!("{signs}extendedKeyUsage=serverAuth\n"), Err(WrongUsage)),
        ("for anything", format!("{signs}extendedKeyUsage=anyExtendedKeyUsage\n"), Err(WrongUsage)),
        ("for anything and clients", format!("{signs}extendedKeyUsage=anyExtendedKeyUsage,clientAuth\n"), Ok(())),
    ] {
        shop.certify("issuing", "root", AUTHORITY, CURRENT);
        assert_eq!(shop.with(&extensions, CURRENT, NOON), verdict, "RFC 5280, 4.2.1.12: {what}");
    }
    let servers = format!("{AUTHORITY}extendedKeyUsage=serverAuth\n");
    assert_eq!(shop.under(&servers, CURRENT), Err(WrongUsage), "an authority for servers alone");
}

#[test]
fn unknown_extensions_section_4_16() {
    let shop = Workshop::open("pkits-4-16");
    let with = |basic: &str, more: &str| format!("{basic}{more}");
    assert_eq!(shop.with(&with(TERMINAL, UNKNOWN), CURRENT, NOON), Ok(()), "4.16.1");
    assert_eq!(shop.with(&with(TERMINAL, UNKNOWN_CRITICAL), CURRENT, NOON), Err(Invalid), "4.16.2");
    assert_eq!(shop.under(&with(AUTHORITY, UNKNOWN), CURRENT), Ok(()), "4.16.1, the issuer's");
    assert_eq!(shop.under(&with(AUTHORITY, UNKNOWN_CRITICAL), CURRENT), Err(Invalid), "4.16.2, the issuer's");
}
