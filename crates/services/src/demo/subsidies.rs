//! Subsidies of the demo: two schemes, and cases that wait for their reviewer, for a decision, or were decided and paid.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    applications::Kind,
    clock::Timestamp,
    forms::Answers,
    ids::{ApplicationId, GrantBatchId, InstitutionId},
    office::settings::{Topic, Value},
    procedures::Common,
    subsidies::{
        Category, Exception, INSTITUTION_KIND, InstitutionKind, Paper, SCHEME, Scheme, Span, Terms, paper_key,
    },
};
use serde::Deserialize;
use storage::sessions::Session;
use time::{Date, Duration};

use super::{
    cases::{Cast, Standing, done, filed_with, version},
    papers, people,
};
use crate::{
    App, Ctx, Error, Result,
    applications::{self, Started},
    office::settings::{self, Change},
    subsidies::{self, Adjusted, Decided, TypedAdjustment},
};

const SCHEMES: &str = include_str!("../../../../content/demo/schemes.toml");
const READER: &str = "card-reader";
const PRESCRIPTION: &str = "e-prescription";
const KIND: Kind = Kind::Common(Common::Subsidy);
/// First row of the register that applies.
const FIRST: usize = 320;

/// Days since most cases were filed, since they were decided, and since the newest one was filed.
const FILED_AGO: i64 = 20;
const DECIDED_AGO: i64 = 6;
const NEW_AGO: i64 = 3;

/// What a clinic paid, in yen by category, and how far its case goes.
const CASES: &[(&[(&str, &str)], Stage)] = &[
    (&[("c1", "298,000円"), ("c2", "55,000円")], Stage::Decided),
    (&[("c1", "240,000円"), ("c3", "380,000円")], Stage::Decided),
    (&[("c1", "198,000円")], Stage::Accepted),
    (&[("c2", "77,000円"), ("c3", "410,000円")], Stage::Accepted),
    (&[("c1", "250,000円"), ("c2", "30,000円")], Stage::Sent),
];
/// Who applies for the clinic with terminals, and what it paid under each scheme.
const OWNER: &str = "田中 実";
const OWN_READER: &[(&str, &str)] = &[("c1", "231,000円"), ("c2", "88,000円")];
const OWN_PRESCRIPTION: &[(&str, &str)] = &[("c1", "264,000円"), ("c2", "45,000円")];
/// What counts of it less than was paid: category, yen, and why.
const REDUCED: (&str, &str, &str) = ("c2", "58,000円", "保守の費用30,000円は、補助の対象にならないため。");

/// How far a case goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Decided,
    Accepted,
    Sent,
}

/// A scheme without its days.
#[derive(Deserialize)]
struct Sketch {
    name: String,
    unit_yen: i64,
    papers: Vec<Paper>,
    terms: Vec<Terms>,
    categories: Vec<Category>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

impl Sketch {
    fn scheme(self, today: Date) -> Scheme {
        let span = |from: i64, to: i64| Span { from: today + Duration::days(from), to: today + Duration::days(to) };
        let Self { name, unit_yen, papers, terms, categories, exceptions } = self;
        let (applications, costs) = (span(-60, 120), span(-300, 90));
        Scheme { name, unit_yen, papers, terms, categories, exceptions, applications, costs, ..Scheme::default() }
    }
}

/// Adds the schemes and the cases.
pub(super) async fn add(app: &App, institutions: &[InstitutionId]) -> Result<()> {
    let at = |days: i64| app.with_clock(Arc::new(Standing(app.clock.now() - Duration::days(days))));
    offer(&at(FILED_AGO)).await?;
    app.refresh().await?;
    let (then, later) = (at(FILED_AGO), at(DECIDED_AGO));
    let row = |row: usize| institutions.get(row).copied().ok_or_else(|| Error::internal("the register is too short"));
    let (mut decided, mut waiting) = (vec![], vec![]);
    for (number, (amounts, stage)) in CASES.iter().enumerate() {
        let cast = applicant(&then, row(FIRST + number)?, number).await?;
        let case = apply(&cast, READER, "補助 申子", amounts).await?;
        match stage {
            Stage::Decided => decided.push(case),
            Stage::Accepted => waiting.push(case),
            Stage::Sent => {}
        }
    }
    let owner = people::by_email(app, &people::email(people::TERMINALS)).await?;
    let own = Cast { app: &then, institution: row(super::terminals::ROW)?, applicant: owner };
    decided.push(reduced(&own, &later).await?);
    accept(&later, &decided).await?;
    decide(&later).await?;
    accept(app, &waiting).await?;
    in_review(app, &Cast { app: &at(NEW_AGO), ..own }).await
}

/// A case of the clinic with terminals, of which less counts than was paid.
async fn reduced(own: &Cast<'_>, later: &App) -> Result<ApplicationId> {
    let case = apply(own, READER, OWNER, OWN_READER).await?;
    let (category, amount, reason) = REDUCED;
    let typed = TypedAdjustment { category, amount, reason, version: version(own, case).await? };
    match subsidies::adjust(&staff(later, "reviewer@madoguchi.example").await?, case, &typed).await? {
        Adjusted::Done => Ok(case),
        other => Err(Error::internal(format!("{other:?}"))),
    }
}

/// Another case of the clinic with terminals, which a reviewer has taken.
async fn in_review(app: &App, own: &Cast<'_>) -> Result<()> {
    let case = apply(own, PRESCRIPTION, OWNER, OWN_PRESCRIPTION).await?;
    let reviewer = staff(app, "reviewer@madoguchi.example").await?;
    done(&applications::take(&reviewer, case, version(own, case).await?).await?)
}

async fn offer(app: &App) -> Result<()> {
    let sketches: BTreeMap<String, Sketch> = toml::from_str(SCHEMES).map_err(Error::internal)?;
    let ctx = Ctx::system(app, "demo");
    let mut tx = app.db.write().await?;
    for (key, sketch) in sketches {
        let scheme = sketch.scheme(ctx.now.date());
        let from = Timestamp::start_of_day(ctx.now.date());
        let (topic, note) = (Topic::Scheme(key), "今年度の制度".to_owned());
        let change = Change { topic, value: Value::Scheme(Box::new(scheme)), from, note, seen: 0 };
        settings::put(&ctx, &mut tx, &change, None).await?.ok_or_else(|| Error::internal("a demo scheme exists"))?;
    }
    Ok(tx.commit().await?)
}

/// Somebody of a clinic who applies.
async fn applicant(app: &App, institution: InstitutionId, number: usize) -> Result<Cast<'_>> {
    let ctx = Ctx::system(app, "demo");
    let mut tx = app.db.write().await?;
    let email = format!("subsidy{:02}@clinic.example", number + 1);
    let applicant = people::account(&ctx, &mut tx, &email, "補助 申子", None, None).await?;
    people::join(&ctx, &mut tx, applicant, institution, "owner").await?;
    tx.commit().await?;
    Ok(Cast { app, institution, applicant })
}

