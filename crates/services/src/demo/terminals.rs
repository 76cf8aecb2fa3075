//! A clinic of the demo whose terminals have certificates in every stage of their life: the same verbs as elsewhere, at their
//! own times.

use std::sync::Arc;

use domain::{
    applications::{Kind, State},
    forms::Answers,
    ids::{AccountId, ApplicationId, InstitutionId},
};
use time::Duration;

use super::cases::{Cast, Standing, answers, deliver, done, filed_with, take_effect, version};
use crate::{App, Error, Result, applications, terminals};

/// Row of the register that the clinic stands in.
pub(super) const ROW: usize = 53;
/// Days of a term of 39 months, give or take one.
const TERM: i64 = 1_187;
/// Days since the clinic filed for the first time; the authority is older than that.
const BEGUN_AGO: i64 = 1_300;
const _: () = assert!(BEGUN_AGO < super::AUTHORITY_AGE.whole_days());

/// A terminal and what became of its certificate.
struct Story {
    name: &'static str,
    place: &'static str,
    os: &'static str,
    /// Days since its certificate was applied for.
    days_ago: i64,
    state: State,
    /// Whether somebody reported by telephone that it is gone, and the certificate is not revoked yet.
    gone: bool,
}

const fn installed(name: &'static str, place: &'static str, days_ago: i64) -> Story {
    Story { name, place, os: "windows_11", days_ago, state: State::Installed, gone: false }
}

/// Oldest first, as the register of certificates grows.
const STORIES: &[Story] = &[
    installed("旧館のパソコン", "旧館 1階", TERM + 12),
    installed("受付のパソコン", "本館 1階 受付", TERM - 45),
    installed("オンライン請求用パソコン", "本館 2階 事務室", 400),
    Story { gone: true, ..installed("往診用ノートパソコン", "訪問車", 200) },
    Story {
        os: "linux", state: State::PickedUp, ..installed("オンライン資格確認サーバー", "サーバー室", 2)
    },
    Story { state: State::LetterPosted, ..installed("診察室3のパソコン", "本館 1階 診察室3", 1) },
];

/// Lets the clinic live through its years.
pub(super) async fn add(app: &App, institution: InstitutionId, owner: AccountId) -> Result<()> {
    let at = |days: i64| app.with_clock(Arc::new(Standing(app.clock.now() - Duration::days(days))));
    let begun = at(BEGUN_AGO);
    let cast = Cast { app: &begun, institution, applicant: owner };
    let first = filed_with(&cast, Kind::Eligibility, &answers(&begun, Kind::Eligibility)).await?;
    done(&applications::accept(&cast.staff().await?, first, version(&cast, first).await?).await?)?;
    take_effect(app, first).await?;
    for story in STORIES {
        let then = at(story.days_ago);
        live(app, &Cast { app: &then, ..cast }, story).await?;
    }
    Ok(())
}

async fn live(present: &App, cast: &Cast<'_>, story: &Story) -> Result<()> {
    let case = filed_with(cast, Kind::Certificate, &wanted(cast.app, story)).await?;
    done(&applications::accept(&cast.staff().await?, case, version(cast, case).await?).await?)?;
    deliver(cast, case, story.state).await?;
    let now = Cast { app: present, ..*cast };
    terminals::set_place(&now.applicant(), case, story.place).await?.map_err(Error::internal)?;
    if story.gone {
        let certificate = newest(present, case).await?;
        terminals::report_as_staff(&now.staff().await?, certificate).await?;
    }
    Ok(())
}

fn wanted(app: &App, story: &Story) -> Answers {
    answers(app, Kind::Certificate).with("terminal_name_1", story.name).with("terminal_os_1", story.os)
}

async fn newest(app: &App, case: ApplicationId) -> Result<domain::ids::CertificateId> {
    let all = storage::authority::of_application(&mut app.db.read().await?, case).await?;
    all.last().map(|one| one.id).ok_or(Error::NotFound)
}
