//! The demo's cases: some in every state, each led there by the same verbs that people use.

use std::sync::Arc;

use domain::{
    applications::{Kind, Rules, State, TERMINAL_COUNT},
    calendar::{Start, YearMonth, cut_off},
    clock::{Clock, Timestamp},
    forms::Answers,
    ids::{AccountId, ApplicationId, InstitutionId, LetterId},
};
use serde_json::json;
use storage::{
    letters::Letter,
    sessions::{Acting, Session},
};
use time::Duration;
use zeroize::Zeroizing;

use super::people;
use crate::{
    App, Ctx, Error, Result,
    applications::{self, Decision, Started, Submitted},
    authority::{self, Format, PickupMode},
    letters,
};

/// First row of the register that gets cases of its own.
const FIRST: usize = 200;

/// Days since the filings that are in force by now were sent: both procedures begin within four months.
const IN_FORCE_AGO: i64 = 150;

/// A case of the demo.
#[derive(Clone, Copy)]
struct Scene {
    kind: Kind,
    /// The state into which it is led.
    state: State,
    /// Days since it was filed; some states take their time.
    days_ago: i64,
    /// Whether its letter waits in a batch that nobody has confirmed.
    in_batch: bool,
}

impl Scene {
    const fn today(kind: Kind, state: State) -> Self {
        Self { kind, state, days_ago: 0, in_batch: false }
    }
}

/// The demo's cases. Letters that wait come last, so that no batch of another case takes them along.
fn scenes(rules: &Rules) -> Vec<Scene> {
    use State as S;
    let filings =
        [S::Draft, S::Submitted, S::InReview, S::Returned, S::Rejected, S::Withdrawn, S::Accepted, S::Superseded];
    let certificates = [
        S::Draft,
        S::Submitted,
        S::InReview,
        S::Returned,
        S::Rejected,
        S::Cancelled,
        S::LetterPrinted,
        S::LetterPosted,
        S::LetterReturned,
        S::PickedUp,
        S::Installed,
    ];
    let certificate = |state| Scene::today(Kind::Certificate, state);
    let mut scenes = vec![];
    for kind in [Kind::Eligibility, Kind::Claims] {
        scenes.push(Scene { days_ago: IN_FORCE_AGO, ..Scene::today(kind, S::InForce) });
        scenes.extend(filings.map(|state| Scene::today(kind, state)));
    }
    scenes.push(Scene { days_ago: i64::from(rules.pickup_days) + 2, ..certificate(S::PickupExpired) });
    scenes.extend(certificates.map(certificate));
    scenes.push(Scene { in_batch: true, ..certificate(S::Approved) });
    scenes.extend([S::LetterReissued, S::Approved].map(certificate));
    scenes
}

/// Who acts in the demo's cases, and when.
#[derive(Clone, Copy)]
pub(super) struct Cast<'a> {
    /// The installation at the time of the act.
    pub(super) app: &'a App,
    pub(super) institution: InstitutionId,
    pub(super) applicant: AccountId,
}

