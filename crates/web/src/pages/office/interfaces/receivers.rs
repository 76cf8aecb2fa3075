//! Receivers of webhooks: the list, and setting one up.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    feed::{EventKind, Wishes},
    forms::Finding,
    ids::ReceiverId,
    permissions::Permission as P,
};
use services::feed::receivers::{self, Saved, Standing, Typed};

use super::{LIST, tokens::MadePage};
use crate::{
    pages::{office::parts, tokens::shown_once},
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextKind, TextView},
        frame::{Frame, Link},
        parts::{CellView, RowView, StateView, Tone},
    },
};

/// Key of the field that lets credentials be sent.
const CREDENTIALS: &str = "credentials";

/// All receivers.
pub(in crate::pages::office) async fn list(visit: Visit) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadInterfaces])?;
    let all = receivers::list(&visit.ctx()).await?;
    let labels = ["名前", "アドレス", "状態", "届いた番号", "残り", "次に試す日時"];
    let mut table = parts::table("通知先", &labels, all.iter().map(row).collect());
    table.columns = parts::columns(&labels, &[3, 4]);
    let mut links = vec![Link::new("アクセストークン", "/office/access-tokens")];
    let add = Link::new("通知先を登録する", "/office/receivers/new");
    links.extend(parts::may(&visit, P::ManageInterfaces).then_some(add));
    let empty = (
        "通知先はまだありません",
        "資格確認や請求のシステムに自動で知らせるときに、「通知先を登録する」から登録してください。",
    );
    let lead = "承認した申請や、端末の電子証明書の発行・失効を、起きた順に外部のシステムへ知らせます。".to_owned();
    let frame = visit.office_frame("外部連携", LIST);
    Ok(Html(parts::ListPage { lead, links, ..parts::ListPage::new(frame, table, empty) }))
}

fn row(standing: &Standing) -> RowView {
    let receiver = &standing.receiver;
    let next = Timestamp::from_millis(receiver.next_try_at);
    let waits = receiver.state == "active" && receiver.failures > 0;
    parts::row(vec![
        CellView::link(&receiver.name, format!("/office/receivers/{}", receiver.id)),
        CellView::Text(receiver.url.clone()),
        CellView::State(state(standing)),
        CellView::Number(receiver.place.to_string()),
        CellView::Number((standing.last - receiver.place).max(0).to_string()),
        CellView::Text(if waits { japanese_datetime(next) } else { "―".to_owned() }),
    ])
}

/// How a receiver stands.
pub(super) fn state(standing: &Standing) -> StateView {
    let receiver = &standing.receiver;
    match receiver.state.as_str() {
        "paused" => StateView::new(Tone::Stopped, "停止中"),
        "gave_up" => StateView::new(Tone::Attention, "3日間届かず停止"),
        _ if receiver.failures > 0 => StateView::new(Tone::Attention, format!("届かない（{}回）", receiver.failures)),
        _ if receiver.place < standing.last => StateView::new(Tone::Active, "送信中"),
        _ => StateView::new(Tone::Done, "すべて届いています"),
    }
}

#[derive(Template)]
#[template(path = "office/receiver_form.html")]
struct FormPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
    action: String,
    before: &'static str,
    button: &'static str,
    back: String,
}

fn fields(typed: &Typed) -> Vec<FieldView> {
    let text = |value: &str| InputView::Text(TextView::of(TextKind::Text, value, ""));
    let choice = |kind: &EventKind| ChoiceView {
        selected: typed.wishes.kinds.iter().any(|word| word == kind.as_str()),
        note: Some(kind.as_str().to_owned()),
        ..ChoiceView::new(kind.as_str(), kind.label())
    };
    let hash = ChoiceView { selected: typed.wishes.credentials, ..ChoiceView::new("yes", "この通知先に送る") };
    vec![
        FieldView::new("name", "名前", text(&typed.name)).required().with_help("例：資格確認システム"),
        FieldView::new("url", "アドレス", text(&typed.url))
            .required()
            .with_help("「https://」で始まる、受け取り側のアドレスです。ここへPOSTで送ります。"),
        FieldView::new(
            "kinds",
            "知らせるイベント",
            InputView::Checks { choices: EventKind::ALL.iter().map(choice).collect() },
        )
        .with_help("1つも選ばないと、すべてを知らせます。あとで増えたイベントも知らせます。"),
        FieldView::new(CREDENTIALS, "マスターアカウントの初回パスワードのハッシュ", InputView::Checks { choices: vec![hash] })
            .with_help("マスターアカウントの発行と再発行を知らせるときに、ハッシュ（argon2id）も送ります。アカウントを管理するシステムだけに送ってください。選ばないと、ハッシュを除いて送ります。"),
    ]
}

