//! Two versions of an article beside each other, and an older one as a new draft.

use std::time::Duration;

use domain::{applications::Kind, content::ArticleKind, office::settings::Difference, permissions::Permission};
use similar::{ChangeTag, TextDiff};
use storage::boxed;
use storage::content::{ArticleHead, ArticleVersion};

use super::{Saved, add, judge, newest};
use crate::{Ctx, Error, Result, accounts::entry, content::articles::kinds};

/// Lines around a change that are shown.
const AROUND: usize = 3;
/// How long lines are paired before the rest counts as changed.
const PATIENCE: Duration = Duration::from_millis(300);

/// What a line of a comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// In both versions.
    Same,
    /// Only in the newer one.
    Added,
    /// Only in the older one.
    Removed,
    /// Equal lines that are left out; the text is their number.
    Gap,
}

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub kind: LineKind,
    /// Its text without break.
    pub text: String,
}

/// Two versions beside each other.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The article.
    pub head: ArticleHead,
    /// The older one.
    pub before: ArticleVersion,
    /// The newer one.
    pub after: ArticleVersion,
    /// What differs besides the text.
    pub fields: Vec<Difference>,
    /// The lines in which the texts differ; none when they are equal.
    pub lines: Vec<Line>,
}

/// The lines in which two texts differ, with some lines around each change.
pub(super) fn lines(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    let mut lines = vec![];
    let mut reached = 0;
    for group in diff.grouped_ops(AROUND) {
        let begins = group.first().map_or(reached, |op| op.old_range().start);
        if begins > reached {
            lines.push(Line { kind: LineKind::Gap, text: (begins - reached).to_string() });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let kind = match change.tag() {
                ChangeTag::Equal => LineKind::Same,
                ChangeTag::Delete => LineKind::Removed,
                ChangeTag::Insert => LineKind::Added,
            };
            lines.push(Line { kind, text: change.value().trim_end_matches('\n').to_owned() });
        }
        reached = group.last().map_or(reached, |op| op.old_range().end);
    }
    let all = before.lines().count();
    if !lines.is_empty() && all > reached {
        lines.push(Line { kind: LineKind::Gap, text: (all - reached).to_string() });
    }
    lines
}

/// What a part of a version is called, and how it reads.
type Labelled = (&'static str, fn(&ArticleVersion) -> String);

/// What differs besides the text, in words.
fn fields(before: &ArticleVersion, after: &ArticleVersion) -> Vec<Difference> {
    let kind = |version: &ArticleVersion| {
        version.kind.parse::<ArticleKind>().map(|kind| kind.label().to_owned()).unwrap_or_default()
    };
    let related =
        |version: &ArticleVersion| kinds(&version.related).into_iter().map(Kind::label).collect::<Vec<_>>().join("、");
    let files = |version: &ArticleVersion| match version.attachments.split_whitespace().count() {
        0 => String::new(),
        count => format!("{count}件"),
    };
    let words: [Labelled; 3] = [
        ("題名", |version| version.title.clone()),
        ("分類", |version| version.category.clone()),
        ("更新者として表示する役割名", |version| version.editor.clone()),
    ];
    let mut all: Vec<Difference> = words
        .iter()
        .map(|(label, of)| Difference { label: (*label).to_owned(), before: of(before), after: of(after) })
        .collect();
    all.push(Difference { label: "種類".to_owned(), before: kind(before), after: kind(after) });
    all.push(Difference { label: "関連する手続".to_owned(), before: related(before), after: related(after) });
    all.push(Difference { label: "添付ファイル".to_owned(), before: files(before), after: files(after) });
    all.retain(|one| one.before != one.after);
    all
}

/// Two versions of an article; the lower number counts as the older one. Without numbers it is the newest one and the one
/// before it.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn compare(ctx: &Ctx<'_>, number: &str, one: i64, other: i64) -> Result<Comparison> {
    ctx.permit(Permission::EditContent)?;
    let mut conn = ctx.app.db.read().await?;
    let head = storage::content::article_head(&mut conn, number).await?.ok_or(Error::NotFound)?;
    let newer = if one.max(other) > 0 { one.max(other) } else { head.latest };
    let older = if one.min(other) > 0 { one.min(other) } else { (newer - 1).max(1) };
    let before = storage::content::article_version(&mut conn, &head.slug, older).await?;
    let after = storage::content::article_version(&mut conn, &head.slug, newer).await?;
    drop(conn);
    let (before, after) = before.zip(after).ok_or(Error::NotFound)?;
    let (left, right) = (before.body.clone(), after.body.clone());
    let lines = tokio::task::spawn_blocking(move || lines(&left, &right)).await.map_err(Error::internal)?;
    Ok(Comparison { head, fields: fields(&before, &after), before, after, lines })
}

/// Saves an older version anew as the draft.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`], [`Error::ChangedMeanwhile`].
#[boxed]
pub async fn restore(ctx: &Ctx<'_>, number: &str, version: i64, seen: i64) -> Result<Saved> {
    ctx.permit(Permission::EditContent)?;
    let mut tx = ctx.app.db.write().await?;
    let (head, newest) = newest(&mut tx, number).await?;
    let older = storage::content::article_version(&mut tx, &head.slug, version).await?.ok_or(Error::NotFound)?;
    if judge::same_text(&older, &newest) {
        let words = format!("版{version}は、いまの内容と同じです。戻す必要はありません。");
        return Ok(Saved::Slips(vec![entry::finding("", words)]));
    }
    let restored = ArticleVersion {
        version: seen + 1,
        note: format!("版{version}の内容に戻す"),
        author: ctx.account().ok().map(|account| account.0),
        author_name: ctx.actor_name(),
        made_at: ctx.now.as_millis(),
        review_note: String::new(),
        published_at: None,
        publisher_name: String::new(),
        ..older
    };
    if head.latest != seen || !add(ctx, &mut tx, &head.number, &restored).await? {
        return Err(Error::ChangedMeanwhile);
    }
    tx.commit().await?;
    Ok(Saved::Done { number: head.number, version: restored.version })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<(LineKind, String)> {
        lines(before, after).into_iter().map(|line| (line.kind, line.text)).collect()
    }

    #[test]
    fn only_changed_lines_and_those_around_them_are_shown() {
        use LineKind::{Added, Gap, Removed, Same};
        assert_eq!(told("甲\n乙\n", "甲\n乙\n"), []);
        let before: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let after = before.replace("\n10\n", "\n十\n");
        let all = told(&before, &after);
        let kinds: Vec<LineKind> = all.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Gap, Same, Same, Same, Removed, Added, Same, Same, Same, Gap]);
        assert_eq!(
            (all[0].1.as_str(), all[4].1.as_str(), all[5].1.as_str(), all[9].1.as_str()),
            ("6", "10", "十", "7")
        );
    }

    #[test]
    fn both_texts_can_be_read_back_from_a_comparison_of_everything() {
        for (before, after) in [("a\nb\nc\n", "b\nc\nd\n"), ("", "a\n"), ("a\nb\n", ""), ("x\ny\nz\n", "z\ny\nx\n")] {
            let all = lines(before, after);
            let of = |without: LineKind| -> String {
                all.iter().filter(|line| line.kind != without).map(|line| format!("{}\n", line.text)).collect()
            };
            assert_eq!((of(LineKind::Added).as_str(), of(LineKind::Removed).as_str()), (before, after));
        }
    }
}
