//! The desk: what waits for the roles of a person, and the one thing to do next.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{
    applications::{Kind, State},
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    Ctx, Error,
    accounts::membership,
    applications, authority, content, fees, inquiries, jobs, letters,
    office::{proposals, reviews},
    rows::{Listed, QueueFilter},
};

use super::{
    fees::{CLOSINGS, OVERDUE},
    links::queue_of,
    parts,
    queue::{Wanted, case_in},
};
use crate::{
    site::{Failure, Html, Visit, see_other},
    view::{
        frame::{BannerKind, Frame, Link},
        parts::{CellView, RowView, TableView},
    },
};

/// States of open cases with their names and what they mean.
const OPEN: [(State, &str, &str); 3] = [
    (State::Submitted, "審査待ち", "まだだれも担当していないもの"),
    (State::InReview, "審査中", "担当者が審査しているもの"),
    (State::Returned, "補正依頼", "申請者が直しているもの"),
];
/// Longest lists that services give.
const MOST: i64 = 200;

#[derive(Template)]
#[template(path = "office/desk.html")]
struct Desk {
    frame: Frame,
    roles: String,
    next: Option<Link>,
    next_words: String,
    waiting: TableView,
    others: Vec<Link>,
}

/// Work of one kind that may wait.
struct Waiting {
    label: String,
    href: String,
    count: i64,
    /// Where counting stops.
    most: i64,
    /// Whether the person may do it; others only look.
    mine: bool,
    words: &'static str,
}

/// What was said by the page before.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    none: String,
}

/// The first page of staff.
pub(super) async fn show(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    let session = visit.person()?;
    if !session.staff {
        return Err(Error::Forbidden.into());
    }
    let roles: Vec<&str> = session.roles.iter().map(|role| role.label()).collect();
    let ctx = visit.ctx();
    let first = first_case(&ctx).await?;
    let waiting = waiting(&ctx).await?;
    let (next, next_words) = next_step(first.as_ref(), &waiting);
    let mut frame = Frame { breadcrumb: vec![], ..visit.office_frame("業務", "/office") };
    if !said.none.is_empty() {
        frame.banners.push(parts::banner(BannerKind::Info, "審査待ちの申請はありません。", &[]));
    }
    let listed: Vec<&str> = waiting.iter().map(|work| work.href.as_str()).collect();
    let others = frame.office_links.iter().filter(|link| !listed.contains(&link.href.as_str())).cloned().collect();
    Ok(Html(Desk { frame, roles: roles.join("・"), next, next_words, waiting: table(&waiting), others })
        .into_response())
}

/// Which queue goes on, and after which case.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    kind: String,
    queue: String,
    after: String,
}

/// Opens the next case of the queue in the address, or else the case that has waited longest, of the procedures that the
/// person examines.
pub(super) async fn next(visit: Visit, Query(from): Query<After>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReviewApplications, P::ReviewCertificates])?;
    if let Ok(kind) = from.kind.parse::<Kind>() {
        let wanted = Wanted::parse(&from.queue);
        let filter = wanted.filter(&visit, kind);
        let found = applications::next_case(&visit.ctx(), &filter, from.after.parse().ok()).await?;
        return Ok(see_other(&match found {
            Some(case) => case_in(case.id, &wanted.query()),
            None => wanted.address(kind, &[("said", "none")]),
        }));
    }
    Ok(match first_case(&visit.ctx()).await? {
        Some(case) => see_other(&format!("/office/applications/{}", case.id)),
        None => see_other("/office?none=1"),
    })
}

async fn first_case(ctx: &Ctx<'_>) -> Result<Option<Listed>, Failure> {
    let mut first: Option<Listed> = None;
    for kind in Kind::ALL.iter().copied().filter(|kind| ctx.permit(applications::reviewing(*kind)).is_ok()) {
        let found = applications::next_case(ctx, &QueueFilter::new(kind, State::Submitted), None).await?;
        if found.as_ref().is_some_and(|case| first.as_ref().is_none_or(|known| case.submitted_at < known.submitted_at))
        {
            first = found;
        }
    }
    Ok(first)
}

impl Waiting {
    /// The same for someone who needs this permission to do it.
    fn by(self, ctx: &Ctx<'_>, permission: P) -> Self {
        Self { mine: ctx.permit(permission).is_ok(), ..self }
    }

    fn new(label: &str, href: &str, count: i64, words: &'static str) -> Self {
        Self { label: label.to_owned(), href: href.to_owned(), count, most: MOST, mine: true, words }
    }
}