fn typed(posted: &Posted) -> Typed {
    Typed {
        name: posted.get("name").to_owned(),
        url: posted.get("url").to_owned(),
        wishes: Wishes {
            kinds: posted.all("kinds").map(str::to_owned).collect(),
            credentials: posted.get(CREDENTIALS) == "yes",
        },
    }
}

fn form(visit: &Visit, id: Option<ReceiverId>, known: &Typed, slips: &[Finding]) -> FormPage {
    let (fields, errors) = with_slips(fields(known), slips);
    let title = if id.is_some() { "通知先を変更する" } else { "通知先を登録する" };
    let mut frame = Frame { has_errors: !slips.is_empty(), ..visit.office_frame(title, LIST) };
    frame.breadcrumb.push(Link::new("外部連携", LIST));
    let (action, back) = match id {
        Some(id) => (format!("/office/receivers/{id}/change"), format!("/office/receivers/{id}")),
        None => ("/office/receivers/new".to_owned(), LIST.to_owned()),
    };
    let (before, button) = match id {
        Some(_) => ("次に送るイベントから、新しい内容で送ります。", "変更を保存する"),
        None => ("登録すると、署名の鍵を1回だけ表示し、この後に起きたことから知らせます。", "通知先を登録する"),
    };
    FormPage { frame, errors, fields, action, before, button, back }
}

/// The form for a new one.
pub(in crate::pages::office) async fn ask(visit: Visit) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageInterfaces])?;
    Ok(Html(form(&visit, None, &Typed::default(), &[])).into_response())
}

/// Sets one up and shows its secret this once.
pub(in crate::pages::office) async fn add(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageInterfaces])?;
    let typed = typed(&posted);
    Ok(match receivers::add(&visit.ctx(), &typed).await? {
        Saved::Done(id, secret) => made(&visit, "通知先を登録しました", id, &secret),
        Saved::Slips(slips) => Html(form(&visit, None, &typed, &slips)).with_faults(),
    })
}

fn made(visit: &Visit, title: &str, id: ReceiverId, secret: &str) -> Response {
    let mut frame = visit.office_frame(title, LIST);
    frame.breadcrumb.push(Link::new("外部連携", LIST));
    let back = Link::new("控えたので、通知先の画面へ進む", format!("/office/receivers/{id}"));
    Html(MadePage { frame, secret: shown_once("署名の鍵", secret), back }).into_response()
}

/// The form to change one.
pub(in crate::pages::office) async fn ask_change(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageInterfaces])?;
    let id = parts::id(&name)?;
    let receiver = receivers::find(&visit.ctx(), id).await?.receiver;
    let known = Typed { wishes: receiver.wishes(), name: receiver.name, url: receiver.url };
    Ok(Html(form(&visit, Some(id), &known, &[])).into_response())
}

/// Changes one.
pub(in crate::pages::office) async fn change(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageInterfaces])?;
    let (id, typed) = (parts::id(&name)?, typed(&posted));
    Ok(match receivers::change(&visit.ctx(), id, &typed).await? {
        Saved::Done(id, _) => see_other(&format!("/office/receivers/{id}?done=changed")),
        Saved::Slips(slips) => Html(form(&visit, Some(id), &typed, &slips)).with_faults(),
    })
}

/// Gives one another secret and shows it this once.
pub(in crate::pages::office) async fn renew_secret(
    visit: Visit,
    Path(name): Path<String>,
    _posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageInterfaces])?;
    let id = parts::id(&name)?;
    let secret = receivers::renew_secret(&visit.ctx(), id).await?;
    Ok(made(&visit, "署名の鍵を新しくしました", id, &secret))
}
