//! The form of a notice: written, looked at as everybody will see it, kept or published.

use askama::Template;
use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    content::notices::{LONGEST_BODY, LONGEST_TITLE, NoticeAct, NoticeState, Standing},
    forms::Finding,
    ids::NoticeId,
    institutions::{Prefecture, ScoreTable},
    permissions::Permission as P,
};
use services::{
    content::notice_desk::{self, Written},
    rows::Notice,
};

use super::{LIST, compared, differences, marked, typed::Typed};
use crate::{
    pages::{
        content::procedure_boxes,
        office::{content::drawn, parts},
    },
    site::{Failure, Html, Posted, Visit, see_other, to_html, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextKind, TextView, Width},
        frame::{BannerKind, Frame, Link},
        parts::{CompareView, PreviewView},
    },
};

/// How the text will look.
struct Preview {
    title: String,
    audience: String,
    html: String,
}

#[derive(Template)]
#[template(path = "office/notice_form.html")]
struct FormPage {
    frame: Frame,
    errors: ErrorSummary,
    action: String,
    back: String,
    seen: i64,
    texts: Vec<FieldView>,
    body: FieldView,
    /// The text as it will look, drawn anew while it is written.
    live: PreviewView,
    when: Vec<FieldView>,
    who: Vec<FieldView>,
    places: FieldView,
    places_open: bool,
    mails: FieldView,
    preview: Option<Preview>,
    /// What is kept now beside what was typed, when somebody was faster.
    other: Option<CompareView>,
    before: &'static str,
    /// Whether it is read already, so that saving changes what everybody reads.
    published: bool,
}

fn radio(key: &str, label: &str, choices: &[(&str, &str)], chosen: &str) -> FieldView {
    let choice =
        |(value, words): &(&str, &str)| ChoiceView { selected: *value == chosen, ..ChoiceView::new(*value, *words) };
    FieldView::new(key, label, InputView::Radio { choices: choices.iter().map(choice).collect() })
}

fn texts(typed: &Typed) -> Vec<FieldView> {
    let title = TextView { maxlength: LONGEST_TITLE as u32, ..TextView::new(&typed.title) };
    let body = InputView::LongText { value: typed.body.clone(), maxlength: LONGEST_BODY as u32 };
    let importance = [("0", "通常"), ("1", "【重要】（印が付き、トップページの先頭に表示します）")];
    vec![
        FieldView::new("title", "題名", InputView::Text(title))
            .required()
            .with_help("「【重要】」は、重要度を選ぶと自動で付きます。"),
        radio("important", "重要度", &importance, if typed.important { "1" } else { "0" }).required(),
        FieldView::new("body", "本文", body)
            .required()
            .with_help("Markdownで書きます。見出しは「## 」、箇条書きは「- 」ではじめてください。"),
    ]
}

fn day_and_time(name: &str, label: &str, (day, time): &(String, String)) -> [FieldView; 2] {
    let input =
        |kind, value: &String| InputView::Text(TextView { width: Width::Short, ..TextView::of(kind, value, "") });
    [
        FieldView::new(format!("{name}_day"), format!("{label}の日"), input(TextKind::Date, day)),
        FieldView::new(format!("{name}_time"), format!("{label}の時刻"), input(TextKind::Time, time)),
    ]
}

fn when(typed: &Typed, begun: bool) -> Vec<FieldView> {
    let mut fields = if begun {
        let value = format!("{} {}", typed.from.0, typed.from.1);
        vec![FieldView::new(
            "begun",
            "掲載の開始",
            InputView::Shown { value, note: "すでに掲載しています。".to_owned() },
        )]
    } else {
        day_and_time("from", "掲載の開始", &typed.from).to_vec()
    };
    fields.extend(day_and_time("until", "掲載の終了", &typed.until));
    fields
}

