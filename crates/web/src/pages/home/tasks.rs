//! The tasks of an institution: each procedure with its state, and the one thing to do next.

use std::sync::Arc;

use domain::{
    applications::{Ask, Explanation, Kind, Rules, State},
    calendar::{cut_off, japanese_date, until_with_days_left},
    procedures::Common,
};
use services::{
    Ctx,
    applications::{self, Draft, Standing, ask_of, next_of},
    rows::{Application, Foremost},
};
use time::Date;

use crate::{
    pages::applications::{go_on, kept, standing_view},
    view::parts::{Fact, NextStepView, StateView, TaskView, Tone},
};

/// What the tasks of an institution hang on.
pub(super) struct Tasks<'a> {
    today: Date,
    rules: Arc<Rules>,
    standings: &'a [Standing<Foremost>],
    drafts: &'a [Draft],
}

/// What is to be done for a procedure.
struct Deed {
    label: String,
    href: String,
    says: Vec<String>,
}

impl<'a> Tasks<'a> {
    /// The tasks of an institution whose cases stand so; its drafts, where they are known.
    pub(super) fn new(ctx: &'a Ctx<'_>, standings: &'a [Standing<Foremost>], drafts: &'a [Draft]) -> Self {
        Self { today: ctx.now.date(), rules: ctx.app.rules(), standings, drafts }
    }

    /// The procedures in the order of the journey; the one of the next step, which stands above them, is marked.
    pub(super) fn list(&self, next: Option<Kind>) -> Vec<TaskView> {
        let marked = |kind| TaskView { current: next == Some(kind), ..self.task(kind, next) };
        Kind::JOURNEY.into_iter().map(marked).collect()
    }

    /// Those that were begun, for an institution at which nothing begins any more.
    pub(super) fn begun(&self) -> Vec<TaskView> {
        let begun = |kind: &Kind| self.of(*kind).is_some();
        Kind::JOURNEY.into_iter().filter(begun).map(|kind| self.task(kind, None)).collect()
    }

    /// The procedure that comes next, and what it asks.
    pub(super) fn next(&self) -> Option<(Kind, Ask)> {
        next_of(self.standings)
    }

    /// The one thing to do next.
    pub(super) fn next_step(&self) -> NextStepView {
        let Some((kind, ask)) = self.next() else { return self.rest() };
        let deed = self.deed(kind, ask);
        let draft = self.draft(kind).map(|draft| Fact::new("保存の期限", kept(draft)));
        let facts = self.until(kind).into_iter().chain(draft).collect();
        NextStepView { title: self.title(kind), says: deed.says, facts, href: deed.href, label: deed.label }
    }

    /// Nothing is asked of the institution: what it may wait for.
    fn rest(&self) -> NextStepView {
        let says = self.soonest().map_or_else(
            || "手続の状況は、下の一覧でご覧いただけます。".to_owned(),
            |standing| format!("{}：{}", standing.case.kind.label(), standing.explanation.sentence()),
        );
        NextStepView {
            title: "いま、していただくことはありません。".to_owned(),
            says: vec![says],
            ..NextStepView::default()
        }
    }

    /// The case that comes to its next step first, of those that are with somebody else.
    pub(super) fn soonest(&self) -> Option<&Standing<Foremost>> {
        let awaited = |standing: &&Standing<Foremost>| standing.explanation.expected.is_some();
        self.standings.iter().filter(awaited).min_by_key(|standing| standing.explanation.expected)
    }

    /// The case that stands for a procedure, if it was begun.
    pub(super) fn of(&self, kind: Kind) -> Option<&Standing<Foremost>> {
        self.standings.iter().find(|standing| standing.case.kind == kind)
    }

    fn draft(&self, kind: Kind) -> Option<&Draft> {
        self.drafts.iter().find(|draft| draft.kind == kind)
    }

