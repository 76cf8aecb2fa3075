//! What is one's own: cases, terminals and inquiries of whoever is logged in, and for staff a case by its number.

use domain::{
    applications::State,
    content::search::{Kind, Needle, Piece, pieces},
    permissions::Permission,
    reference::{ReferenceNumber, begun},
    typed::search_key,
};
use storage::{
    Conn,
    search::{OwnCase, OwnInquiry},
};

use super::{Hit, Target};
use crate::{Ctx, Result, inquiries};

/// Cases and inquiries whose numbers begin as typed.
const NUMBERS: i64 = 20;
/// Names of terminals of one institution that are compared.
const NAMES: i64 = 5_000;
/// Terminals that are shown.
const TERMINALS: usize = 20;
/// Cases of one terminal that are shown.
const CASES: i64 = 3;

/// What fits of one's own, in the order in which it is shown.
pub(super) async fn find(ctx: &Ctx<'_>, conn: &mut Conn, needle: &Needle, typed: &str) -> Result<Vec<Hit>> {
    let Ok(session) = ctx.session() else { return Ok(vec![]) };
    let begin = begun(typed);
    let mut hits = vec![];
    if session.staff {
        hits.extend(in_office(ctx, conn, typed).await?);
    }
    let institution = session.institution.as_ref().map(|acting| acting.id);
    if let (Some(institution), Some(begin)) = (institution, &begin) {
        let cases = storage::search::cases_by_number(conn, institution, begin, NUMBERS).await?;
        hits.extend(cases.iter().map(|case| by_number(case, begin)));
    }
    if let Some(begin) = &begin {
        let threads = storage::search::inquiries_by_number(conn, session.account_id, begin, NUMBERS).await?;
        hits.extend(threads.iter().map(|thread| inquiry(ctx, thread, begin)));
    }
    if let Some(institution) = institution {
        let names = storage::search::terminal_names(conn, institution, NAMES).await?;
        let mut fitting: Vec<String> =
            names.into_iter().filter(|name| needle.fits_plainly(&search_key(name))).collect();
        fitting.sort();
        for name in fitting.iter().take(TERMINALS) {
            let cases = storage::search::cases_of_terminal(conn, institution, name, CASES).await?;
            hits.extend(of_terminal(needle, name, &cases));
        }
    }
    Ok(hits)
}

/// A number with its beginning marked.
fn number(reference: &str, begin: &str) -> Vec<Piece> {
    let (hit, rest) = reference.split_at_checked(begin.len()).unwrap_or((reference, ""));
    let piece = |text: &str, hit| Piece { text: text.to_owned(), hit };
    [piece(hit, true), piece(rest, false)].into_iter().filter(|piece| !piece.text.is_empty()).collect()
}

fn said(text: String) -> Vec<Piece> {
    vec![Piece { text, hit: false }]
}

/// What a case is, in a line.
fn words(case: &OwnCase) -> String {
    let terminal = if case.terminal_name.is_empty() { String::new() } else { format!("（{}）", case.terminal_name) };
    format!("{}{terminal}：{}", case.kind.label(), case.state.label())
}

fn by_number(case: &OwnCase, begin: &str) -> Hit {
    let title = [said("受付番号 ".to_owned()), number(&case.reference, begin)].concat();
    Hit { kind: Kind::Case, target: Target::Case(case.id), title, excerpt: said(words(case)) }
}

fn inquiry(ctx: &Ctx<'_>, thread: &OwnInquiry, begin: &str) -> Hit {
    let title = [said("受付番号 ".to_owned()), number(&thread.reference, begin)].concat();
    let excerpt = said(inquiries::category(ctx, &thread.category));
    Hit { kind: Kind::Inquiry, target: Target::Inquiry(thread.id), title, excerpt }
}

/// The terminal itself unless nothing came of any application for it, and the cases that were sent for it.
fn of_terminal(needle: &Needle, name: &str, cases: &[OwnCase]) -> Vec<Hit> {
    let keys: Vec<&str> = needle.words.iter().map(|word| word.key.as_str()).collect();
    let title = pieces(name, &keys);
    let came_to_nothing =
        |case: &&OwnCase| [State::Rejected, State::Cancelled, State::PickupExpired].contains(&case.state);
    let mut hits = vec![];
    if let Some(case) = cases.iter().find(|case| !came_to_nothing(case)) {
        let target = Target::Terminal(case.id);
        hits.push(Hit { kind: Kind::Terminal, target, title: title.clone(), excerpt: vec![] });
    }
    hits.extend(cases.iter().map(|case| {
        let excerpt = said(format!("{}（受付番号 {}）", case.state.label(), case.reference));
        let title = [said(format!("{}：", case.kind.label())), title.clone()].concat();
        Hit { kind: Kind::Case, target: Target::Case(case.id), title, excerpt }
    }));
    hits
}

/// For staff: the case or the inquiry of a whole number, if they may read it.
async fn in_office(ctx: &Ctx<'_>, conn: &mut Conn, typed: &str) -> Result<Vec<Hit>> {
    let Ok(reference) = ReferenceNumber::parse(typed) else { return Ok(vec![]) };
    let title = || [said("受付番号 ".to_owned()), number(reference.as_str(), reference.as_str())].concat();
    let mut hits = vec![];
    if let Some(case) = storage::applications::by_reference(conn, reference.as_str()).await?
        && ctx.permit(reads(case.kind)).is_ok()
    {
        let excerpt = said(format!("{}：{}", case.kind.label(), case.state.label()));
        hits.push(Hit { kind: Kind::Case, target: Target::OfficeCase(case.id), title: title(), excerpt });
    }
    if ctx.permit(Permission::ReadInquiries).is_ok()
        && let Some(thread) = storage::inquiries::by_reference(conn, reference.as_str()).await?
    {
        let excerpt = said(inquiries::category(ctx, &thread.category));
        hits.push(Hit { kind: Kind::Inquiry, target: Target::OfficeInquiry(thread.id), title: title(), excerpt });
    }
    Ok(hits)
}

/// What staff need to read a case of a procedure.
const fn reads(kind: domain::applications::Kind) -> Permission {
    match kind {
        domain::applications::Kind::Certificate => Permission::ReadCertificates,
        _ => Permission::ReadApplications,
    }
}