/// A time that stands still.
pub(super) struct Standing(pub(super) Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Leads one case into each wanted state, each at an institution of its own.
pub(super) async fn add(app: &App, institutions: &[InstitutionId]) -> Result<()> {
    for (number, scene) in scenes(&app.rules()).into_iter().enumerate() {
        let institution =
            *institutions.get(FIRST + number).ok_or_else(|| Error::internal("the register is too short"))?;
        let then = app.clock.now() - Duration::days(scene.days_ago);
        let earlier = (scene.days_ago > 0).then(|| app.with_clock(Arc::new(Standing(then))));
        let at = earlier.as_ref().unwrap_or(app);
        let ctx = Ctx::system(at, "demo");
        let mut tx = app.db.write().await?;
        let email = format!("case{:02}@clinic.example", number + 1);
        let applicant = people::account(&ctx, &mut tx, &email, "窓口 太郎", None, None).await?;
        people::join(&ctx, &mut tx, applicant, institution, "owner").await?;
        tx.commit().await?;
        lead(app, &Cast { app: at, institution, applicant }, scene).await?;
    }
    Ok(())
}

impl<'a> Cast<'a> {
    /// A session of a person at this time; staff have every role.
    pub(super) fn session(&self, account: AccountId, staff: bool) -> Session {
        let now = self.app.clock.now();
        Session {
            token_hash: String::new(),
            account_id: account,
            name: if staff { "審査 正".to_owned() } else { "窓口 太郎".to_owned() },
            email: "case@clinic.example".to_owned(),
            must_reset: false,
            staff,
            roles: if staff { domain::permissions::Role::ALL.to_vec() } else { vec![] },
            has_totp: staff,
            second_factor: staff,
            institution: (!staff).then(|| Acting {
                id: self.institution,
                code: String::new(),
                name: String::new(),
                role: "owner".to_owned(),
                mandate: None,
            }),
            institutions: 1,
            seen_at: now,
            expires_at: now + Duration::hours(1),
            bearer: None,
        }
    }

    pub(super) fn applicant(&self) -> Ctx<'a> {
        Ctx::person(self.app, self.session(self.applicant, false), "")
    }

    pub(super) async fn staff(&self) -> Result<Ctx<'a>> {
        let reviewer =
            storage::accounts::by_email(&mut self.app.db.read().await?, "reviewer@madoguchi.example").await?;
        let id = reviewer.ok_or_else(|| Error::internal("no demo reviewer"))?.id;
        Ok(Ctx::person(self.app, self.session(id, true), ""))
    }
}

/// What is filed when nothing special is wanted.
pub(super) fn answers(app: &App, kind: Kind) -> Answers {
    let today = app.clock.now().date();
    let terms = |slug: &str| app.reference().documents.get(slug).map(|d| d.version.clone()).unwrap_or_default();
    match kind {
        Kind::Eligibility => Answers::new()
            .with("application_kind", "start")
            .with("terms", terms("eligibility-terms"))
            .with("line_kind", "ip_vpn")
            .with("customer_id_kind", "caf")
            .with("customer_id", "CAF0123456789")
            .with("customer_id_confirm", "CAF0123456789")
            .with("v6_option", "contracted")
            .with("start_month", YearMonth::of(today).plus_months(2).as_text())
            .with("fee_payment", "deduction"),
        Kind::Claims => Answers::new()
            .with("application_kind", "start")
            .with("paper_filed", "no")
            .with("terms", terms("claims-terms"))
            .with("safety_rules", terms("claims-safety-rules"))
            .with("start_month", cut_off(today, app.rules().cut_off).as_text())
            .with("product", "opt_one3")
            .with("os_browser", "win11_iot_ltsc_2024_edge")
            .with("connection", "ip_vpn_ipv6")
            .with("customer_id_kind", "cop")
            .with("customer_id", "COP01234567")
            .with("customer_id_confirm", "COP01234567")
            .with("fee_payment", "deduction"),
        Kind::Certificate => Answers::new()
            .with("consent", "agree")
            .with("contact", "事務部 窓口 太郎")
            .with(TERMINAL_COUNT, "1")
            .with("terminal_name_1", "オンライン資格確認パソコン")
            .with("terminal_os_1", "windows_11")
            .with("purpose_1", "both"),
        Kind::Common(_) => Answers::new(),
    }
}

/// The same with a line that no other institution has.
pub(super) fn own(cast: &Cast<'_>, kind: Kind) -> Answers {
    let number = cast.institution.0.as_u128();
    let line = match kind {
        Kind::Eligibility => format!("CAF{:010}", number % 10_000_000_000),
        Kind::Claims => format!("COP{:08}", number % 100_000_000),
        Kind::Certificate | Kind::Common(_) => return answers(cast.app, kind),
    };
    answers(cast.app, kind).with("customer_id", line.as_str()).with("customer_id_confirm", line)
}

