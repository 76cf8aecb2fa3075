//! Beginning a procedure: what it is, the draft that waits, what must come first.

use askama::Template;
use axum::{extract::Path, response::Response};
use domain::{
    applications::{Kind, State},
    calendar::japanese_date,
};
use services::{
    applications::{self, Standing, Started},
    rows::Application,
};

use super::{draft::DraftView, kind, trail};
use crate::{
    pages::content::articles_about,
    site::{Failure, Html, Posted, Visit, see_other},
    view::frame::{Frame, Link},
};

#[derive(Template)]
#[template(path = "applications/begin.html")]
pub(super) struct Begin {
    frame: Frame,
    address: String,
    article: &'static str,
    about: Vec<Link>,
    claims: bool,
    lead: &'static str,
    prepare: &'static [&'static str],
    missing: Option<&'static str>,
    under_way: Option<UnderWay>,
    draft: Option<DraftView>,
    button: &'static str,
}

/// The case that keeps a second one from being filed.
struct UnderWay {
    id: String,
    /// Its number, state and day.
    which: String,
    /// Where it stands and what comes next.
    sentence: String,
    /// It waits for corrections of the applicant.
    returned: bool,
}

impl UnderWay {
    fn of(standing: &Standing<Application>) -> Self {
        let case = &standing.case;
        let number = case.reference.as_deref().map(applications::reference).unwrap_or_default();
        let sent = case.submitted_at.map(|at| japanese_date(at.date())).unwrap_or_default();
        Self {
            id: case.id.to_string(),
            which: format!("受付番号 {number}（{sent}に送信、{}）", case.state.label()),
            sentence: standing.explanation.sentence(),
            returned: case.state == State::Returned,
        }
    }
}

/// The page before the form.
pub(super) async fn begin(visit: Visit, Path(name): Path<String>) -> Result<Html<Begin>, Failure> {
    visit.member()?;
    let kind = kind(&name)?;
    let outlook = applications::outlook(&visit.ctx(), kind).await?;
    let (lead, prepare) = words(kind);
    Ok(Html(Begin {
        frame: Frame { breadcrumb: trail(), ..visit.frame(kind.label()) },
        address: format!("/procedures/{kind}"),
        article: kind.procedure().article(),
        about: articles_about(&visit, kind).await?,
        claims: kind == Kind::Claims,
        lead,
        prepare,
        missing: outlook.missing,
        under_way: outlook.under_way.as_ref().map(UnderWay::of),
        draft: outlook.draft.as_ref().map(|draft| DraftView::new(draft, &visit.csrf)),
        button: match kind {
            _ if !outlook.filed => "入力をはじめる",
            Kind::Claims => "届出の入力をはじめる",
            _ => "申請の入力をはじめる",
        },
    }))
}

fn words(kind: Kind) -> (&'static str, &'static [&'static str]) {
    match kind {
        Kind::Eligibility => (
            "オンライン資格確認等システムを使い始めるとき、または申請した内容を変えるときの申請です。入力は10分ほどです。",
            &[
                "NTTフレッツ回線の「開通のご案内」（お客様ID）",
                "フレッツ・v6オプションの契約の状況",
                "利用を始める予定の年月",
            ],
        ),
        Kind::Certificate => (
            "端末1台に1枚必要な「端末の電子証明書」の発行を申請します。承認されると、通知書が簡易書留で届きます。入力は5分ほどです。",
            &["端末の台数と、それぞれの名前", "端末のOS（Windows 11 など）", "通知書を受け取る担当者の名前"],
        ),
        Kind::Claims => (
            "オンライン請求を始めるとき、または届け出た内容を変えるときの届出です。ここで送信すると、紙の届出は要りません。入力は10分ほどです。",
            &[
                "レセコンのプログラム名称",
                "パソコンの基本ソフト（OS）とブラウザ",
                "回線の種類とお客様ID",
                "安全対策の規程",
            ],
        ),
    }
}

/// Begins the form or goes on with the draft; a double click finds the same draft.
pub(super) async fn start(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let kind = kind(&name)?;
    Ok(match applications::start(&visit.ctx(), kind).await? {
        Started::New(id) | Started::Existing(id) => see_other(&format!("/applications/{id}/edit")),
        Started::MissingBefore(_) | Started::UnderWay(_) => see_other(&format!("/procedures/{kind}")),
    })
}
