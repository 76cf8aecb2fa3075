//! One membership of one's own: where it stands, the code of the letter, a new letter, its end.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::ids::MembershipId;
use services::{
    Error,
    accounts::membership::{self, ACTIVE, CodeAnswer, Mine, Removed},
};

use super::{
    done,
    form::{FormPage, slip},
    id, person, places,
    progress::{Way, line, sentence, way},
    refused,
    way::Wanted,
};
use crate::{
    site::{Failure, Html, Posted, Visit, grouped_code, see_other},
    view::{
        form::{FieldView, InputView, TextView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::StateLineView,
    },
};

#[derive(Template)]
#[template(path = "accounts/membership.html")]
struct MembershipPage {
    frame: Frame,
    id: MembershipId,
    name: String,
    code: String,
    line: StateLineView,
    way: Way,
    active: bool,
    sender_domain: String,
    demo: bool,
}

/// One of the person's own memberships.
async fn own(visit: &Visit, id: MembershipId) -> Result<Mine, Failure> {
    visit.person()?;
    let mine = membership::mine(&visit.ctx()).await?;
    mine.into_iter().find(|mine| mine.membership.id == id).ok_or(Failure::from(Error::NotFound))
}

fn page(visit: &Visit, mine: &Mine, banners: Vec<BannerView>) -> MembershipPage {
    let membership = &mine.membership;
    let active = membership.state == ACTIVE;
    let title = if active { "医療機関等への所属" } else { "医療機関等への所属の確認" };
    MembershipPage {
        frame: Frame { breadcrumb: places(), banners, ..visit.frame(title) },
        id: membership.id,
        name: membership.institution_name.clone(),
        code: grouped_code(&membership.institution_code),
        line: line(mine, &visit.site.app),
        way: way(mine),
        active,
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
        demo: visit.site.demo,
    }
}

/// Where the membership stands and what comes next.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let mine = own(&visit, id(&name)?).await?;
    let banners = told(&wanted.done, &mine);
    Ok(Html(page(&visit, &mine, banners)).into_response())
}

fn told(what: &str, mine: &Mine) -> Vec<BannerView> {
    match what {
        "registered" => done("アカウントを登録しました", &["続けて、医療機関等への所属を確認します。"]),
        "asked" => done("所属の確認を申し込みました", &[]),
        "letter" => done("所属の確認をはじめました", &["前の確認コードは使えなくなりました。"]),
        "no-letter-yet" => refused(
            "申し込みを受け付けましたが、手紙はまだ準備していません",
            "短い間に多くの手紙が申し込まれたためです。日をあらためて、この画面の「手紙を送り直す」を押してください。",
        ),
        "active" if mine.membership.state == ACTIVE => vec![BannerView {
            kind: BannerKind::Success,
            title: "所属を確認しました。手続をはじめられます。".to_owned(),
            body: vec![],
            link: Some(Link::new("ホームへ進む", "/")),
        }],
        _ => vec![],
    }
}

fn code_page(visit: &Visit, mine: &Mine, typed: &str) -> FormPage {
    let id = mine.membership.id;
    let input = InputView::Text(TextView { autocomplete: "one-time-code".to_owned(), ..TextView::code(typed, vec![]) });
    FormPage {
        frame: Frame { breadcrumb: places(), ..visit.frame("確認コードの入力") },
        lead: vec![
            format!("「{}」の所在地に届いた手紙の確認コードを入力してください。", mine.membership.institution_name),
            sentence(mine, &visit.site.app),
        ],
        action: format!("/memberships/{id}/code"),
        fields: vec![
            FieldView::new("code", "確認コード（9文字）", input)
                .required()
                .with_help("手紙に書かれた英数字です。小文字でも、ハイフンや空白があってもかまいません。"),
        ],
        before: "コードが合うと、すぐに手続をはじめられます。".to_owned(),
        button: "確認コードを送信する",
        back: Some(Link::new("所属の確認へ戻る", format!("/memberships/{id}"))),
        ..FormPage::default()
    }
}

/// The form for the code of the letter.
pub(super) async fn show_code(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    let mine = own(&visit, id(&name)?).await?;
    if way(&mine) != Way::Code {
        return Ok(see_other(&format!("/memberships/{}", mine.membership.id)));
    }
    Ok(Html(code_page(&visit, &mine, "")).into_response())
}

/// Proves the membership by the code of the letter.
pub(super) async fn confirm_code(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let mine = own(&visit, id(&name)?).await?;
    let id = mine.membership.id;
    let words = match membership::confirm_code(&visit.ctx(), id, posted.get("code")).await? {
        CodeAnswer::Active => return Ok(see_other(&format!("/memberships/{id}?done=active"))),
        CodeAnswer::Slip(words) => words,
        CodeAnswer::Wrong { left } if left > 0 => {
            format!("確認コードが違います。手紙を確かめて、もう一度入力してください。あと{left}回まで入力できます。")
        }
        CodeAnswer::Wrong { .. } => {
            "確認コードが違います。回数の上限を超えたため、このコードは使えなくなりました。前の画面から、手紙を送り直してください。".to_owned()
        }
        CodeAnswer::NoCode => "使える確認コードがありません。前の画面から、手紙を送り直してください。".to_owned(),
        CodeAnswer::Expired => "確認コードの期限が過ぎています。前の画面から、手紙を送り直してください。".to_owned(),
    };
    Ok(code_page(&visit, &mine, posted.get("code")).refused(&[slip("code", words)]))
}

/// Orders a new letter, or turns from the owner to the installation's rule.
pub(super) async fn resend(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    let id = id(&name)?;
    person(&visit, &format!("/memberships/{id}"))?;
    membership::resend_letter(&visit.ctx(), id).await?;
    Ok(see_other(&format!("/memberships/{id}?done=letter")))
}

#[derive(Template)]
#[template(path = "accounts/leave.html")]
struct LeavePage {
    frame: Frame,
    id: MembershipId,
    name: String,
    active: bool,
}

fn leave_page(visit: &Visit, mine: &Mine, banners: Vec<BannerView>) -> LeavePage {
    let active = mine.membership.state == ACTIVE;
    let title = if active { "所属を終える" } else { "所属の申し込みを取り消す" };
    LeavePage {
        frame: Frame { breadcrumb: places(), banners, ..visit.frame(title) },
        id: mine.membership.id,
        name: mine.membership.institution_name.clone(),
        active,
    }
}

/// Asks whether the membership shall end.
pub(super) async fn ask_leave(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    let mine = own(&visit, id(&name)?).await?;
    Ok(Html(leave_page(&visit, &mine, vec![])).into_response())
}

/// Ends one's own membership.
pub(super) async fn leave(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    let mine = own(&visit, id(&name)?).await?;
    match membership::remove(&visit.ctx(), mine.membership.id).await? {
        Removed::Done => Ok(see_other("/account/institutions?done=left")),
        Removed::LastOwner => {
            let words = "代表者がほかにいません。先に「メンバー」の画面で、ほかの方を代表者にしてください。";
            Ok(Html(leave_page(&visit, &mine, refused("所属を終えられません", words))).with_faults())
        }
    }
}
