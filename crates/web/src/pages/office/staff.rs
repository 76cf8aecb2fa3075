//! Accounts of staff: list, new ones, roles, closing, lost second factor (spec 1.2).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime},
    forms::Finding,
    ids::AccountId,
    permissions::{Permission, Role, granted},
};
use serde::Deserialize;
use services::{
    Error,
    office::staff::{self, Saved, StaffAccount},
};

use super::parts;
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextKind, TextView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, RowView, StateView, SummaryListView, SummaryRow, Tone},
    },
};

const LIST: &str = "/office/staff";

/// All staff accounts.
pub(super) async fn list(visit: Visit) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[Permission::ReadStaff])?;
    let accounts = staff::list(&visit.ctx()).await?;
    let labels = ["名前", "メールアドレス", "役割", "状態", "最後のログイン", "登録日"];
    let table = parts::table("職員（メールアドレス順）", &labels, accounts.iter().map(row).collect());
    let mut links = vec![Link::new("権限の棚卸し", "/office/staff/reviews")];
    if parts::may(&visit, Permission::ManageStaff) {
        links.push(Link::new("申請者の二段階認証を解除する", "/office/staff/second-factor"));
        links.push(Link::new("職員を登録する", "/office/staff/new"));
    }
    let empty = ("職員はまだいません", "「職員を登録する」から登録してください。");
    let frame = visit.office_frame("職員", LIST);
    Ok(Html(parts::ListPage { links, ..parts::ListPage::new(frame, table, empty) }))
}

fn row(account: &StaffAccount) -> RowView {
    parts::row(vec![
        CellView::link(&account.name, format!("{LIST}/{}", account.id)),
        CellView::Text(account.email.clone()),
        CellView::Text(roles_words(&account.roles)),
        CellView::State(state(account)),
        CellView::Text(account.last_login_at.map_or_else(|| "なし".to_owned(), japanese_datetime)),
        CellView::Text(japanese_date(account.created_at.date())),
    ])
}

fn roles_words(roles: &[Role]) -> String {
    let labels: Vec<&str> = roles.iter().map(|role| role.label()).collect();
    labels.join("・")
}

fn state(account: &StaffAccount) -> StateView {
    match account {
        StaffAccount { disabled: true, .. } => StateView::new(Tone::Stopped, "停止"),
        StaffAccount { has_password: false, .. } => StateView::new(Tone::Waiting, "最初のパスワード待ち"),
        StaffAccount { has_second_factor: false, .. } => StateView::new(Tone::Attention, "二段階認証が未設定"),
        _ => StateView::new(Tone::Done, "利用中"),
    }
}

fn roles_field(chosen: &[Role]) -> FieldView {
    let choice = |role: &Role| {
        let may: Vec<&str> = granted(*role).iter().map(|permission| permission.label()).collect();
        let note = if may.is_empty() { None } else { Some(format!("{}。", may.join("、"))) };
        ChoiceView { note, selected: chosen.contains(role), ..ChoiceView::new(role.as_str(), role.label()) }
    };
    let choices = Role::ALL.iter().map(choice).collect();
    FieldView::new("roles", "役割", InputView::Checks { choices })
        .required()
        .with_help("「システム管理者」は、審査担当・登録局担当・認証局管理者を兼ねられません。「監査」は、ほかの役割を兼ねられません。")
}

fn chosen(posted: &Posted) -> Vec<Role> {
    posted.all("roles").filter_map(|role| role.parse().ok()).collect()
}

#[derive(Template)]
#[template(path = "office/staff_new.html")]
struct NewPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
}

/// The form for a new account.
pub(super) async fn ask_new(visit: Visit) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ManageStaff])?;
    Ok(Html(new_page(&visit, &Posted::default(), &[])).into_response())
}

fn new_page(visit: &Visit, posted: &Posted, slips: &[Finding]) -> NewPage {
    let text = |kind, key: &str| InputView::Text(TextView::of(kind, posted.get(key), ""));
    let fields = vec![
        FieldView::new("name", "名前", text(TextKind::Text, "name"))
            .required()
            .with_help("申請の経過や、審査の担当の欄に表示されます。"),
        FieldView::new("email", "メールアドレス", text(TextKind::Email, "email"))
            .required()
            .with_help("申請者のアカウントとは別の、その人だけのアドレスを入力してください。"),
        roles_field(&chosen(posted)),
    ];
    let (fields, errors) = with_slips(fields, slips);
    let mut frame = Frame { has_errors: !errors.is_empty(), ..visit.office_frame("職員を登録する", LIST) };
    frame.breadcrumb.push(Link::new("職員", LIST));
    NewPage { frame, errors, fields }
}