async fn draft(cast: &Cast<'_>, kind: Kind, answers: &Answers) -> Result<ApplicationId> {
    let ctx = cast.applicant();
    let (Started::New(id) | Started::Existing(id)) = applications::start(&ctx, kind).await? else {
        return Err(Error::internal("a demo case could not begin"));
    };
    applications::save(&ctx, id, answers).await?;
    Ok(id)
}

async fn filed(cast: &Cast<'_>, kind: Kind) -> Result<ApplicationId> {
    filed_with(cast, kind, &own(cast, kind)).await
}

/// Files a case with these answers.
pub(super) async fn filed_with(cast: &Cast<'_>, kind: Kind, answers: &Answers) -> Result<ApplicationId> {
    let id = draft(cast, kind, answers).await?;
    let ctx = cast.applicant();
    let version = applications::check(&ctx, id).await?.case.version;
    match applications::submit(&ctx, id, version).await? {
        Submitted::Sent(_) => Ok(id),
        Submitted::CheckAgain(state) => Err(Error::internal(format!("{kind}: {:?}", state.checked.findings.errors))),
        Submitted::SentBefore(_) => Err(Error::internal("sent before")),
    }
}

/// The version of a case as it stands now.
pub(super) async fn version(cast: &Cast<'_>, id: ApplicationId) -> Result<i64> {
    let case = storage::applications::find(&mut cast.app.db.read().await?, id).await?;
    case.map(|case| case.version).ok_or(Error::NotFound)
}

/// Goes on only after a decision was taken.
pub(super) fn done(decision: &Decision) -> Result<()> {
    if matches!(decision, Decision::Done(_)) { Ok(()) } else { Err(Error::internal("a demo decision failed")) }
}

/// Leads a new case into a state.
async fn lead(present: &App, cast: &Cast<'_>, scene: Scene) -> Result<()> {
    let Scene { kind, state, .. } = scene;
    if kind == Kind::Certificate {
        let first = filed(cast, Kind::Eligibility).await?;
        let version = version(cast, first).await?;
        done(&applications::accept(&cast.staff().await?, first, version).await?)?;
        take_effect(present, first).await?;
    }
    if state == State::Draft {
        return draft(cast, kind, &own(cast, kind)).await.map(drop);
    }
    let id = filed(cast, kind).await?;
    let seen = version(cast, id).await?;
    let staff = cast.staff().await?;
    match state {
        State::Submitted => Ok(()),
        State::Withdrawn | State::Cancelled => applications::withdraw(&cast.applicant(), id).await,
        State::InReview => done(&applications::take(&staff, id, seen).await?),
        State::Returned => {
            let key = if kind == Kind::Certificate { "contact" } else { "customer_id" };
            let reason = "書類と違うようです。もう一度ご確認ください。".to_owned();
            done(&applications::return_for_correction(&staff, id, seen, &[(key.to_owned(), reason)]).await?)
        }
        State::Rejected => {
            done(&applications::reject(&staff, id, seen, "同じ内容の申請をすでに受け付けているため。").await?)
        }
        _ => {
            done(&applications::accept(&staff, id, seen).await?)?;
            go_on(present, cast, id, scene).await
        }
    }
}

/// What follows an acceptance.
async fn go_on(present: &App, cast: &Cast<'_>, id: ApplicationId, scene: Scene) -> Result<()> {
    match scene.state {
        State::Superseded => supersede(cast, scene.kind).await,
        State::InForce => take_effect(present, id).await,
        State::Approved if scene.in_batch => letters::make_batch(&cast.staff().await?).await.map(drop),
        State::PickupExpired => {
            deliver(cast, id, State::LetterPosted).await?;
            let letter = last_letter(cast, id).await?;
            let deadline = letter.deadline.ok_or_else(|| Error::internal("letter without deadline"))?;
            let then = present.with_clock(Arc::new(Standing(deadline + Duration::SECOND)));
            letters::expire(&then, &json!({ "letter": letter.id })).await
        }
        state => deliver(cast, id, state).await,
    }
}

