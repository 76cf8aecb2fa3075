//! The form in which an article is written: its fields, the preview beside it, its files.

use askama::Template;
use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    applications::Kind,
    calendar::japanese_datetime,
    clock::Timestamp,
    content::{ArticleKind, LONGEST},
    forms::Finding,
};
use services::{
    content::{self, ArticleDraft, Line, Saved, Uploaded},
    rows::{ArticleFile, ArticleVersion},
};

use super::{LIST, compare::diff, editor, frame, preview};
use crate::{
    pages::office::parts,
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextView},
        frame::{BannerKind, Frame},
        parts::{DiffView, PreviewView, SummaryListView, SummaryRow},
    },
};

/// What readers see as the editor unless something else is typed.
const ROLE: &str = "ポータル担当";

#[derive(Template)]
#[template(path = "office/article_form.html")]
struct FormPage {
    frame: Frame,
    errors: ErrorSummary,
    action: String,
    back: String,
    seen: i64,
    new: bool,
    head: Vec<FieldView>,
    body: FieldView,
    foot: Vec<FieldView>,
    /// The fields with which a file is added.
    upload: Vec<FieldView>,
    upload_open: bool,
    preview: PreviewView,
    placeholders: SummaryListView,
    /// What differs from what somebody else saved meanwhile.
    meanwhile: Option<DiffView>,
}

/// What was typed, from the newest version or from the form.
fn draft_of(version: &ArticleVersion) -> ArticleDraft {
    let words = |column: &str| column.split_whitespace().map(str::to_owned).collect();
    ArticleDraft {
        slug: version.slug.clone(),
        kind: version.kind.clone(),
        category: version.category.clone(),
        title: version.title.clone(),
        editor: version.editor.clone(),
        body: version.body.clone(),
        related: words(&version.related),
        attachments: words(&version.attachments),
        note: String::new(),
        seen: version.version,
    }
}

fn typed(posted: &Posted) -> ArticleDraft {
    let all = |key: &str| posted.all(key).map(str::to_owned).collect();
    ArticleDraft {
        slug: posted.get("slug").to_owned(),
        kind: posted.get("kind").to_owned(),
        category: posted.get("category").to_owned(),
        title: posted.get("title").to_owned(),
        editor: posted.get("editor").to_owned(),
        body: posted.get("body").replace("\r\n", "\n"),
        related: all("related"),
        attachments: all("attachments"),
        note: posted.get("note").to_owned(),
        seen: posted.number("seen").unwrap_or(-1),
    }
}

/// The form of an article; `number` is empty for a new one.
async fn page(visit: &Visit, number: &str, draft: &ArticleDraft, slips: &[Finding]) -> Result<FormPage, Failure> {
    let ctx = visit.ctx();
    let new = number.is_empty();
    let files = if new { vec![] } else { content::article_view(&ctx, number, None).await?.files };
    let categories = content::faq_categories(&ctx).await?;
    let mut fields = head(draft, new, categories);
    let heads = fields.len();
    fields.push(body(draft));
    let foots = fields.len();
    fields.extend(foot(draft, new, &files));
    let uploads = fields.len();
    fields.extend(upload());
    let (mut fields, errors) = with_slips(fields, slips);
    let upload = fields.split_off(uploads);
    let foot = fields.split_off(foots);
    let body = fields.split_off(heads).pop().unwrap_or_default();
    let title = if new { "記事を書く".to_owned() } else { "記事を編集する".to_owned() };
    let row = |(name, value): (&str, String)| SummaryRow::new(format!("{{{{{name}}}}}"), value);
    let placeholders = content::placeholder_values(&ctx)?.into_iter().map(row).collect();
    Ok(FormPage {
        frame: Frame { has_errors: !errors.is_empty(), ..frame(visit, title, number) },
        errors,
        action: if new { format!("{LIST}/new") } else { format!("{LIST}/{number}/edit") },
        back: if new { LIST.to_owned() } else { format!("{LIST}/{number}") },
        seen: draft.seen,
        new,
        head: fields,
        body,
        foot,
        upload_open: upload.iter().any(|field| field.error.is_some()),
        upload,
        preview: preview::drawn(visit, "body", &draft.body).await?,
        placeholders: SummaryListView { title: String::new(), rows: placeholders },
        meanwhile: None,
    })
}