/// Makes an account.
pub(super) async fn create(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ManageStaff])?;
    let (email, name) = (posted.get("email"), posted.get("name"));
    Ok(match staff::create(&visit.ctx(), email, name, &chosen(&posted)).await? {
        Saved::Done(id) => see_other(&format!("{LIST}/{id}?done=created")),
        Saved::Slips(slips) => Html(new_page(&visit, &posted, &slips)).with_faults(),
    })
}

#[derive(Template)]
#[template(path = "office/staff_one.html")]
struct StaffPage {
    frame: Frame,
    errors: ErrorSummary,
    address: String,
    name: String,
    state: StateView,
    facts: SummaryListView,
    fields: Vec<FieldView>,
    own: bool,
    disabled: bool,
    has_second_factor: bool,
    manages: bool,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// One account.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ReadStaff])?;
    let mut page = page(&visit, parts::id(&name)?, None, &[]).await?;
    page.frame.banners.extend(told(&said.done));
    Ok(Html(page).into_response())
}

fn told(done: &str) -> Option<BannerView> {
    let (kind, title, body): (_, _, &[&str]) = match done {
        "created" => (
            BannerKind::Success,
            "職員を登録しました。",
            &["最初のパスワードを決めるリンクを、本人にメールで送りました。リンクは7日間使えます。"],
        ),
        "roles" => (BannerKind::Success, "役割を保存しました。", &["次の操作から、新しい役割になります。"]),
        "disabled" => {
            (BannerKind::Success, "アカウントを停止しました。", &["ログイン中の画面も、すぐに使えなくなります。"])
        }
        "factor" => (BannerKind::Success, "二段階認証を解除しました。", &["本人は、次のログインで設定し直します。"]),
        "before" => (BannerKind::Info, "このアカウントは、すでに停止しています。", &[]),
        _ => return None,
    };
    Some(parts::banner(kind, title, body))
}

async fn page(visit: &Visit, id: AccountId, typed: Option<&[Role]>, slips: &[Finding]) -> Result<StaffPage, Failure> {
    let accounts = staff::list(&visit.ctx()).await?;
    let account = accounts.into_iter().find(|account| account.id == id).ok_or(Error::NotFound)?;
    let (fields, errors) = with_slips(vec![roles_field(typed.unwrap_or(&account.roles))], slips);
    let mut frame = Frame { has_errors: !errors.is_empty(), ..visit.office_frame(&account.name, LIST) };
    frame.breadcrumb.push(Link::new("職員", LIST));
    let rows = vec![
        SummaryRow::new("メールアドレス", &account.email),
        SummaryRow::new("役割", roles_words(&account.roles)),
        SummaryRow::new("パスワード", if account.has_password { "設定済み" } else { "まだ設定していません" }),
        SummaryRow::new("二段階認証", if account.has_second_factor { "設定済み" } else { "まだ設定していません" }),
        SummaryRow::new("最後のログイン", account.last_login_at.map_or_else(|| "なし".to_owned(), japanese_datetime)),
        SummaryRow::new("登録日", japanese_date(account.created_at.date())),
    ];
    Ok(StaffPage {
        frame,
        errors,
        address: format!("{LIST}/{id}"),
        state: state(&account),
        facts: SummaryListView { title: String::new(), rows },
        fields,
        own: account.own,
        disabled: account.disabled,
        has_second_factor: account.has_second_factor,
        manages: parts::may(visit, Permission::ManageStaff),
        name: account.name,
    })
}

/// Sets the roles of an account.
pub(super) async fn set_roles(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ManageStaff])?;
    let (id, roles) = (parts::id(&name)?, chosen(&posted));
    Ok(match staff::set_roles(&visit.ctx(), id, &roles).await? {
        Saved::Done(id) => see_other(&format!("{LIST}/{id}?done=roles")),
        Saved::Slips(slips) => Html(page(&visit, id, Some(&roles), &slips).await?).with_faults(),
    })
}

/// Closes an account.
pub(super) async fn disable(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ManageStaff])?;
    let id: AccountId = parts::id(&name)?;
    let done = match staff::disable(&visit.ctx(), id).await {
        Ok(()) => "disabled",
        Err(Error::ChangedMeanwhile) => "before",
        Err(error) => return Err(error.into()),
    };
    Ok(see_other(&format!("{LIST}/{id}?done={done}")))
}

/// Takes the second factor of an account away.
pub(super) async fn reset_second_factor(
    visit: Visit,
    Path(name): Path<String>,
    _posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::ManageStaff])?;
    let id: AccountId = parts::id(&name)?;
    staff::reset_second_factor(&visit.ctx(), id).await?;
    Ok(see_other(&format!("{LIST}/{id}?done=factor")))
}
