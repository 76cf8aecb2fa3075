//! The queues of the procedures that are not in the menu by themselves.

use askama::Template;
use domain::{
    applications::{Kind, State},
    permissions::Permission as P,
};
use services::applications::{self, reading};

use super::super::{
    links::{OTHERS, OTHERS_TITLE, queue_of},
    parts,
};
use crate::{
    site::{Failure, Html, Visit},
    view::{
        frame::Frame,
        parts::{CellView, TableView},
    },
};

/// The states in which a case waits, as columns.
const STATES: [State; 3] = [State::Submitted, State::InReview, State::Returned];

#[derive(Template)]
#[template(path = "office/queues.html")]
pub(in crate::pages::office) struct QueuesPage {
    frame: Frame,
    table: TableView,
}

/// Each procedure with the number of its cases by state.
pub(in crate::pages::office) async fn others(visit: Visit) -> Result<Html<QueuesPage>, Failure> {
    parts::insist(&visit, &[P::ReadApplications])?;
    let ctx = visit.ctx();
    let counts = applications::queue_counts(&ctx).await?;
    let count = |kind: Kind, state: State| {
        counts.iter().find(|(of, counts)| *of == kind && counts.state == state).map_or(0, |(_, counts)| counts.cases)
    };
    let shown = Kind::ALL.iter().copied().filter(|kind| !Kind::JOURNEY.contains(kind));
    let rows = shown.filter(|kind| ctx.permit(reading(*kind)).is_ok()).map(|kind| {
        let cases = STATES.map(|state| CellView::Number(format!("{}件", count(kind, state))));
        parts::row([CellView::link(kind.label(), queue_of(kind))].into_iter().chain(cases).collect())
    });
    let table = TableView {
        columns: parts::columns(&["手続", "審査待ち", "審査中", "補正依頼"], &[1, 2, 3]),
        ..parts::table("手続ごとの件数", &[], rows.collect())
    };
    Ok(Html(QueuesPage { frame: visit.office_frame(OTHERS_TITLE, OTHERS), table }))
}