fn head(draft: &ArticleDraft, new: bool, categories: Vec<String>) -> Vec<FieldView> {
    let text = |value: &str| InputView::Text(TextView::new(value));
    let kind = |kind: &ArticleKind| ChoiceView {
        selected: kind.as_str() == draft.kind,
        ..ChoiceView::new(kind.as_str(), kind.label())
    };
    let kinds = ArticleKind::ALL.iter().map(kind).collect();
    let category = TextView { suggestions: categories, ..TextView::new(&draft.category) };
    let mut fields = vec![
        FieldView::new("title", "題名", text(&draft.title)).required(),
        FieldView::new("kind", "種類", InputView::Radio { choices: kinds }).required(),
        FieldView::new("category", "分類", InputView::Text(category))
            .with_help("「よくある質問」では、この分類ごとに並びます。同じ分類には、同じ言葉を使ってください。"),
        FieldView::new("editor", "更新者として表示する役割名", text(&draft.editor))
            .required()
            .with_help("読者に見えます。個人の名前は書かないでください。"),
    ];
    if new {
        let slug = FieldView::new("slug", "アドレスの名前", text(&draft.slug)).required().with_help(
            "英小文字・数字・ハイフンで、内容のわかる名前にしてください（例：letter-lost）。後から変えられません。番号は自動で付きます。",
        );
        fields.insert(1, slug);
    }
    fields
}

fn body(draft: &ArticleDraft) -> FieldView {
    let maxlength = u32::try_from(LONGEST).unwrap_or(0);
    FieldView::new("body", "本文", InputView::LongText { value: draft.body.clone(), maxlength })
        .required()
        .with_help("Markdownで書きます。見出しは「## 」、箇条書きは「- 」、強調は「**言葉**」、表は「| 」を使います。かぎかっこなどを強調するときは、前後に空白を入れてください。")
        .with_help("リンクは「[言葉](article:アドレスの名前)」「[言葉](page:line-finder)」「[言葉](https://…)」のように書きます。")
}

fn foot(draft: &ArticleDraft, new: bool, files: &[ArticleFile]) -> Vec<FieldView> {
    let related = |kind: &Kind| ChoiceView {
        selected: draft.related.iter().any(|word| word == kind.as_str()),
        ..ChoiceView::new(kind.as_str(), kind.label())
    };
    let choices = Kind::ALL.iter().map(related).collect();
    let mut fields = vec![
        FieldView::new("related", "関連する手続", InputView::Checks { choices })
            .with_help("選んだ手続の画面に、この記事への案内が出ます。記事からも手続へ進めます。"),
    ];
    let attached = |file: &ArticleFile| ChoiceView {
        selected: draft.attachments.contains(&file.id.to_string()),
        ..ChoiceView::new(file.id.to_string(), format!("{}（{}）", file.title, file.name))
    };
    let papers: Vec<ChoiceView> = files.iter().filter(|file| file.width == 0).map(attached).collect();
    if !papers.is_empty() {
        let field = FieldView::new("attachments", "本文の下に置く添付ファイル", InputView::Checks { choices: papers });
        fields.push(field);
    }
    let note = FieldView::new("note", "変更の理由", InputView::Text(TextView::new(&draft.note)))
        .with_help("版の履歴に残ります。読者には見えません。");
    fields.push(if new { note } else { note.required() });
    fields
}

fn upload() -> Vec<FieldView> {
    let accept = ".png,.jpg,.jpeg,.gif,.webp,.pdf,.docx,.xlsx,.txt,.csv".to_owned();
    vec![
        FieldView::new("file", "画像・添付ファイル", InputView::File { accept, current: String::new() })
            .with_help("画像（PNG・JPEG・GIF・WebP）は5MB、PDF・Word・Excel・テキストは10MBまでです。"),
        FieldView::new("words", "内容を表す言葉", InputView::Text(TextView::new("")))
            .with_help("画像では、見られない方に読み上げられる言葉です。添付ファイルでは、表示する名前です。"),
    ]
}

/// The form of a new article.
pub(in crate::pages::office) async fn ask_new(visit: Visit) -> Result<Response, Failure> {
    editor(&visit)?;
    let draft = ArticleDraft { editor: ROLE.to_owned(), ..ArticleDraft::default() };
    Ok(Html(page(&visit, "", &draft, &[]).await?).into_response())
}

