//! Measures the closing of a month: `cargo build --workspace --example closing_speed`, then run it.
//!
//! 20,000 fees of 8,000 institutions are closed on SQLite and, when `TEST_POSTGRES` is set, on PostgreSQL; printed are the
//! seconds of the closing, of its reconciliation, of the deduction file and of one portion of slips.

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is the house of the tests")]
mod support;

use std::time::Instant;

use domain::{
    applications::{Kind, State},
    calendar::YearMonth,
    forms::Answers,
    ids::{AccountId, ApplicationId, EntryId, InstitutionId},
    institutions::{Institution, InstitutionCode, InstitutionStatus, Prefecture, ScoreTable, check_digit_for},
    reference::ReferenceNumber,
};
use services::{
    Ctx,
    fees::{self, File},
};
use storage::{Tx, accounts::Account, applications::Application};
use time::Duration;

const FEES: usize = 20_000;
const INSTITUTIONS: usize = 8_000;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(support::on_each_database(async |house: &support::House| {
        if let Err(error) = measure(house).await {
            println!("{error}");
        }
    }));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "an example that measures needs the real clock")]
fn now() -> Instant {
    Instant::now()
}

async fn measure(house: &support::House) -> Result<()> {
    let engine = house.url.split(':').next().unwrap_or_default();
    fill(house).await?;
    let month = YearMonth::of(house.app.clock.now().date());
    house.clock.pass(Duration::days(30));
    let ctx = Ctx::system(&house.app, "closing_speed");
    let begun = now();
    let closed = fees::close(&ctx, month).await?;
    println!("{engine}: {FEES} fees closed ({closed:?}) in {:.2} s", begun.elapsed().as_secs_f64());
    let begun = now();
    let report = fees::report(&ctx, month).await?;
    let agrees = report.differences.is_empty();
    println!("{engine}: reconciled ({agrees}) in {:.3} s", begun.elapsed().as_secs_f64());
    let begun = now();
    let (mut place, mut bytes) = (None, 0);
    loop {
        let (page, next) = fees::file_page(&ctx, month, File::Deductions, place).await?;
        bytes += page.len();
        place = next;
        if place.is_none() {
            break;
        }
    }
    println!("{engine}: deduction file of {bytes} octets in {:.2} s", begun.elapsed().as_secs_f64());
    let begun = now();
    let pdf = fees::slips(&ctx, month, 0).await?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("{engine}: {} slips of {} octets in {seconds:.2} s", fees::SLIPS_IN_A_FILE, pdf.len());
    Ok(())
}

/// Institutions with approved cases and their fees, as verbs leave them.
async fn fill(house: &support::House) -> Result<()> {
    let mut tx = house.app.db.write().await?;
    let (now, randomness) = (house.app.clock.now(), &*house.app.randomness);
    let owner = AccountId::new(now, randomness);
    let account = Account {
        id: owner,
        email: "owner@clinic.example".to_owned(),
        name: "計測 太郎".to_owned(),
        password_hash: None,
        must_reset: false,
        staff: false,
        roles: vec![],
        totp_secret: None,
        totp_last_step: 0,
        disabled: false,
        created_at: now,
    };
    storage::accounts::insert(&mut tx, &account).await?;
    let mut clinics = vec![];
    for number in 0..INSTITUTIONS {
        clinics.push(clinic(house, &mut tx, number).await?);
    }
    for number in 0..FEES {
        charge(house, &mut tx, (clinics[number % INSTITUTIONS], owner), number).await?;
    }
    Ok(tx.commit().await?)
}

async fn clinic(house: &support::House, tx: &mut Tx, number: usize) -> Result<InstitutionId> {
    let prefectures: Vec<Prefecture> = Prefecture::all().collect();
    let prefecture = prefectures[number % prefectures.len()];
    let six = format!("{:06}", 100_000 + number / prefectures.len());
    let digit = check_digit_for(prefecture, ScoreTable::Medical, &six).ok_or("no check digit")?;
    let code = format!("{}{}{six}{digit}", prefecture.code(), ScoreTable::Medical.code());
    let now = house.app.clock.now();
    let institution = Institution {
        id: InstitutionId::new(now, &*house.app.randomness),
        code: InstitutionCode::parse(&code).map_err(|fault| format!("{code}: {fault:?}"))?,
        name: format!("第{number}診療所"),
        name_kana: String::new(),
        postal_code: "100-0001".to_owned(),
        address: "東京都千代田区千代田1-1".to_owned(),
        phone: "03-0000-0000".to_owned(),
        founder: String::new(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    };
    storage::institutions::insert(tx, &institution, now).await?;
    Ok(institution.id)
}

async fn charge(
    house: &support::House,
    tx: &mut Tx,
    (institution, owner): (InstitutionId, AccountId),
    number: usize,
) -> Result<()> {
    let (now, randomness) = (house.app.clock.now(), &*house.app.randomness);
    let case = Application {
        id: ApplicationId::new(now, randomness),
        kind: Kind::Certificate,
        institution_id: institution,
        state: State::Approved,
        version: 1,
        reference: Some(ReferenceNumber::generate(randomness).as_str().to_owned()),
        answers: Answers::new(),
        remarks: vec![],
        line_id: None,
        terminal_name: Some(format!("端末{number}")),
        start_month: None,
        sent_with: None,
        created_by: owner,
        submitted_by: Some(owner),
        assignee: None,
        flag: domain::applications::Flag::Plain,
        rule_words: String::new(),
        reasons: vec![],
        created_at: now,
        updated_at: now,
        submitted_at: Some(now),
        state_since: now,
    };
    storage::applications::insert_filed(tx, &case).await?;
    let payment = if number.is_multiple_of(2) { "deduction" } else { "payment_slip" };
    let id = EntryId::new(now, randomness);
    storage::ledger::charge(tx, id, institution, case.id, 1_500, payment, now).await?;
    Ok(())
}