fn who(typed: &Typed) -> (Vec<FieldView>, FieldView) {
    let chosen: Vec<ScoreTable> = typed.audience.scores().collect();
    let score = |table: ScoreTable| ChoiceView {
        selected: chosen.contains(&table),
        ..ChoiceView::new(table.code(), table.name())
    };
    let places: Vec<Prefecture> = typed.audience.prefectures().collect();
    let place = |prefecture: Prefecture| ChoiceView {
        selected: places.contains(&prefecture),
        ..ChoiceView::new(prefecture.code(), prefecture.name())
    };
    let scores = InputView::Checks { choices: ScoreTable::ALL.into_iter().map(score).collect() };
    let all = InputView::Checks { choices: Prefecture::all().map(place).collect() };
    let fields = vec![
        procedure_boxes("procedures", "手続", typed.audience).with_help("選ばないと、すべての手続が対象です。"),
        FieldView::new("scores", "点数表", scores).with_help("選ばないと、すべての点数表が対象です。"),
    ];
    (fields, FieldView::new("prefectures", "都道府県", all).with_help("選ばないと、全国が対象です。"))
}

fn mails(typed: &Typed) -> FieldView {
    let choice = ChoiceView { selected: typed.tells, ..ChoiceView::new("1", "購読者にメールで知らせる") };
    FieldView::new("tells", "購読者へのメール", InputView::Checks { choices: vec![choice] }).with_help(
        "掲載の開始のときに、対象に合う購読者に、題名とページのアドレスを送ります。同じお知らせは、1人に1通だけです。",
    )
}

/// The form for a new notice, or for one that is there.
async fn page(visit: &Visit, notice: Option<&Notice>, typed: &Typed, slips: &[Finding]) -> Result<FormPage, Failure> {
    let live = drawn(visit, "body", &typed.body).await?;
    Ok(form_page(visit, notice, typed, (slips, live)))
}

fn form_page(
    visit: &Visit,
    notice: Option<&Notice>,
    typed: &Typed,
    (slips, live): (&[Finding], PreviewView),
) -> FormPage {
    let published = notice.is_some_and(|notice| notice.decided() == NoticeState::Published);
    let begun = notice.is_some_and(|notice| notice.standing(visit.ctx().now) != Standing::Scheduled) && published;
    let (who, places) = who(typed);
    let count = [texts(typed).len(), when(typed, begun).len(), who.len()];
    let all: Vec<FieldView> = texts(typed).into_iter().chain(when(typed, begun)).chain(who).collect();
    let (mut fields, errors) = with_slips(all, slips);
    let who = fields.split_off(count[0] + count[1]);
    let when = fields.split_off(count[0]);
    let body = fields.pop().unwrap_or_default();
    let address = notice.map_or(LIST.to_owned(), |notice| format!("{LIST}/{}", notice.id));
    let title = if notice.is_some() { "お知らせを直す" } else { "お知らせを書く" };
    let mut frame = Frame { has_errors: !errors.is_empty(), ..visit.office_frame(title, LIST) };
    frame.breadcrumb.push(Link::new("お知らせ", LIST));
    frame.breadcrumb.extend(notice.map(|one| Link::new(marked(&one.title, one.important), &address)));
    FormPage {
        frame,
        errors,
        action: if notice.is_some() { format!("{address}/edit") } else { address.clone() },
        back: address,
        seen: notice.map_or(0, |notice| notice.version),
        texts: fields,
        body,
        live,
        when,
        who,
        places_open: typed.audience.prefectures().next().is_some(),
        places,
        mails: mails(typed),
        preview: None,
        other: None,
        before: if published {
            "保存すると、すぐに表示が変わります。だれがいつ変えたかは、履歴に残ります。"
        } else {
            "公開すると、「掲載の開始」から、だれでも読めるようになります。下書きは、職員だけが読めます。"
        },
        published,
    }
}

/// The form for a new notice.
pub(in crate::pages::office) async fn ask_new(visit: Visit) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::EditContent])?;
    Ok(Html(page(&visit, None, &Typed::default(), &[]).await?).into_response())
}