    /// The procedure, with the terminal that it is about.
    pub(super) fn title(&self, kind: Kind) -> String {
        let terminal = self.of(kind).and_then(|standing| standing.case.terminal_name.as_ref());
        terminal.map_or_else(|| kind.label().to_owned(), |terminal| format!("{}：{terminal}", kind.label()))
    }

    fn task(&self, kind: Kind, next: Option<Kind>) -> TaskView {
        let Some(standing) = self.of(kind) else { return self.beginning(kind, next == Some(kind)) };
        let (case, explanation) = (&standing.case, &standing.explanation);
        let several = case.filed > 1 && kind == Kind::Certificate && !case.state.is_editable();
        let terminal = case.terminal_name.as_ref().map(|terminal| format!("{terminal}：")).unwrap_or_default();
        let count = if several { format!("{}台分の申請があります。", case.filed) } else { String::new() };
        let progress = self.draft(kind).map(|draft| format!("{}です。", draft.progress.words())).unwrap_or_default();
        let mut facts = turn(explanation);
        facts.extend(self.until(kind));
        TaskView {
            title: kind.label().to_owned(),
            href: match case.state {
                State::Draft => go_on(case.id, self.draft(kind).and_then(|draft| draft.go_on_at.as_deref())),
                _ if several => "/certificates".to_owned(),
                _ => format!("/applications/{}", case.id),
            },
            state: standing_view(standing, case.state),
            next: format!("{count}{terminal}{}{progress}{}", explanation.happened, explanation.next_step()),
            facts,
            ..TaskView::default()
        }
    }

    /// A procedure that was never filed; one that comes too early waits for another, and what the next step says is not
    /// said twice.
    fn beginning(&self, kind: Kind, is_next: bool) -> TaskView {
        let early = ask_of(kind, self.standings) == Ask::Nothing;
        let next = match (early, is_next) {
            (true, _) => "オンライン資格確認の利用申請を送信すると、はじめられます。",
            (false, true) => "",
            (false, false) => prepare(kind),
        };
        let mut facts = if early { vec![] } else { vec![Fact::new("いま対応する人", Explanation::APPLICANT)] };
        facts.extend(self.until(kind));
        TaskView {
            title: kind.label().to_owned(),
            href: format!("/procedures/{kind}"),
            state: StateView::new(Tone::Idle, "まだ申請していません"),
            next: next.to_owned(),
            facts,
            ..TaskView::default()
        }
    }

    /// Until when something is awaited; a claims filing that was not sent says by when it must be, to begin early.
    pub(super) fn until(&self, kind: Kind) -> Option<Fact> {
        let standing = self.of(kind);
        if let Some(deadline) = standing.and_then(|standing| standing.explanation.deadline) {
            return Some(Fact::new(deadline.label, until_with_days_left(deadline.day, self.today)));
        }
        let unsent = standing.is_none_or(|standing| standing.case.state == State::Draft);
        (kind == Kind::Claims && unsent).then(|| {
            let start = cut_off(self.today, self.rules.cut_off);
            let last = self.rules.cut_off.last_day_for(start);
            let last = last.max(self.today);
            Fact::new(format!("{start}から始めるときの送信期限"), until_with_days_left(last, self.today))
        })
    }

    fn deed(&self, kind: Kind, ask: Ask) -> Deed {
        let deed =
            |label: &str, href: String, says: &str| Deed { label: label.to_owned(), href, says: vec![says.to_owned()] };
        let Some(standing) = self.of(kind).filter(|_| ask != Ask::Begin) else {
            let says =
                [prepare(kind), "次の画面で、用意するものを確かめてから入力をはじめます。"].map(str::to_owned).to_vec();
            return Deed { says, ..deed(begin_words(kind), format!("/procedures/{kind}"), "") };
        };
        let own = format!("/applications/{}", standing.case.id);
        match standing.case.state {
            State::Draft => self.go_on(kind, &own),
            State::Returned => deed(
                "補正をお願いした項目を直す",
                format!("{own}/edit"),
                "示された項目だけを直して、もう一度送信します。ほかの項目は、前の内容のまま残っています。",
            ),
            State::LetterReturned | State::LetterLost => deed(
                "通知書を送り直す",
                format!("{own}/send-again"),
                "新しい通知書を簡易書留でお送りします。次の画面で宛先を確かめてから申し込みます。発行料はかかりません。",
            ),
            State::PickedUp => deed("接続テストまでの手順を見る", own, &standing.explanation.next),
            _ => deed("取得の手順と期限を見る", own, &standing.explanation.next),
        }
    }