async fn apply(cast: &Cast<'_>, scheme: &str, who: &str, amounts: &[(&str, &str)]) -> Result<ApplicationId> {
    let schemes = cast.app.reference().schemes;
    let scheme = schemes.iter().find(|one| one.key == scheme).ok_or(Error::NotFound)?;
    let done_on = (cast.app.clock.now() - Duration::days(14)).date().to_string();
    let answers = Answers::new()
        .with(SCHEME, scheme.choice().to_string())
        .with("done_on", done_on)
        .with(INSTITUTION_KIND, InstitutionKind::Clinic.as_str())
        .with("contact", format!("事務部 {who}"))
        .with("contact_phone", "03-1234-5678");
    let amount = |answers: Answers, (key, yen): &(&str, &str)| answers.with(format!("amount_{key}"), yen);
    let (Started::New(id) | Started::Existing(id)) = applications::start(&cast.applicant(), KIND).await? else {
        return Err(Error::internal("a demo case could not begin"));
    };
    for paper in &scheme.papers {
        papers::hand_in(cast, id, &paper_key(*paper), paper.label()).await?;
    }
    filed_with(cast, KIND, &amounts.iter().fold(answers, amount)).await
}

/// Someone of the staff at the time of an installation.
async fn staff<'a>(app: &'a App, email: &str) -> Result<Ctx<'a>> {
    let account = storage::accounts::by_email(&mut app.db.read().await?, email).await?.ok_or(Error::NotFound)?;
    let cast = Cast { app, institution: InstitutionId(account.id.0), applicant: account.id };
    let session = Session { name: account.name, ..cast.session(account.id, true) };
    Ok(Ctx::person(app, session, ""))
}

async fn accept(app: &App, cases: &[ApplicationId]) -> Result<()> {
    let ctx = staff(app, "reviewer@madoguchi.example").await?;
    for case in cases {
        let found = storage::applications::find(&mut app.db.read().await?, *case).await?.ok_or(Error::NotFound)?;
        let cast = Cast { app, institution: found.institution_id, applicant: found.created_by };
        done(&applications::accept(&ctx, *case, version(&cast, *case).await?).await?)?;
    }
    Ok(())
}

async fn decide(app: &App) -> Result<()> {
    let batch: Option<GrantBatchId> =
        subsidies::make_batch(&staff(app, "reviewer@madoguchi.example").await?, READER).await?;
    let batch = batch.ok_or(Error::NotFound)?;
    let ctx = staff(app, "reviewer-2@madoguchi.example").await?;
    if subsidies::decide(&ctx, batch, Some(ctx.now.date())).await? != Decided::Now {
        return Err(Error::internal("a batch of the demo could not be decided"));
    }
    let clerk = staff(app, "billing-clerk@madoguchi.example").await?;
    subsidies::make_payments(&clerk, batch).await?;
    subsidies::confirm(&clerk, batch, Some(clerk.now.date())).await?.map(drop).map_err(Error::internal)
}
