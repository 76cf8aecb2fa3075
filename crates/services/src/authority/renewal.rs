//! Renewal with the present certificate over mutual TLS, on the page and by EST (spec 04.5, 04.6; RFC 7030, 4.2.2).

use domain::{
    applications::{Event, Kind},
    calendar::japanese_date,
    clock::Timestamp,
    ids::EntryId,
    terminals::renewal::Window,
    text::thousands,
};
use pki::Profile;
use storage::{
    Tx,
    authority::Certificate,
    boxed,
    renewals::{AUTOMATIC, LATE, Permit},
};

use super::{
    barred::{barred, look_again, note},
    connection::{Shown, Until, identify},
    issuance::{Signed, finish, or_give_up, reserve, sign},
    receive::{Key, Pickup, PickupMode, Terminal, Wanted, deliver, or_refused},
    renewal_code::{self, Proof},
    renewal_fault::RenewalFault,
    revocation::supersede,
};
use crate::{Ctx, Error, Result, applications::tell};

/// What a renewal gives and costs, shown before anything is consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Terminal.
    pub terminal: String,
    /// Institution.
    pub institution: String,
    /// Reference number.
    pub reference: String,
    /// Serial number of the present certificate.
    pub serial: String,
    /// End of the present certificate.
    pub expires: Timestamp,
    /// End of the new one.
    pub new_expires: Timestamp,
    /// Whole days of the present term that are lost.
    pub days_lost: i64,
    /// The fee in yen; none once it was charged for this certificate.
    pub fee_yen: Option<i64>,
    /// The format that suits the terminal's operating system: `modern` or `legacy`.
    pub format: String,
    /// Whether the terminal may be one with Windows.
    pub windows: bool,
}

/// How the fee was agreed to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Consent {
    /// On the page, now.
    Box(bool),
    /// Beforehand, by an owner.
    Standing,
}

impl Consent {
    const fn way(self, by_code: bool) -> &'static str {
        match self {
            Self::Box(_) if by_code => "更新のページ（閉域網）で、代表者の方が作った更新コードを使用",
            Self::Box(_) => "更新のページ（閉域網）",
            Self::Standing => "端末による自動の更新（EST）",
        }
    }
}

/// A certificate that can be renewed now.
struct Renewable {
    present: Certificate,
    terminal: Terminal,
    days_lost: i64,
    fee_yen: Option<i64>,
    permits: Vec<Permit>,
    /// Hash of the code that opened it, if no certificate was shown.
    code: Option<String>,
}

/// Shows what a renewal gives and costs.
///
/// # Errors
/// When the database refuses. Why it cannot be renewed is the inner fault.
#[boxed]
pub async fn offer(ctx: &Ctx<'_>, proof: &Proof<'_>) -> Result<Result<Offer, RenewalFault>> {
    let Renewable { present, terminal, days_lost, fee_yen, .. } = match admit(ctx, proof).await? {
        Ok(renewable) => renewable,
        Err(fault) => return Ok(Err(fault)),
    };
    Ok(Ok(Offer {
        terminal: terminal.name(),
        reference: tell::grouped(terminal.case.reference.as_deref().unwrap_or_default()),
        serial: present.serial,
        expires: present.not_after,
        new_expires: new_end(ctx, &terminal.profile(ctx))?,
        days_lost,
        fee_yen,
        format: terminal.format(ctx),
        windows: terminal.is_windows(),
        institution: terminal.institution.name,
    }))
}

fn new_end(ctx: &Ctx<'_>, profile: &Profile) -> Result<Timestamp> {
    let (months, issuing) = (ctx.app.rules().certificate_months, &ctx.app.authority.issuing);
    let validity = profile.validity_within(months, ctx.now, Some(&issuing.certificate));
    Ok(validity.map_err(Error::internal)?.not_after)
}

/// Renews on the page; `agreed` is the tick in the box about the fee, `seen_fee` the fee that was shown beside it.
///
/// # Errors
/// When the database or the authority refuses. Why it is not renewed is the inner fault.
#[boxed]
pub async fn renew(
    ctx: &Ctx<'_>,
    proof: &Proof<'_>,
    agreed: bool,
    seen_fee: Option<i64>,
    mode: PickupMode,
) -> Result<Result<Pickup, RenewalFault>> {
    let renewable = match admit(ctx, proof).await? {
        Ok(renewable) => renewable,
        Err(fault) => return Ok(Err(fault)),
    };
    if let (Some(seen), Some(fee)) = (seen_fee, renewable.fee_yen)
        && seen != fee
    {
        return Ok(Err(RenewalFault::OtherFee(thousands(fee))));
    }
    let wanted = match Wanted::read(ctx, mode).await {
        Ok(wanted) => wanted,
        Err(fault) => return Ok(Err(fault.into())),
    };
    match issue(ctx, &renewable, &wanted, Consent::Box(agreed)).await? {
        Ok((key, der)) => deliver(ctx, &renewable.terminal, wanted, key, der).await.map(Ok),
        Err(fault) => Ok(Err(fault)),
    }
}