/// Begins an article, or shows how it will look.
pub(in crate::pages::office) async fn create(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    editor(&visit)?;
    let draft = typed(&posted);
    if posted.get("do") == "preview" {
        return Ok(Html(page(&visit, "", &draft, &[]).await?).into_response());
    }
    settle(&visit, "", &draft, content::begin_article(&visit.ctx(), &draft).await?).await
}

/// The form of an article, filled with its newest version.
pub(in crate::pages::office) async fn edit(visit: Visit, Path(number): Path<String>) -> Result<Response, Failure> {
    editor(&visit)?;
    let view = content::article_view(&visit.ctx(), &number, None).await?;
    Ok(Html(page(&visit, &view.head.number, &draft_of(&view.newest), &[]).await?).into_response())
}

/// Saves a version, adds a file, or shows how the text will look.
pub(in crate::pages::office) async fn save(
    visit: Visit,
    Path(number): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    editor(&visit)?;
    let draft = typed(&posted);
    match posted.get("do") {
        "preview" => Ok(Html(page(&visit, &number, &draft, &[]).await?).into_response()),
        "add_file" => add_file(&visit, &number, draft, &posted).await,
        _ => settle(&visit, &number, &draft, content::save_article(&visit.ctx(), &number, &draft).await?).await,
    }
}

/// Adds a file and shows the form again: a picture stands at the end of the text, an attachment is chosen below it.
async fn add_file(visit: &Visit, number: &str, draft: ArticleDraft, posted: &Posted) -> Result<Response, Failure> {
    match content::upload(&visit.ctx(), number, posted.get("words"), posted.file("file")).await? {
        Uploaded::Slip(slip) => Ok(Html(page(visit, number, &draft, &[slip]).await?).with_faults()),
        Uploaded::Done(file) => {
            let mut draft = draft;
            let said = if file.width > 0 {
                draft.body = format!("{}\n\n![{}](file:{})\n", draft.body.trim_end(), file.title, file.id);
                "画像を本文の最後に入れました。置きたい所へ動かしてください。"
            } else {
                draft.attachments.push(file.id.to_string());
                "添付ファイルを加え、「本文の下に置く添付ファイル」で選びました。"
            };
            let mut page = page(visit, number, &draft, &[]).await?;
            let body = &[said, "文はまだ保存していません。"];
            page.frame.banners.push(parts::banner(BannerKind::Success, "ファイルを加えました。", body));
            Ok(Html(page).into_response())
        }
    }
}

/// The page of the article after it was saved, or the form with everything that was typed.
async fn settle(visit: &Visit, number: &str, draft: &ArticleDraft, saved: Saved) -> Result<Response, Failure> {
    match saved {
        Saved::Done { number, .. } => Ok(see_other(&format!("{LIST}/{number}?done=saved"))),
        Saved::Slips(slips) => Ok(Html(page(visit, number, draft, &slips).await?).with_faults()),
        Saved::Meanwhile { newest, lines } => meanwhile(visit, number, draft, &newest, lines).await,
    }
}

/// The form again, with what somebody else saved meanwhile beside what was typed; nothing is lost.
async fn meanwhile(
    visit: &Visit,
    number: &str,
    draft: &ArticleDraft,
    newest: &ArticleVersion,
    lines: Vec<Line>,
) -> Result<Response, Failure> {
    let draft = ArticleDraft { seen: newest.version, ..draft.clone() };
    let mut page = page(visit, number, &draft, &[]).await?;
    let at = japanese_datetime(Timestamp::from_millis(newest.made_at));
    let who = format!("{}様が、{at}に版{}を保存しました。", newest.author_name, newest.version);
    let then = "あなたが書いた内容は、下の欄にそのまま残っています。違いを確かめて必要なところを直し、もう一度保存してください。保存された版も履歴に残ります。";
    page.frame.has_errors = true;
    page.frame.banners.push(parts::banner(
        BannerKind::Error,
        "書いている間に、ほかの人が保存しました。まだ保存していません。",
        &[&who, then],
    ));
    page.meanwhile = Some(diff(&format!("版{}と、あなたが書いた本文の違い", newest.version), &lines));
    Ok((StatusCode::CONFLICT, Html(page)).into_response())
}