/// Lets an accepted filing begin when its month or day has come.
pub(super) async fn take_effect(present: &App, id: ApplicationId) -> Result<()> {
    let case = storage::applications::find(&mut present.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    let start = case.start_month.and_then(|start| start.parse::<Start>().ok());
    let Some(begin) = start.map(|start| Timestamp::start_of_day(start.first_day())) else { return Ok(()) };
    if begin > present.clock.now() {
        return Ok(());
    }
    let then = present.with_clock(Arc::new(Standing(begin)));
    applications::take_effect(&then, &json!({ "application": id })).await
}

/// Files and accepts a change, which ends the case before; a claims change waits for its day.
async fn supersede(cast: &Cast<'_>, kind: Kind) -> Result<()> {
    let ctx = cast.applicant();
    let (Started::New(id) | Started::Existing(id)) = applications::start(&ctx, kind).await? else { return Ok(()) };
    let change = own(cast, kind).with("application_kind", "change");
    let (_, checked) = applications::save(&ctx, id, &change).await?;
    if checked.findings.errors.is_empty() {
        let seen = version(cast, id).await?;
        applications::submit(&ctx, id, seen).await?;
        let seen = version(cast, id).await?;
        done(&applications::accept(&cast.staff().await?, id, seen).await?)?;
    }
    Ok(())
}

async fn last_letter(cast: &Cast<'_>, id: ApplicationId) -> Result<Letter> {
    let mut letters = storage::letters::of_application(&mut cast.app.db.read().await?, id).await?;
    letters.pop().ok_or(Error::NotFound)
}

/// Prints, posts, and lets happen to the letter what the state asks for.
pub(super) async fn deliver(cast: &Cast<'_>, id: ApplicationId, state: State) -> Result<()> {
    if matches!(state, State::Accepted | State::Approved) {
        return Ok(());
    }
    let staff = cast.staff().await?;
    let batch = letters::make_batch(&staff).await?.ok_or_else(|| Error::internal("no letter to print"))?;
    letters::batch_pdf(&staff, batch, letters::ISSUANCE_NOTICE).await?;
    letters::confirm_printed(&staff, batch).await?.map_err(Error::internal)?;
    if state == State::LetterPrinted {
        return Ok(());
    }
    let letter = last_letter(cast, id).await?.id;
    letters::post_one(&staff, letter, &receipt(letter)).await?.map_err(Error::internal)?;
    match state {
        State::LetterReturned => letters::came_back(&staff, letter, "保管期間の経過").await?.map_err(Error::internal),
        State::LetterReissued => letters::send_again(&cast.applicant(), id).await.map(drop),
        State::PickedUp | State::Installed => fetch(cast, id, letter, state).await,
        _ => Ok(()),
    }
}

/// Fetches the certificate and, if asked for, tests the connection.
async fn fetch(cast: &Cast<'_>, id: ApplicationId, letter: LetterId, state: State) -> Result<()> {
    let shown = super::letter(cast.app, letter).await?;
    let value = |place: usize| shown.secrets.get(place).map(|(_, value)| value.clone()).unwrap_or_default();
    let passphrase = || Zeroizing::new("Demo-Demo-2026".to_owned());
    let mode = PickupMode::File { passphrase: passphrase(), again: passphrase(), format: Format::Modern };
    let visitor = Ctx::visitor(cast.app, "");
    authority::download(&visitor, &value(0), &value(1), mode).await?.map_err(Error::internal)?;
    if state == State::Installed {
        let certificates = storage::authority::of_application(&mut cast.app.db.read().await?, id).await?;
        let der = certificates.into_iter().find_map(|certificate| certificate.certificate);
        authority::connection_test(&visitor, der.as_deref()).await?.map_err(Error::internal)?;
    }
    Ok(())
}

/// A registered-mail number, another one for each letter.
fn receipt(letter: LetterId) -> String {
    let number = letter.0.as_u128() % 10_000_000;
    format!("123-{:02}-{:05}-1", number / 100_000, number % 100_000)
}
