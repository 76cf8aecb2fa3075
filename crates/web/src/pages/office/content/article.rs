//! One article as its editors see it: where it stands, what comes next, its versions, files and answers.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
    content::{Public, Step, Work},
    forms::Finding,
    text::thousands,
};
use serde::Deserialize;
use services::{
    content::{self, ArticleView},
    rows::{ArticleFile, ArticleVersionHead},
};

use super::{LIST, editor, frame, state};
use crate::{
    pages::office::parts,
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView},
        frame::{BannerKind, BannerView, Frame},
        parts::{CellView, StateView, SummaryListView, SummaryRow, TableView},
    },
};

/// An uploaded file, and how a text names it.
struct FileLine {
    id: String,
    title: String,
    facts: String,
    href: String,
    markdown: String,
    used: bool,
}

#[derive(Template)]
#[template(path = "office/article.html")]
pub(super) struct ArticlePage {
    frame: Frame,
    errors: ErrorSummary,
    address: String,
    seen: i64,
    state: StateView,
    /// What comes next, in a sentence.
    next: &'static str,
    facts: SummaryListView,
    /// Address of the public page; empty while nobody reads it.
    public: String,
    may_submit: bool,
    may_publish: bool,
    may_archive: bool,
    in_review: bool,
    /// The field for the reason of sending back; none for one's own work.
    reason: Option<FieldView>,
    files: Vec<FileLine>,
    versions: TableView,
    older: String,
}

/// What was just done, and which versions are listed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::pages::office) struct Wanted {
    done: String,
    before: String,
}

/// One article.
pub(in crate::pages::office) async fn show(
    visit: Visit,
    Path(number): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    editor(&visit)?;
    let mut page = page(&visit, &number, wanted.before.parse().ok(), &[]).await?;
    page.frame.banners.extend(told(&wanted.done));
    Ok(Html(page).into_response())
}

fn told(done: &str) -> Option<BannerView> {
    let (title, body): (_, &[&str]) = match done {
        "saved" => ("下書きを保存しました。", &["読者に見える内容は、公開するまで変わりません。"]),
        "submitted" => ("確認を依頼しました。", &["編集者の「業務」の画面に表示されます。"]),
        "sent_back" => ("下書きに戻しました。", &[]),
        "published" => ("公開しました。", &["読者に見える内容が変わりました。"]),
        "archived" => {
            ("公開を終えました。", &["この記事を開いた方には、公開を終えたことと、ほかの探し方が表示されます。"])
        }
        "restored" => ("前の版の内容を、新しい下書きにしました。", &["読者に見える内容は、公開するまで変わりません。"]),
        "removed" => ("ファイルを消しました。", &[]),
        "in_use" => {
            return Some(parts::banner(
                BannerKind::Info,
                "このファイルは、公開中の内容か、いちばん新しい版で使われています。",
                &["使わない版を公開すると、消せるようになります。"],
            ));
        }
        _ => return None,
    };
    Some(parts::banner(BannerKind::Success, title, body))
}

/// The page of an article; `slips` are what stands in the way of a step.
pub(super) async fn page(
    visit: &Visit,
    number: &str,
    before: Option<i64>,
    slips: &[Finding],
) -> Result<ArticlePage, Failure> {
    let view = content::article_view(&visit.ctx(), number, before).await?;
    let reason = FieldView::new("reason", "差し戻す理由", InputView::LongText { value: String::new(), maxlength: 500 });
    let (mut fields, errors) = with_slips(vec![reason.required()], slips);
    let address = format!("{LIST}/{}", view.head.number);
    let mut frame = frame(visit, &view.newest.title, "");
    frame.has_errors = !errors.is_empty();
    let last = view.versions.last().filter(|_| view.versions.len() == parts::PAGE);
    let in_review = view.life.work == Work::InReview;
    Ok(ArticlePage {
        older: last.map(|last| format!("{address}?before={}", last.version)).unwrap_or_default(),
        versions: versions(&view, &address),
        files: view.files.iter().map(|file| file_line(&view, file)).collect(),
        facts: facts(&view),
        state: state(view.life),
        next: next(&view),
        public: if view.life.public == Public::Published {
            format!("/articles/{}", view.head.number)
        } else {
            String::new()
        },
        may_submit: view.may(Step::Submit),
        may_publish: view.may(Step::Publish),
        may_archive: view.may(Step::Archive),
        in_review,
        reason: fields.pop().filter(|_| in_review && !view.own),
        seen: view.head.latest,
        frame,
        errors,
        address,
    })
}

