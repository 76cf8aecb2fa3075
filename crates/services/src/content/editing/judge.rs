//! What was typed into the form of an article, read by the rules of `domain`.

use domain::{
    accounts::{clean_line, clean_text},
    applications::Kind,
    content::{ArticleKind, LONGEST},
    forms::Finding,
    ids::FileId,
};
use storage::content::{ArticleFile, ArticleVersion};

use super::{ArticleDraft, is_faq};
use crate::{Ctx, accounts::entry, content::markdown};

/// Longest title in characters.
const LONGEST_TITLE: usize = 100;
/// Longest name of a category and of a role in characters.
const LONGEST_NAME: usize = 40;
/// Longest reason in characters.
const LONGEST_NOTE: usize = 200;
/// Most files of an article.
pub(super) const MOST_FILES: i64 = domain::content::files::MOST_FILES as i64;

/// What was typed as a version without place, and what is wrong. `files` are those of the article.
pub(super) fn read(ctx: &Ctx<'_>, draft: &ArticleDraft, files: &[ArticleFile]) -> (ArticleVersion, Vec<Finding>) {
    let mut slips = vec![];
    let title = line(&mut slips, ("title", "題名"), &draft.title, LONGEST_TITLE, true);
    let kind = draft.kind.parse::<ArticleKind>();
    if kind.is_err() {
        slips.push(entry::finding("kind", "「種類」を選んでください。"));
    }
    let category = line(&mut slips, ("category", "分類"), &draft.category, LONGEST_NAME, is_faq(&draft.kind));
    let editor = line(&mut slips, ("editor", "更新者として表示する役割名"), &draft.editor, LONGEST_NAME, true);
    if !editor.is_empty() && editor == ctx.actor_name() {
        let words = "「更新者として表示する役割名」には、個人の名前ではなく、役割の名前を入力してください。";
        slips.push(entry::finding("editor", words));
    }
    let attached = |id: &String| files.iter().any(|file| file.id.to_string() == *id);
    let version = ArticleVersion {
        title,
        kind: kind.map(|kind| kind.to_string()).unwrap_or_default(),
        category,
        editor,
        body: body(ctx, &mut slips, &draft.body, files),
        related: joined(
            Kind::ALL.iter().map(|kind| kind.as_str()).filter(|kind| draft.related.iter().any(|r| r == kind)),
        ),
        attachments: joined(draft.attachments.iter().filter(|id| attached(id)).map(String::as_str)),
        note: line(&mut slips, ("note", "変更の理由"), &draft.note, LONGEST_NOTE, false),
        author: ctx.account().ok().map(|account| account.0),
        author_name: ctx.actor_name(),
        made_at: ctx.now.as_millis(),
        ..ArticleVersion::default()
    };
    (version, slips)
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

fn line(slips: &mut Vec<Finding>, (key, label): (&str, &str), typed: &str, max: usize, needed: bool) -> String {
    match clean_line(typed, max) {
        Ok(line) if line.is_empty() && needed => {
            slips.push(entry::finding(key, format!("「{label}」を入力してください。")));
            line
        }
        Ok(line) => line,
        Err(fault) => {
            slips.push(entry::finding(key, format!("「{label}」：{fault}")));
            String::new()
        }
    }
}

/// The Markdown as it was typed, with breaks of one kind; its spaces carry meaning and stay.
fn body(ctx: &Ctx<'_>, slips: &mut Vec<Finding>, typed: &str, files: &[ArticleFile]) -> String {
    let body = typed.replace("\r\n", "\n").replace('\r', "\n").trim_matches('\n').to_owned();
    let mut faults = vec![];
    if body.trim().is_empty() {
        faults.push("「本文」を入力してください。".to_owned());
    } else if body.chars().count() <= LONGEST
        && let Err(fault) = clean_text(&body, LONGEST)
    {
        faults.push(format!("「本文」：{fault}"));
    }
    faults.extend(markdown::text_faults(ctx.app, &body));
    let known = |id: &FileId| files.iter().any(|file| file.id == id.0);
    if let Some(id) = markdown::shape(&body).files.iter().find(|id| !known(id)) {
        faults.push(format!(
            "「file:{id}」は、この記事のファイルではありません。「画像・添付ファイル」から加えてください。"
        ));
    }
    if !faults.is_empty() {
        slips.push(entry::finding("body", faults.join("")));
    }
    body
}

/// Whether two versions say the same.
pub(super) fn same_text(one: &ArticleVersion, other: &ArticleVersion) -> bool {
    let text = |version: &ArticleVersion| {
        let ArticleVersion { kind, category, title, body, editor, related, attachments, .. } = version.clone();
        [kind, category, title, body, editor, related, attachments]
    };
    text(one) == text(other)
}