/// Renews for a machine: a request goes in, the certificate comes out in DER. Its subject must be empty or the present
/// one's, its key a new one, and an owner must have agreed to the fee beforehand.
///
/// # Errors
/// As [`renew`].
#[boxed]
pub async fn reenrol(ctx: &Ctx<'_>, shown: Option<&[u8]>, request: Vec<u8>) -> Result<Result<Vec<u8>, RenewalFault>> {
    let renewable = match examine(ctx, shown).await? {
        Ok(renewable) => renewable,
        Err(fault) => return Ok(Err(fault)),
    };
    let wanted = match Wanted::read(ctx, PickupMode::Request(request)).await {
        Ok(wanted) => wanted,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let same_name = match &wanted {
        Wanted::Request(request) => request.names_only(shown.unwrap_or_default()),
        Wanted::File(..) => true,
    };
    if !same_name {
        return Ok(Err(RenewalFault::OtherName));
    }
    Ok(issue(ctx, &renewable, &wanted, Consent::Standing).await?.map(|(_, der)| der))
}

/// Whether what a proof stands for can be renewed now. A code takes the place of TLS alone: all else is judged alike.
async fn admit(ctx: &Ctx<'_>, proof: &Proof<'_>) -> Result<Result<Renewable, RenewalFault>> {
    let (reference, code) = match *proof {
        Proof::Shown(shown) => return examine(ctx, shown).await,
        Proof::Code(reference, code) => (reference, code),
    };
    let Some(opened) = renewal_code::open(ctx, reference, code).await? else {
        return Ok(Err(RenewalFault::WrongCode));
    };
    let examined = examine(ctx, Some(&opened.certificate)).await?;
    Ok(examined.map(|renewable| Renewable { code: Some(opened.hash), ..renewable }))
}

/// Whether what was shown can be renewed now.
async fn examine(ctx: &Ctx<'_>, shown: Option<&[u8]>) -> Result<Result<Renewable, RenewalFault>> {
    let Shown { record: present, .. } = match identify(ctx, shown, Until::After).await? {
        Ok(shown) => shown,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let mut conn = ctx.app.db.read().await?;
    let case = match present.application_id {
        Some(id) => storage::applications::find(&mut conn, id).await?,
        None => None,
    };
    let Some(case) = case.filter(|case| Kind::Certificate.allows(case.state, Event::Renew)) else {
        return Ok(Err(RenewalFault::Ended));
    };
    let institution = storage::institutions::find(&mut conn, case.institution_id).await?.ok_or(Error::NotFound)?;
    if let Some(bar) = barred(&mut conn, &case).await? {
        drop(conn);
        note(ctx, &case, bar).await?;
        return Ok(Err(bar.into()));
    }
    if let Some(succession) = storage::successions::of_old(&mut conn, institution.id).await? {
        return Ok(Err(RenewalFault::Succeeded(japanese_date(succession.ends_at.date()))));
    }
    let permits = storage::renewals::of_application(&mut conn, case.id).await?;
    let days_lost = match days_lost(ctx, &present, &permits) {
        Ok(days) => days,
        Err(fault) => return Ok(Err(fault)),
    };
    if is_followed(&storage::authority::successors(&mut conn, present.id).await?) {
        return Ok(Err(RenewalFault::Renewed));
    }
    let terminal = Terminal { case, institution };
    if new_end(ctx, &terminal.profile(ctx))? < present.not_after {
        return Ok(Err(RenewalFault::NothingGained));
    }
    let charged = storage::ledger::renewal_of(&mut conn, present.id).await?;
    let fee_yen = charged.is_none().then_some(ctx.app.rules().certificate_fee_yen);
    Ok(Ok(Renewable { present, terminal, days_lost, fee_yen, permits, code: None }))
}

/// Days that are lost if the window is open.
fn days_lost(ctx: &Ctx<'_>, present: &Certificate, permits: &[Permit]) -> Result<i64, RenewalFault> {
    let fee = ctx.app.rules().certificate_fee_yen;
    match Window::at(present.not_after, ctx.now) {
        Window::Open { days_lost } => Ok(days_lost),
        Window::NotYet { from } => Err(RenewalFault::TooEarly(japanese_date(from.date()))),
        Window::Grace { .. } if holds(permits, LATE, fee, ctx.now) => Ok(0),
        Window::Grace { until } => Err(RenewalFault::NotAllowed(japanese_date(until.date()))),
        Window::Over => Err(RenewalFault::TooLate),
    }
}

fn holds(permits: &[Permit], kind: &str, fee_yen: i64, now: Timestamp) -> bool {
    permits.iter().any(|permit| permit.kind == kind && permit.covers(fee_yen, now))
}

/// Whether one of the successors is in use, or was.
pub(super) fn is_followed(successors: &[Certificate]) -> bool {
    successors.iter().any(|one| one.installed_at.is_some())
}

fn agreed(ctx: &Ctx<'_>, renewable: &Renewable, consent: Consent) -> Result<(), RenewalFault> {
    let Some(fee) = renewable.fee_yen else { return Ok(()) };
    let beforehand = |kind| holds(&renewable.permits, kind, fee, ctx.now);
    match consent {
        Consent::Box(true) => Ok(()),
        Consent::Box(false) => Err(RenewalFault::ConsentMissing),
        Consent::Standing if beforehand(AUTOMATIC) || beforehand(LATE) => Ok(()),
        Consent::Standing => Err(RenewalFault::NoStandingConsent(thousands(fee))),
    }
}

/// Records, signs and stores.
async fn issue(
    ctx: &Ctx<'_>,
    renewable: &Renewable,
    wanted: &Wanted,
    consent: Consent,
) -> Result<Result<(Key, Vec<u8>), RenewalFault>> {
    if let Err(fault) = agreed(ctx, renewable, consent) {
        return Ok(Err(fault));
    }
    let Renewable { present, terminal, .. } = renewable;
    if wanted.holds(&present.key_hash) {
        return Ok(Err(RenewalFault::SameKey));
    }
    let key = match wanted.key(ctx, terminal).await? {
        Ok(key) => key,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let reserved = match or_refused(reserve(ctx, &terminal.order(ctx, key.public(), Some(present.id))?).await)? {
        Ok(reserved) => reserved,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let record = reserved.record.clone();
    let signed = sign(ctx, reserved).await?;
    let der = or_give_up(ctx, &record, store(ctx, renewable, signed, consent).await).await?;
    Ok(Ok((key, der)))
}

/// Stores in one transaction with the end of an earlier successor, the fee, the event and the mails. The
/// present certificate stays as it is: the terminal goes on with it until the new one is installed.
async fn store(ctx: &Ctx<'_>, renewable: &Renewable, signed: Signed, consent: Consent) -> Result<Vec<u8>> {
    let Renewable { present, terminal, .. } = renewable;
    let (id, serial, expires) = (signed.record.id, signed.record.serial.clone(), signed.record.not_after);
    let mut tx = ctx.app.db.write().await?;
    let valid = look_again(&mut tx, &terminal.case).await?;
    if !valid.iter().any(|one| one.id == present.id) {
        return Err(Error::ChangedMeanwhile);
    }
    let successors = storage::authority::successors(&mut tx, present.id).await?;
    if is_followed(&successors) {
        return Err(Error::ChangedMeanwhile);
    }
    if let Some(hash) = &renewable.code {
        renewal_code::consume(ctx, &mut tx, terminal.case.id, hash).await?;
    }
    let der = finish(ctx, &mut tx, signed).await?;
    supersede(ctx, &mut tx, &successors, id).await?;
    let charged = charge(ctx, &mut tx, renewable).await?;
    let case = &terminal.case;
    crate::applications::record(ctx, &mut tx, case.id, Event::Renew, case.state, case.state, &serial).await?;
    let further = [
        ("way", consent.way(renewable.code.is_some()).to_owned()),
        ("serial", serial),
        ("expires_on", japanese_date(expires.date())),
        ("old_expires_on", japanese_date(present.not_after.date())),
        (
            "charged",
            charged
                .map_or_else(|| "かかりません（前の更新のやり直し）".to_owned(), |yen| format!("{}円", thousands(yen))),
        ),
        ("test_url", format!("{}/connection-test", ctx.app.settings.closed_url)),
    ];
    tell::owners_about(ctx, &mut tx, case, "certificate_renewed", &further).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(der)
}

/// Writes the fee into the ledger, once for the certificate that is renewed; gives it if it was written now.
async fn charge(ctx: &Ctx<'_>, tx: &mut Tx, renewable: &Renewable) -> Result<Option<i64>> {
    let Renewable { present, terminal, .. } = renewable;
    // What was agreed to, even if another fee came into force in this very moment.
    let Some(amount_yen) = renewable.fee_yen else { return Ok(None) };
    let payment = crate::applications::payment_in(tx, terminal.institution.id).await?;
    let renewal = storage::ledger::Renewal {
        institution: terminal.institution.id,
        application: terminal.case.id,
        certificate: present.id,
        amount_yen,
        payment: &payment,
    };
    let entry = EntryId::new(ctx.now, &*ctx.app.randomness);
    if !storage::ledger::charge_renewal(tx, entry, &renewal, ctx.now).await? {
        return Ok(None);
    }
    ctx.audit(tx, "ledger.charge", format!("certificate:{}", present.id), "", &format!("{amount_yen}:{payment}"));
    Ok(Some(amount_yen))
}