/// What comes next.
fn next(view: &ArticleView) -> &'static str {
    match (view.life.work, view.life.public) {
        (Work::Draft, _) if view.reviewed => {
            "下書きです。書き終えたら、別の編集者に確認を依頼してください。確認した方が公開します。"
        }
        (Work::Draft, Public::Published) => {
            "公開中の内容とは別に、下書きがあります。公開すると、読者に見える内容が下書きに変わります。"
        }
        (Work::Draft, _) => "下書きです。書き終えたら公開するか、ほかの編集者に確認を依頼してください。",
        (Work::InReview, _) if view.reviewed && view.own => "確認待ちです。別の編集者が内容を確かめて公開します。",
        (Work::InReview, _) => {
            "確認待ちです。下の「この版を読む」で内容を確かめ、公開するか、理由を書いて差し戻してください。"
        }
        (Work::None, Public::Published) => "公開中です。変えるときは「編集する」から、新しい下書きを書いてください。",
        (Work::None, _) => "公開を終えています。もう一度公開するときは、「編集する」から新しい下書きを書いてください。",
    }
}

fn facts(view: &ArticleView) -> SummaryListView {
    let (yes, no) = view.answers;
    let published = if view.head.published_version == 0 {
        "なし".to_owned()
    } else {
        let at = Timestamp::from_millis(view.head.updated_at);
        format!("版{}（{}）", view.head.published_version, japanese_date(at.date()))
    };
    let mut rows = vec![
        SummaryRow { code: true, ..SummaryRow::new("番号", &view.head.number) },
        SummaryRow { code: true, ..SummaryRow::new("アドレスの名前", &view.head.slug) },
        SummaryRow::new("公開した版", published),
        SummaryRow::new("いちばん新しい版", format!("版{}（{}）", view.head.latest, view.newest.author_name)),
        SummaryRow::new("閲覧数", thousands(view.head.views)),
        SummaryRow::new("役に立ったか", format!("はい {}件、いいえ {}件", thousands(yes), thousands(no))),
    ];
    if !view.newest.review_note.is_empty() && view.life.work == Work::Draft {
        rows.insert(0, SummaryRow::new("差し戻した理由", &view.newest.review_note));
    }
    SummaryListView { title: String::new(), rows }
}

fn file_line(view: &ArticleView, file: &ArticleFile) -> FileLine {
    let picture = file.width > 0;
    let size = format!("{}KB", thousands((file.size + 1_023) / 1_024));
    let name = if picture { format!("画像 {}×{}", file.width, file.height) } else { file.name.clone() };
    FileLine {
        id: file.id.to_string(),
        facts: format!("{name}、{size}、{}", file.author_name),
        href: format!("/files/{}/{}", file.id, file.name),
        markdown: format!("{}[{}](file:{})", if picture { "!" } else { "" }, file.title, file.id),
        used: file.is_public || view.uses(file),
        title: file.title.clone(),
    }
}

fn versions(view: &ArticleView, address: &str) -> TableView {
    let row = |version: &ArticleVersionHead| {
        let number = version.version;
        let published = match version.published_at {
            Some(at) => CellView::Lines(japanese_datetime(Timestamp::from_millis(at)), version.publisher_name.clone()),
            None => CellView::Text("－".to_owned()),
        };
        let compare = if number > 1 {
            CellView::link("前の版との違い", format!("{address}/compare?a={}&b={number}", number - 1))
        } else {
            CellView::Text("－".to_owned())
        };
        parts::row(vec![
            CellView::link(format!("版{number}"), format!("{address}/versions/{number}")),
            CellView::Text(version.note.clone()),
            CellView::Lines(version.author_name.clone(), japanese_datetime(Timestamp::from_millis(version.made_at))),
            published,
            compare,
        ])
    };
    parts::table(
        "版（新しい順）",
        &["版", "理由", "保存した人", "公開", "比べる"],
        view.versions.iter().map(row).collect(),
    )
}

/// Removes a file that no text uses.
pub(in crate::pages::office) async fn remove_file(
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
    _posted: Posted,
) -> Result<Response, Failure> {
    editor(&visit)?;
    let removed = content::remove_file(&visit.ctx(), &number, parts::id(&id)?).await?;
    Ok(see_other(&format!("{LIST}/{number}?done={}", if removed { "removed" } else { "in_use" })))
}
