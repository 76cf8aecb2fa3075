//! Clinics with sessions, drafts and filed cases, written into the demo's database while the program rests.

use domain::{
    applications::{Kind, State},
    calendar::{CutOff, cut_off},
    clock::{Clock, Timestamp},
    forms::Answers,
    ids::{AccountId, ApplicationId, InstitutionId, MembershipId},
    reference::ReferenceNumber,
};
use services::secrets::{csrf_token, new_token, token_hash};
use storage::{Db, Tx, accounts::Account, applications::Application};
use time::Duration;

use crate::{
    Bench,
    machine::{Numbers, RealClock},
    register,
};

/// Drafts that are ready to be sent, each of a clinic of its own.
const DRAFTS: usize = 24_000;
/// Clinics in one transaction.
const STEP: usize = 500;
/// Cases on the home page.
const CASES: usize = 20;

/// What the loads use.
pub(crate) struct Ready {
    /// Cookie of a clinic with cases.
    pub(crate) home: String,
    /// Drafts: cookie, CSRF token, case.
    pub(crate) drafts: Vec<Draft>,
}

/// A draft of a claims filing that was looked through and only needs to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Cookie header.
    pub(crate) cookie: String,
    /// CSRF token.
    pub(crate) csrf: String,
    /// Case.
    pub(crate) id: ApplicationId,
}

struct Writer {
    now: Timestamp,
    numbers: Numbers,
    claims: Answers,
}

/// Writes clinics and cases.
pub(crate) async fn cases(bench: &Bench) -> anyhow::Result<Ready> {
    let db = Db::open(&format!("sqlite:{}", bench.data().join("madoguchi.db").display())).await?;
    let now = RealClock.now();
    let documents = storage::content::document_heads(&mut db.read().await?).await?;
    let version = |slug: &str| {
        documents
            .iter()
            .find(|document| document.slug == slug)
            .map(|document| document.version.clone())
            .unwrap_or_default()
    };
    let claims = Answers::new()
        .with("application_kind", "start")
        .with("paper_filed", "no")
        .with("terms", version("claims-terms"))
        .with("safety_rules", version("claims-safety-rules"))
        .with("start_month", cut_off(now.date(), CutOff::default()).as_text())
        .with("product", "opt_one3")
        .with("os_browser", "win11_iot_ltsc_2024_edge")
        .with("connection", "ip_vpn_ipv6")
        .with("customer_id_kind", "cop")
        .with("fee_payment", "deduction");
    let writer = Writer { now, numbers: Numbers::new(), claims };
    let codes: Vec<String> = register::rows().take(DRAFTS + 1).map(|row| row.code()).collect();
    let mut drafts = Vec::with_capacity(DRAFTS);
    let mut home = String::new();
    for (step, codes) in codes.chunks(STEP).enumerate() {
        let found = storage::institutions::by_codes(&mut db.read().await?, codes).await?;
        let mut tx = db.write().await?;
        for (place, institution) in found.iter().enumerate() {
            let number = step * STEP + place;
            let (account, token) = writer.clinic(&mut tx, institution.id, number).await?;
            let cookie = format!("mg_session={token}");
            if number == 0 {
                home = cookie;
                writer.filed(&mut tx, institution.id, account).await?;
            } else {
                let id = writer.draft(&mut tx, institution.id, account, number).await?;
                drafts.push(Draft { csrf: csrf_token(&token), cookie, id });
            }
        }
        tx.commit().await?;
    }
    db.close().await;
    Ok(Ready { home, drafts })
}

/// A person of a clinic, who has no password.
pub(crate) fn account(id: AccountId, now: Timestamp, email: String) -> Account {
    Account {
        id,
        email,
        name: "計測 太郎".to_owned(),
        password_hash: None,
        must_reset: false,
        staff: false,
        roles: vec![],
        totp_secret: None,
        totp_last_step: 0,
        disabled: false,
        created_at: now,
    }
}

/// A case of which nothing is filled in.
pub(crate) fn case(
    now: Timestamp,
    numbers: &Numbers,
    (institution, account): (InstitutionId, AccountId),
    kind: Kind,
) -> Application {
    Application {
        id: ApplicationId::new(now, numbers),
        kind,
        institution_id: institution,
        state: State::Draft,
        version: 1,
        reference: None,
        answers: Answers::new(),
        remarks: vec![],
        line_id: None,
        terminal_name: None,
        start_month: None,
        sent_with: None,
        created_by: account,
        submitted_by: None,
        assignee: None,
        reasons: vec![],
        created_at: now,
        updated_at: now,
        submitted_at: None,
        state_since: now,
        flag: domain::applications::Flag::Plain,
        rule_words: String::new(),
    }
}

impl Writer {
    /// An owner with a session.
    async fn clinic(
        &self,
        tx: &mut Tx,
        institution: InstitutionId,
        number: usize,
    ) -> anyhow::Result<(AccountId, String)> {
        let id = AccountId::new(self.now, &self.numbers);
        let account = account(id, self.now, format!("bench{number}@clinic.example"));
        storage::accounts::insert(tx, &account).await?;
        let membership = MembershipId::new(self.now, &self.numbers);
        storage::accounts::insert_membership(tx, membership, id, institution, "owner", "active", self.now).await?;
        let (token, end) = (new_token(&self.numbers), self.now + Duration::hours(1));
        storage::sessions::insert(tx, &token_hash(&token), id, Some(institution), self.now, end, "bench").await?;
        Ok((id, token))
    }

    async fn draft(
        &self,
        tx: &mut Tx,
        institution: InstitutionId,
        account: AccountId,
        number: usize,
    ) -> anyhow::Result<ApplicationId> {
        let line = format!("COP{number:08}");
        let answers = self.claims.clone().with("customer_id", line.as_str()).with("customer_id_confirm", line.as_str());
        let case = Application { answers, ..case(self.now, &self.numbers, (institution, account), Kind::Claims) };
        anyhow::ensure!(storage::applications::insert_draft(tx, &case).await?, "the clinic has a draft");
        Ok(case.id)
    }

    /// Cases of all procedures, as a clinic with many terminals has them.
    async fn filed(&self, tx: &mut Tx, institution: InstitutionId, account: AccountId) -> anyhow::Result<()> {
        for number in 0..CASES {
            let kind = match number {
                0 => Kind::Eligibility,
                1 => Kind::Claims,
                _ => Kind::Certificate,
            };
            let terminal = (kind == Kind::Certificate).then(|| format!("受付の端末{number}"));
            let reference = ReferenceNumber::generate(&self.numbers).as_str().to_owned();
            let case = Application {
                state: State::Submitted,
                reference: Some(reference),
                terminal_name: terminal,
                submitted_by: Some(account),
                submitted_at: Some(self.now),
                ..case(self.now, &self.numbers, (institution, account), kind)
            };
            storage::applications::insert_filed(tx, &case).await?;
        }
        Ok(())
    }
}
