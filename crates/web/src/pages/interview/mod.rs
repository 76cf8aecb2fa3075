//! まとめて申請する: the interview that fills the forms of several procedures.

mod check;
mod page;
mod start;

use domain::{applications::Kind, interview::Step};
use services::{
    Error,
    interview::{InterviewState, Place},
};

use crate::{
    site::{Access, Failure, Routes},
    view::{frame::Link, parts::StepsView},
};

/// Address of the interview.
pub(in crate::pages) const ADDRESS: &str = "/together";

pub(super) fn routes() -> Routes {
    use Access::Member;
    Routes::default()
        .get("/together", Member, start::show)
        .post("/together", Member, start::begin)
        .get("/together/continue", Member, start::go_on)
        .get("/together/check", Member, check::show)
        .post("/together/send", Member, check::send)
        .get("/together/sent", Member, check::sent)
        .get("/together/{step}", Member, page::show)
        .post("/together/{step}", Member, page::save)
        .post("/together/{step}/draft", Member, page::autosave)
}

/// The page in an address.
fn step(name: &str) -> Result<Step, Failure> {
    name.parse().map_err(|_| Error::NotFound.into())
}

/// Address of the place where one goes on.
fn address(place: Place) -> String {
    match place {
        Place::Page(step) => format!("{ADDRESS}/{step}"),
        Place::Check => format!("{ADDRESS}/check"),
    }
}

/// What the place is called where one goes on.
pub(in crate::pages) const fn name(place: Place) -> &'static str {
    match place {
        Place::Page(step) => step.label(),
        Place::Check => "送信する内容の確認",
    }
}

/// The pages of the interview as steps; `current` counts from 1.
fn steps_view(state: &InterviewState, current: usize) -> StepsView {
    let mut names: Vec<&str> = state.pages.iter().map(|page| page.step.label()).collect();
    names.extend(["確認", "完了"]);
    StepsView::new(&names, current)
}

/// Path from home to the pages of the interview.
fn trail() -> Vec<Link> {
    vec![Link::new("ホーム", "/"), Link::new("まとめて申請する", ADDRESS)]
}

/// A procedure in a word or two, where three of them stand beside each other.
const fn short(kind: Kind) -> &'static str {
    match kind {
        Kind::Eligibility => "資格確認の利用申請",
        Kind::Certificate => "端末の電子証明書",
        Kind::Claims => "オンライン請求の届出",
        Kind::Common(_) => kind.words().short,
    }
}
