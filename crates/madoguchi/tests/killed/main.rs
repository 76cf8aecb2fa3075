//! The process is killed: at random moments on both engines, at each step, in the middle of a restore; or an older database is put
//! under it. What was acknowledged is there, no number is used twice, and no certificate is unknown to the database.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod client;
mod demo;
mod disturbed;
mod hanging;
mod journal;
mod month;
mod outside;
mod postgres;
mod random;
mod register;
mod renewed;
mod restored;
mod rolled_back;
mod root_list;
mod silent;
#[expect(dead_code, reason = "stories of one process use the rest of it")]
#[path = "../../../pki/tests/stories/softhsm.rs"]
mod softhsm;
mod steps;
mod turning;
mod uploads;

use std::{
    io::{ErrorKind, Result},
    process::Command,
};

use client::Client;

/// Held by the story that is told: several installations at once are too much for a small machine.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

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

/// What stands on a letter of the mailbox that can be used at the terminal, and was not used before: fetching by it ends nothing.
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
        let told = terminal.send("/", "/rehearsal", &fields).unwrap();
        let accepted = told.status == 200 && !told.text().contains("前に一度取得されています");
        accepted.then_some((id, secret))
    });
    found.unwrap()
}

/// A request for a certificate; its key is thrown away.
fn request() -> String {
    request_for("/dev/null")
}

/// A request for a certificate whose key is kept in a file.
fn request_for(key: &str) -> String {
    let words = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=terminal -keyout";
    let output = Command::new("openssl").args(words.split(' ')).arg(key).output().unwrap();
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