/// The form, filled with what is kept.
pub(in crate::pages::office) async fn ask(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::EditContent])?;
    let view = notice_desk::one(&visit.ctx(), parts::id(&name)?, None).await?;
    if view.notice.decided().after(NoticeAct::Save).is_none() {
        return Ok(see_other(&format!("{LIST}/{}", view.notice.id)));
    }
    Ok(Html(page(&visit, Some(&view.notice), &Typed::of_notice(&view.notice), &[]).await?).into_response())
}

/// Keeps a new notice.
pub(in crate::pages::office) async fn create(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::EditContent])?;
    taken(&visit, None, &posted).await
}

/// Keeps a notice that is there.
pub(in crate::pages::office) async fn change(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::EditContent])?;
    let id: NoticeId = parts::id(&name)?;
    let view = notice_desk::one(&visit.ctx(), id, None).await?;
    taken(&visit, Some(&view.notice), &posted).await
}

/// What is done by a button: a press of the Enter key only shows how it will look.
fn act_of(posted: &Posted) -> Option<NoticeAct> {
    match posted.get("do") {
        "save" => Some(NoticeAct::Save),
        "publish" => Some(NoticeAct::Publish),
        _ => None,
    }
}

async fn taken(visit: &Visit, notice: Option<&Notice>, posted: &Posted) -> Result<Response, Failure> {
    let ctx = visit.ctx();
    let typed = Typed::of_posted(posted);
    let Some(act) = act_of(posted) else {
        let page = FormPage { preview: Some(preview(visit, &typed)?), ..page(visit, notice, &typed, &[]).await? };
        return Ok(Html(page).into_response());
    };
    let draft = match typed.draft() {
        Ok(draft) => draft,
        Err(slips) => return Ok(Html(page(visit, notice, &typed, &slips).await?).with_faults()),
    };
    let seen = posted.number("seen").unwrap_or(-1);
    let written = match notice {
        None => notice_desk::create(&ctx, &draft, act).await?,
        Some(notice) => notice_desk::write(&ctx, NoticeId(notice.id), seen, &draft, act).await?,
    };
    Ok(match written {
        Written::Done(id) => see_other(&format!("{LIST}/{id}?done={act}")),
        Written::Slips(slips) => Html(page(visit, notice, &typed, &slips).await?).with_faults(),
        Written::Meanwhile(now) => meanwhile(visit, &now, &typed).await?,
    })
}

/// Somebody was faster: everything that was typed stays, beside what is kept now.
async fn meanwhile(visit: &Visit, now: &Notice, typed: &Typed) -> Result<Response, Failure> {
    let mut page = page(visit, Some(now), typed, &[]).await?;
    let rows = differences(&Typed::of_notice(now), typed);
    page.other = (!rows.is_empty()).then(|| compared("いま保存されている内容", "入力した内容", rows));
    let body = [
        "入力した内容は、まだ保存していません。下に残っています。",
        "ほかの方が保存した内容との違いを確かめてから、もう一度ボタンを押すと、入力した内容で置き換わります。",
    ];
    let title = if now.decided().after(NoticeAct::Save).is_some() {
        "このお知らせは、画面を開いた後に、ほかの方が変更しました"
    } else {
        "このお知らせは、画面を開いた後に、掲載を終了したか取り下げられました"
    };
    page.frame.banners.push(parts::banner(BannerKind::Error, title, &body));
    page.frame.has_errors = true;
    Ok((StatusCode::CONFLICT, Html(page)).into_response())
}

fn preview(visit: &Visit, typed: &Typed) -> Result<Preview, Failure> {
    let body = notice_desk::preview(&visit.ctx(), &typed.body)?;
    Ok(Preview {
        title: marked(&typed.title, typed.important),
        audience: typed.audience.words(),
        html: to_html(&body).0,
    })
}