    fn go_on(&self, kind: Kind, own: &str) -> Deed {
        let draft = self.draft(kind);
        let says = draft.map_or_else(
            || "前回の続きから入力します。まだ送信されません。".to_owned(),
            |draft| format!("{}です。前回の続きの項目が開きます。まだ送信されません。", draft.progress.words()),
        );
        Deed {
            label: "下書きの続きを入力する".to_owned(),
            href: draft.map_or_else(|| format!("{own}/edit"), |draft| go_on(draft.id, draft.go_on_at.as_deref())),
            says: vec![says],
        }
    }

    /// The words of the one thing to do next and where it leads; none when nothing is asked.
    pub(super) fn deed_of_next(&self) -> Option<(Kind, String, String)> {
        let (kind, ask) = self.next()?;
        let deed = self.deed(kind, ask);
        Some((kind, deed.label, deed.href))
    }
}

/// Procedures beside those of the journey, each with its state and what comes next.
pub(super) fn others(standings: &[Standing<Application>]) -> Vec<TaskView> {
    let view = |standing: &Standing<Application>| {
        let (case, explanation) = (&standing.case, &standing.explanation);
        TaskView {
            title: case.kind.label().to_owned(),
            href: match case.state {
                State::Draft => go_on(case.id, None),
                // Where it stands, and what calls it off.
                State::Accepted if case.kind == Kind::Common(Common::Closing) => "/closing".to_owned(),
                _ => format!("/applications/{}", case.id),
            },
            state: standing_view(standing, case.state),
            next: format!("{}{}", explanation.happened, explanation.next_step()),
            facts: turn(explanation),
            ..TaskView::default()
        }
    };
    standings.iter().map(view).collect()
}

/// Whose turn it is, and when the next step is expected.
pub(super) fn turn(explanation: &Explanation) -> Vec<Fact> {
    let holder = explanation.turn().map(|holder| Fact::new("いま対応する人", holder));
    let expected = explanation.expected.map(|day| Fact::new("次の段階の目安", japanese_date(day)));
    holder.into_iter().chain(expected).collect()
}

const fn begin_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Eligibility => "オンライン資格確認の利用申請をはじめる",
        Kind::Certificate => "端末の電子証明書の申請をはじめる",
        Kind::Claims => "オンライン請求の届出をはじめる",
        Kind::Common(_) => kind.words().again,
    }
}

const fn prepare(kind: Kind) -> &'static str {
    match kind {
        Kind::Eligibility => "NTTフレッツ回線の「開通のご案内」（お客様ID）をご用意ください。入力は10分ほどです。",
        Kind::Certificate => "端末1台に1枚必要です。通知書が簡易書留で届きます。入力は5分ほどです。",
        Kind::Claims => "レセコンのプログラム名称と、お客様IDをご用意ください。入力は10分ほどです。",
        Kind::Common(_) => kind.words().lead,
    }
}

/// The drafts of the institution, read only where one of its cases is one.
///
/// # Errors
/// As [`applications::drafts`].
pub(super) async fn drafts(ctx: &Ctx<'_>, standings: &[Standing<Foremost>]) -> services::Result<Vec<Draft>> {
    if standings.iter().any(|standing| standing.case.state == State::Draft) {
        return applications::drafts(ctx).await;
    }
    Ok(vec![])
}
