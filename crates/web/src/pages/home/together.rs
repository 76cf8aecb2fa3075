//! まとめて申請する as the one thing to do next.

use domain::applications::{Ask, Kind, State};
use services::{Ctx, applications::Standing, interview, rows::Foremost};

use super::tasks::Tasks;
use crate::{
    pages::interview::{ADDRESS, name},
    site::Failure,
    view::parts::NextStepView,
};

/// What it is called where it is offered.
pub(super) const TITLE: &str = "まとめて申請する";
/// The button that begins it.
pub(super) const BEGIN: &str = "まとめて申請をはじめる";
/// Fewest procedures that are worth an interview.
const FEWEST: usize = 2;

/// Procedures of the journey that the institution never sent.
fn unsent(standings: &[Standing<Foremost>]) -> Vec<Kind> {
    let sent = |kind: &Kind| standings.iter().any(|standing| standing.case.kind == *kind && standing.case.filed > 0);
    Kind::JOURNEY.into_iter().filter(|kind| !sent(kind)).collect()
}

/// The interview, if it is what comes next: one that was begun, or the beginning while nothing else was begun. What the
/// operator or the post waits for comes first.
pub(super) async fn next_step(
    ctx: &Ctx<'_>,
    tasks: &Tasks<'_>,
    standings: &[Standing<Foremost>],
) -> Result<Option<NextStepView>, Failure> {
    let unsent = unsent(standings);
    let asked = tasks.next().map(|(_, ask)| ask);
    if unsent.is_empty() || asked.is_some_and(|ask| ask < Ask::GoOn) {
        return Ok(None);
    }
    let until = || unsent.contains(&Kind::Claims).then(|| tasks.until(Kind::Claims)).flatten();
    // An interview whose drafts are gone has nothing to go on with.
    let drafts = standings.iter().any(|standing| standing.case.state == State::Draft);
    if drafts && let Some(place) = interview::begun(ctx, &unsent).await? {
        return Ok(Some(NextStepView {
            title: format!("{TITLE}：入力の途中です"),
            says: vec![format!("「{}」の画面から続けられます。まだ送信されていません。", name(place))],
            facts: until().into_iter().collect(),
            href: format!("{ADDRESS}/continue"),
            label: "続きから入力する".to_owned(),
        }));
    }
    Ok((unsent.len() >= FEWEST && asked == Some(Ask::Begin)).then(|| NextStepView {
        title: TITLE.to_owned(),
        says: vec![
            "まだ送信していない手続を、一度の入力でまとめて申請できます。同じことを2回入力する必要はありません。"
                .to_owned(),
            "お手元に、回線の書類（「開通のご案内」など）をご用意ください。入力は10分ほどです。".to_owned(),
        ],
        facts: until().into_iter().collect(),
        href: ADDRESS.to_owned(),
        label: BEGIN.to_owned(),
    }))
}