async fn waiting(ctx: &Ctx<'_>) -> Result<Vec<Waiting>, Failure> {
    let mut all = cases(ctx).await?;
    let proposed = proposals::count_for_me(ctx).await?;
    all.extend((proposed > 0).then(|| {
        Waiting::new("承認待ち", "/office/proposals", proposed, "別の担当者が起案し、あなたの承認を待っているもの")
    }));
    if ctx.permit(P::ReadChecks).is_ok() {
        let count = authority::count_findings(ctx, MOST).await?;
        all.extend((count > 0).then(|| {
            Waiting::new("証明書の点検", "/office/checks", count, "毎晩の点検で、不適合または点検できなかった証明書")
        }));
    }
    if ctx.permit(P::ReviewMemberships).is_ok() {
        let count = count(&membership::review_list(ctx).await?);
        all.push(Waiting::new("所属の確認", "/office/memberships", count, "審査担当の確認を待っている方"));
    }
    if ctx.permit(P::ReadLetters).is_ok() {
        let desk = letters::desk(ctx).await?;
        let (print, post) = ("印刷待ち（束になっていないもの）", "印刷済みで、書留番号が未記録のもの");
        for (label, count, words) in [("通知書の印刷", desk.to_print, print), ("通知書の発送", desk.to_post, post)]
        {
            all.push(Waiting::new(label, "/office/letters", count, words).by(ctx, P::DispatchLetters));
        }
    }
    if ctx.permit(P::ManageFees).is_ok() {
        all.extend(money(ctx).await?);
    }
    if ctx.permit(P::ReadInquiries).is_ok() {
        let count = inquiries::waiting(ctx, MOST).await?;
        let work = Waiting::new("お問い合わせ", "/office/inquiries", count, "回答していないもの");
        all.push(work.by(ctx, P::AnswerInquiries));
    }
    if ctx.permit(P::EditContent).is_ok() {
        all.extend(texts(ctx).await?);
    }
    if ctx.permit(P::ManageStaff).is_ok() {
        let (count, late) = reviews::waiting(ctx).await?;
        let words = if late {
            "確認の期限を過ぎた職員の権限があります"
        } else {
            "まだ確認していない職員の権限"
        };
        all.extend((count > 0).then(|| Waiting::new("権限の棚卸し", "/office/staff/reviews", count, words)));
    }
    if ctx.permit(P::ManageJobs).is_ok() {
        let count = count(&jobs::failed(ctx).await?);
        all.push(Waiting::new("処理の失敗", "/office/jobs", count, "くり返しても終わらなかった処理"));
    }
    Ok(all)
}

/// Articles that somebody wants to be read before they are published, and words of readers.
async fn texts(ctx: &Ctx<'_>) -> Result<[Waiting; 2], Failure> {
    let review = content::articles_in_review(ctx, MOST).await?;
    let said = content::answers_waiting(ctx, MOST).await?;
    let words = "ほかの編集者が、公開の前の確認を依頼したもの";
    Ok([
        Waiting::new("記事の確認", "/office/articles?state=in_review", review, words),
        Waiting::new("読者の声", "/office/articles/feedback", said, "記事への、未対応のひとこと"),
    ])
}

/// A month that can be closed, and bills that nobody paid in time.
async fn money(ctx: &Ctx<'_>) -> Result<[Waiting; 2], Failure> {
    let fees = fees::outlook(ctx).await?.entries;
    let late = count(&fees::overdue(ctx, None).await?);
    let close = Waiting::new("月の締め", CLOSINGS, fees, "終わった月の、まだ締めていない料金");
    let overdue = Waiting::new("期限切れの請求", OVERDUE, late, "支払い期限を過ぎても入金のない請求");
    Ok([close, Waiting { most: i64::try_from(parts::PAGE).unwrap_or(MOST), ..overdue }])
}

async fn cases(ctx: &Ctx<'_>) -> Result<Vec<Waiting>, Failure> {
    let counts = applications::queue_counts(ctx).await?;
    let count = |kind: Kind, state: State| {
        counts.iter().find(|(of, counts)| *of == kind && counts.state == state).map_or(0, |(_, counts)| counts.cases)
    };
    let mut all = vec![];
    for kind in Kind::ALL.iter().copied().filter(|kind| ctx.permit(applications::reading(*kind)).is_ok()) {
        for (state, name, words) in OPEN {
            let count = count(kind, state);
            let always = state == State::Submitted && Kind::JOURNEY.contains(&kind);
            if count > 0 || always {
                let queue = queue_of(kind);
                let href = if state == State::Submitted { queue } else { format!("{queue}?state={state}") };
                let work = Waiting::new(&format!("{}（{name}）", kind.label()), &href, count, words);
                let work = work.by(ctx, applications::reviewing(kind));
                all.push(Waiting { mine: work.mine && state != State::Returned, ..work });
            }
        }
    }
    Ok(all)
}

fn count<T>(list: &[T]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}

/// The one primary action: the case that has waited longest, or the first work that waits for this person.
fn next_step(first: Option<&Listed>, waiting: &[Waiting]) -> (Option<Link>, String) {
    if let Some(case) = first {
        let words =
            format!("いちばん長く待っているのは、「{}」の「{}」です。", case.institution_name, case.kind.label());
        return (Some(Link::new("次の申請を審査する", "/office/next")), words);
    }
    match waiting.iter().find(|work| work.mine && work.count > 0) {
        Some(work) => {
            let words = format!("「{}」が{}件あります。", work.label, work.count);
            (Some(Link::new(format!("「{}」を開く", work.label), &work.href)), words)
        }
        None => (None, "いま待っている仕事はありません。".to_owned()),
    }
}

fn table(waiting: &[Waiting]) -> TableView {
    let rows = waiting.iter().map(|work| {
        let count =
            if work.count >= work.most { format!("{}件以上", work.count) } else { format!("{}件", work.count) };
        RowView {
            cells: vec![
                CellView::link(&work.label, &work.href),
                CellView::Text(work.words.to_owned()),
                CellView::Number(count),
            ],
            strong: work.mine && work.count > 0,
        }
    });
    let rows = rows.collect();
    TableView {
        columns: parts::columns(&["業務", "内容", "件数"], &[2]), ..parts::table("待っている仕事", &[], rows)
    }
}
