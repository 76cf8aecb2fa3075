//! The process is killed again and again while a clinic files and a terminal fetches: what was acknowledged is there,
//! no number is used twice, and no certificate is unknown to the database.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod client;
mod demo;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{ErrorKind, Result},
    process::Command,
    thread::{sleep, spawn},
    time::Duration,
};

use client::Client;
use demo::Place;
use domain::{applications::State, ids::ApplicationId};
use pki::CertificateInfo;
use storage::Db;

/// How often the process is killed.
const ROUNDS: u64 = 8;

/// Numbers that look random and are the same in each run (splitmix64).
fn draw(seed: u64) -> u64 {
    let state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

fn expect(answer: &client::Answer, place: &str) {
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(answer.location.contains(place), "{} is not {place}: {}", answer.location, answer.text());
}

/// Logs in as a clinic that has filed nothing yet, and files the eligibility application.
fn clinic(port: u16, password: &str) -> Client {
    let mut clinic = Client::plain(port);
    let login = [("email", "owner@clinic.example"), ("password", password)];
    assert_eq!(clinic.send("/login", "/login", &login).unwrap().status, 303);
    let begun = clinic.send("/procedures/eligibility", "/procedures/eligibility", &[]).unwrap();
    let case = begun.location.trim_end_matches("/edit").to_owned();
    let form = clinic.get(&format!("{case}/edit")).unwrap().text();
    let after = form.split_once("name=\"start_month\"").unwrap().1;
    let months = after.split("value=\"").filter_map(|part| part.split_once('"')).map(|(value, _)| value);
    let month = months.into_iter().find(|value| value.len() == 7 && value.starts_with("20")).unwrap().to_owned();
    let answers = [
        ("application_kind", "start"),
        ("terms", "1.0"),
        ("line_kind", "ip_vpn"),
        ("customer_id_kind", "caf"),
        ("customer_id", "CAF0123456789"),
        ("customer_id_confirm", "CAF0123456789"),
        ("v6_option", "contracted"),
        ("start_month", month.as_str()),
        ("fee_payment", "deduction"),
    ];
    let edit = format!("{case}/edit");
    expect(&clinic.send(&edit, &edit, &answers).unwrap(), "/check");
    expect(&clinic.send(&format!("{case}/check"), &format!("{case}/submit"), &[]).unwrap(), "/done");
    clinic
}

/// Applies for a certificate of one more terminal; gives the case when the submission was acknowledged.
fn file(clinic: &mut Client, terminal: &str) -> Result<String> {
    let begun = clinic.send("/procedures/certificate", "/procedures/certificate", &[])?;
    expect(&begun, "/edit");
    let case = begun.location.trim_end_matches("/edit").to_owned();
    let answers = [
        ("consent", "agree"),
        ("contact", "事務部 山田 花子"),
        ("terminal_count", "1"),
        ("terminal_name_1", terminal),
        ("terminal_os_1", "windows_11"),
        ("purpose_1", "both"),
    ];
    expect(&clinic.send(&begun.location, &begun.location, &answers)?, "/check");
    expect(&clinic.send(&format!("{case}/check"), &format!("{case}/submit"), &[])?, "/done");
    Ok(case.rsplit('/').next().unwrap_or_default().to_owned())
}

/// What stands on a letter of the mailbox that can be used at the terminal.
fn usable_letter(portal: &mut Client, terminal: &mut Client) -> (String, String) {
    let index = portal.get("/dev/mailbox").unwrap().text();
    let mut links = index.split("href=\"").filter_map(|part| part.split_once('"')).map(|(link, _)| link);
    let codes = |page: String| -> Vec<String> {
        let parts = page.split("<dd class=\"code\">").skip(1).map(str::to_owned).collect::<Vec<_>>();
        parts.iter().filter_map(|part| part.split_once('<')).map(|(code, _)| code.to_owned()).collect()
    };
    let found = links.find_map(|link| {
        let codes = link.starts_with("/dev/mailbox/letters/").then(|| codes(portal.get(link).unwrap().text()))?;
        let [id, secret] = <[String; 2]>::try_from(codes).ok()?;
        let fields = [("pickup_id", id.as_str()), ("pickup_secret", secret.as_str())];
        let accepted = terminal.send("/", "/rehearsal", &fields).unwrap().status == 200;
        accepted.then_some((id, secret))
    });
    found.unwrap()
}

/// A request for a certificate; its key is thrown away.
fn request() -> String {
    let words = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=terminal";
    let output = Command::new("openssl").args(words.split(' ')).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Fetches a certificate; gives it in DER when it was delivered.
fn fetch(terminal: &mut Client, (id, secret): &(String, String), request: &str) -> Result<Vec<u8>> {
    let fields = [("pickup_id", id.as_str()), ("pickup_secret", secret), ("way", "request"), ("request", request)];
    let answer = terminal.send("/", "/pickup", &fields)?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    pki::pem::decode("CERTIFICATE", &answer.text()).ok_or(ErrorKind::InvalidData.into())
}

/// What the outside holds in the end.
#[derive(Default)]
struct Acknowledged {
    cases: Vec<String>,
    certificates: Vec<Vec<u8>>,
}

/// Repeats an act until the process is gone; gives what was acknowledged, and who acted.
fn until_killed<A: Send + 'static, T: Send + 'static>(
    mut actor: A,
    act: impl Fn(&mut A, usize) -> Result<T> + Send + 'static,
) -> std::thread::JoinHandle<(A, Vec<T>)> {
    spawn(move || {
        let mut done = vec![];
        while let Ok(one) = act(&mut actor, done.len()) {
            done.push(one);
        }
        (actor, done)
    })
}

/// Lives through all rounds.
fn live(place: &Place) -> (Acknowledged, String) {
    let mut demo = place.start();
    let password = demo.said["accounts"][0]["password"].as_str().unwrap().to_owned();
    let root = std::fs::read_to_string(demo.said["ca_certificate"].as_str().unwrap()).unwrap();
    let root = pki::pem::decode("CERTIFICATE", &root).unwrap();
    let mut clinic = clinic(place.portal, &password);
    let mut terminal = Client::secure(place.closed, &root);
    let letter = usable_letter(&mut Client::plain(place.portal), &mut terminal);
    let pickup_id = letter.0.clone();
    let request = request();
    let mut all = Acknowledged::default();
    for round in 0..ROUNDS {
        let filing = until_killed(clinic, move |clinic, number| file(clinic, &format!("受付の端末 {round}の{number}")));
        let (paper, csr) = (letter.clone(), request.clone());
        let fetching = until_killed(terminal, move |terminal, _| fetch(terminal, &paper, &csr));
        sleep(Duration::from_millis(300 + draw(round + 1) % 900));
        demo.kill();
        let (who, cases) = filing.join().unwrap();
        clinic = who;
        all.cases.extend(cases);
        let (who, certificates) = fetching.join().unwrap();
        terminal = who;
        all.certificates.extend(certificates);
        demo = place.start();
    }
    all.cases.push(file(&mut clinic, "受付の端末 最後").unwrap());
    all.certificates.push(fetch(&mut terminal, &letter, &request).unwrap());
    (all, pickup_id)
}

#[tokio::test]
async fn a_process_killed_at_any_moment_forgets_nothing_and_repeats_no_number() {
    let folder = tempfile::TempDir::new().unwrap();
    let place = Place::new(folder.path());
    let (all, pickup_id) = live(&place);
    let least = usize::try_from(ROUNDS).unwrap() / 2;
    assert!(all.cases.len() > least, "only {} cases were acknowledged", all.cases.len());
    assert!(all.certificates.len() > least, "only {} certificates were fetched", all.certificates.len());

    let db = Db::open(&format!("sqlite:{}", place.folder.join("madoguchi.db").display())).await.unwrap();
    let mut conn = db.read().await.unwrap();
    let mut references = BTreeSet::new();
    for case in &all.cases {
        let id: ApplicationId = case.parse().unwrap();
        let case = storage::applications::find(&mut conn, id).await.unwrap().unwrap();
        assert_eq!(case.state, State::Submitted, "it was acknowledged");
        assert!(references.insert(case.reference.unwrap()), "each has a number of its own");
    }
    let pickup_id = domain::secrets::PickupId::parse(&pickup_id).unwrap();
    let letter = storage::letters::by_pickup_id(&mut conn, pickup_id.as_str()).await.unwrap().unwrap();
    let known = storage::authority::of_application(&mut conn, letter.application_id.unwrap()).await.unwrap();
    let known: BTreeMap<String, _> = known.into_iter().map(|row| (row.serial.clone(), row)).collect();
    let mut serials = BTreeSet::new();
    for der in &all.certificates {
        let serial = CertificateInfo::parse(der).unwrap().serial.to_hex();
        assert_eq!(known[&serial].certificate.as_ref(), Some(der), "the database knows it as it was delivered");
        assert!(serials.insert(serial), "no serial twice");
    }
    let valid = known.values().filter(|row| row.state == "valid").count();
    assert_eq!(valid, 1, "one letter, one valid certificate, however often it was interrupted");
    assert!(known.values().all(|row| row.state != "prepared"), "what was begun and never stored was given up");
    drop(conn);
    db.close().await;
    assert!(place.verify_audit().contains("the chain is whole"));
}
