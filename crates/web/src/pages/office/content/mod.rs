//! What editors write: articles with their versions and files, what readers said of them, and how a text will look.

mod answers;
mod article;
mod compare;
mod form;
mod list;
mod preview;
mod steps;

pub(super) use answers::{answers, handle};
pub(super) use article::{remove_file, show};
pub(super) use compare::{compare, restore, version};
pub(super) use form::{ask_new, create, edit, save};
pub(super) use list::list;
pub(super) use preview::{drawn, preview};
pub(super) use steps::{archive, publish, send_back, submit};

use domain::{
    content::{Life, Public, Work},
    permissions::Permission,
};
use services::accounts::Session;

use super::parts;
use crate::{
    site::{Failure, Visit},
    view::{
        frame::{Frame, Link},
        parts::{StateView, Tone},
    },
};

/// The list of articles.
pub(super) const LIST: &str = "/office/articles";

/// Goes on only for editors.
fn editor(visit: &Visit) -> Result<&Session, Failure> {
    parts::insist(visit, &[Permission::EditContent])
}

/// The frame of a page below the list, with the way to an article if it is below one.
fn frame(visit: &Visit, title: impl Into<String>, number: &str) -> Frame {
    let mut frame = visit.office_frame(title, LIST);
    frame.breadcrumb.push(Link::new("記事", LIST));
    if !number.is_empty() {
        frame.breadcrumb.push(Link::new(number, format!("{LIST}/{number}")));
    }
    frame
}

/// What readers see, and what is being done, as one state.
fn state(life: Life) -> StateView {
    let words = match (life.public, life.work) {
        (public, Work::None) => public.label().to_owned(),
        (Public::Unpublished, work) => work.label().to_owned(),
        (public, work) => format!("{}（{}あり）", public.label(), work.label()),
    };
    let tone = match (life.public, life.work) {
        (_, Work::InReview) => Tone::Waiting,
        (_, Work::Draft) => Tone::Active,
        (Public::Published, Work::None) => Tone::Done,
        (Public::Archived, Work::None) => Tone::Stopped,
        (Public::Unpublished, Work::None) => Tone::Idle,
    };
    StateView::new(tone, words)
}
