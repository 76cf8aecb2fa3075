//! Fees of the demo: months that were closed, bills that are paid, partly paid, overdue or in credit, and a month to close.

use std::sync::Arc;

use domain::{
    applications::{Kind, State},
    calendar::YearMonth,
    clock::Timestamp,
    fees::BillNumber,
    ids::{ApplicationId, InstitutionId},
};
use storage::sessions::Session;
use time::Duration;

use super::{
    cases::{Cast, Standing, answers, deliver, done, filed_with, own, take_effect, version},
    people,
};
use crate::{
    App, Ctx, Error, Result, applications,
    fees::{self, Closed, TypedPayment},
    letters,
};

/// First row of the register that gets fees.
const FIRST: usize = 300;

/// A clinic and when its terminals were approved.
struct Payer {
    /// `deduction` or `payment_slip`.
    payment: &'static str,
    /// Months before the present one, and the terminals approved then.
    approved: &'static [(i32, &'static [&'static str])],
    /// What was paid on its first bill, once it was out.
    paid: Option<&'static str>,
}

const PAYERS: &[Payer] = &[
    Payer {
        payment: "payment_slip", approved: &[(3, &["受付のパソコン", "診察室のパソコン"])], paid: None
    },
    Payer {
        payment: "payment_slip",
        approved: &[(3, &["受付のパソコン", "事務室のパソコン", "往診用ノートパソコン"]), (1, &["処置室のパソコン"])],
        paid: Some("1500"),
    },
    Payer { payment: "payment_slip", approved: &[(2, &["受付のパソコン"])], paid: Some("3000") },
    Payer {
        payment: "deduction", approved: &[(2, &["受付のパソコン"]), (1, &["2階のパソコン"])], paid: None
    },
    Payer {
        payment: "payment_slip", approved: &[(1, &["受付のパソコン", "薬局のパソコン"])], paid: None
    },
];

fn at(app: &App, month: YearMonth, day: u8) -> App {
    let then = Timestamp::start_of_day(month.day(day)) + Duration::hours(10);
    app.with_clock(Arc::new(Standing(then)))
}

/// Adds the fees, and closes all months but the last one.
pub(super) async fn add(app: &App, institutions: &[InstitutionId]) -> Result<()> {
    let present = YearMonth::of(app.clock.now().date());
    let mut clinics = vec![];
    for (number, payer) in PAYERS.iter().enumerate() {
        let row = FIRST + number;
        let clinic = *institutions.get(row).ok_or_else(|| Error::internal("the register is too short"))?;
        approve(app, clinic, &format!("fees{:02}@clinic.example", number + 1), payer).await?;
        clinics.push(clinic);
    }
    close_all(app, present.plus_months(-2)).await?;
    for (clinic, payer) in clinics.into_iter().zip(PAYERS) {
        if let Some(amount) = payer.paid {
            let paid = at(app, present.plus_months(-1), 20);
            pay(&clerk(&paid).await?, clinic, amount).await?;
        }
    }
    Ok(())
}

/// Files and approves everything of one clinic, each at its time.
async fn approve(app: &App, institution: InstitutionId, email: &str, payer: &Payer) -> Result<()> {
    let present = YearMonth::of(app.clock.now().date());
    let ctx = Ctx::system(app, "demo");
    let mut tx = app.db.write().await?;
    let applicant = people::account(&ctx, &mut tx, email, "会計 順子", None, None).await?;
    people::join(&ctx, &mut tx, applicant, institution, "owner").await?;
    tx.commit().await?;
    for (nth, (months, terminals)) in payer.approved.iter().enumerate() {
        let then = at(app, present.plus_months(-months), 10);
        let cast = Cast { app: &then, institution, applicant };
        if nth == 0 {
            let filing = own(&cast, Kind::Eligibility).with("fee_payment", payer.payment);
            let first = filed_with(&cast, Kind::Eligibility, &filing).await?;
            done(&applications::accept(&cast.staff().await?, first, version(&cast, first).await?).await?)?;
            take_effect(app, first).await?;
        }
        for terminal in *terminals {
            let wanted = answers(&then, Kind::Certificate).with("terminal_name_1", *terminal);
            let case = filed_with(&cast, Kind::Certificate, &wanted).await?;
            done(&applications::accept(&cast.staff().await?, case, version(&cast, case).await?).await?)?;
            arrive(&cast, case).await?;
        }
    }
    Ok(())
}

/// Lets the letter of a case arrive.
async fn arrive(cast: &Cast<'_>, case: ApplicationId) -> Result<()> {
    deliver(cast, case, State::LetterPosted).await?;
    let letters = storage::letters::of_application(&mut cast.app.db.read().await?, case).await?;
    let letter = letters.last().ok_or(Error::NotFound)?.id;
    letters::delivered(&cast.staff().await?, letter).await
}

/// The billing clerk at the time of an installation.
async fn clerk(app: &App) -> Result<Ctx<'_>> {
    let email = "billing-clerk@madoguchi.example";
    let account = storage::accounts::by_email(&mut app.db.read().await?, email).await?.ok_or(Error::NotFound)?;
    let cast = Cast { app, institution: InstitutionId(account.id.0), applicant: account.id };
    let session = Session { name: account.name, ..cast.session(account.id, true) };
    Ok(Ctx::person(app, session, ""))
}

/// Closes every month up to one, each on the second day of the next.
async fn close_all(app: &App, until: YearMonth) -> Result<()> {
    loop {
        let outlook = fees::outlook(&clerk(app).await?).await?;
        let Some(month) = outlook.next.filter(|month| *month <= until) else { return Ok(()) };
        let then = at(app, month.plus_months(1), 2);
        if fees::close(&clerk(&then).await?, month).await? != Closed::Now {
            return Err(Error::internal("a month of the demo could not be closed"));
        }
    }
}

async fn pay(ctx: &Ctx<'_>, clinic: InstitutionId, amount: &str) -> Result<()> {
    let bills = storage::fees::bills_of_institution(&mut ctx.app.db.read().await?, clinic, i64::MAX, 10).await?;
    let bill = bills.last().ok_or(Error::NotFound)?;
    let typed = TypedPayment {
        number: BillNumber::new(bill.bill.id).plain(),
        day: ctx.now.date().to_string(),
        amount: amount.to_owned(),
        mark: String::new(),
    };
    fees::receive(ctx, &typed).await?.map(drop).map_err(|slip| Error::internal(slip.message))
}
