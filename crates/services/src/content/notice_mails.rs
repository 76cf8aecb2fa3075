//! Mails to subscribers about a notice: page by page, each subscriber once, however often the work is done.

use domain::{
    clock::Timestamp,
    content::notices::{Audience, NoticeState, Standing},
    ids::{JobId, NoticeId, SubscriptionId},
};
use serde_json::{Value, json};
use storage::{
    Tx, boxed,
    content::Notice,
    subscriptions::{Subscriber, Subscription},
};
use time::Duration;
use uuid::Uuid;

use super::subscriptions::end_address;
use crate::{
    App, Ctx, Error, Result, daily,
    mail::{Letterhead, queue},
};

/// Kind of the job that tells a page of subscribers of a notice.
pub const TELL: &str = "notices.tell";
/// Kind of the job that forgets who was told long ago.
pub const FORGET: &str = "notices.forget";
/// Subscribers of one transaction.
const PAGE: i64 = 200;
/// Rows that are forgotten in one transaction.
const FEW: i64 = 1_000;
/// How long it is remembered who was told: longer than any mail is tried.
const REMEMBERED: Duration = Duration::days(90);

/// Leaves the mails to a job at the beginning of the notice; asked again for the same beginning, nothing happens.
pub(super) async fn tell_when_it_begins(ctx: &Ctx<'_>, tx: &mut Tx, notice: &Notice) -> Result<()> {
    if !notice.tells || notice.decided() != NoticeState::Published {
        return Ok(());
    }
    let begins = notice.period().from.max(ctx.now);
    enqueue(ctx, tx, notice, SubscriptionId(Uuid::nil()), begins).await
}

async fn enqueue(ctx: &Ctx<'_>, tx: &mut Tx, notice: &Notice, after: SubscriptionId, at: Timestamp) -> Result<()> {
    let key = format!("{TELL}:{}:{}:{after}", notice.id, notice.published_at);
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let payload = json!({ "notice": NoticeId(notice.id), "after": after });
    storage::jobs::enqueue(tx, job, TELL, Some(&key), payload, at).await?;
    Ok(())
}

/// Queues the mails of one page of subscribers and leaves the next page to another job; the work of a [`TELL`] job. A notice
/// that is not being read, because it was moved or taken back, is told to nobody.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn tell(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "notices");
    let id: NoticeId = read(payload, "notice")?;
    let after: SubscriptionId = read(payload, "after")?;
    let mut conn = app.db.read().await?;
    let Some(notice) = storage::content::notice_by_id(&mut conn, id).await? else { return Ok(()) };
    if !notice.tells || notice.standing(ctx.now) != Standing::Live {
        return Ok(());
    }
    let people = storage::subscriptions::page(&mut conn, after, PAGE).await?;
    drop(conn);
    let mut tx = app.db.write().await?;
    for person in people.iter().filter(|person| wants(person, &notice)) {
        tell_one(&ctx, &mut tx, &notice, &person.subscription).await?;
    }
    let last = people.last().map(|person| person.subscription.id);
    if let Some(last) = last.filter(|_| i64::try_from(people.len()).unwrap_or(i64::MAX) >= PAGE) {
        enqueue(&ctx, &mut tx, &notice, last, ctx.now).await?;
    }
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

fn read<T: std::str::FromStr>(payload: &Value, key: &str) -> Result<T> {
    let text = payload[key].as_str().and_then(|text| text.parse().ok());
    text.ok_or_else(|| Error::internal(format!("no {key}")))
}

/// Whether a subscriber wants to be told: by what they chose, and by each institution that is known of them.
fn wants(person: &Subscriber, notice: &Notice) -> bool {
    let Subscription { procedures, important, .. } = person.subscription;
    let concerned = |place: Audience| notice.audience().concerns(Audience { procedures, ..place });
    let known = person.codes.iter().any(|code| concerned(Audience::of_code(code, [])));
    (notice.important || !important) && (known || person.codes.is_empty() && concerned(Audience::default()))
}

async fn tell_one(ctx: &Ctx<'_>, tx: &mut Tx, notice: &Notice, subscription: &Subscription) -> Result<()> {
    if !storage::subscriptions::note_told(tx, NoticeId(notice.id), subscription.id, ctx.now).await? {
        return Ok(());
    }
    let mark = if notice.important { "【重要】" } else { "" };
    let end = end_address(ctx.app, subscription.id);
    let head =
        Letterhead { unsubscribe: Some(end.clone()), ..Letterhead::new("notice_published", &subscription.email) };
    let values = [
        ("title", format!("{mark}{}", notice.title)),
        ("audience", notice.audience().words()),
        ("page_url", format!("{}/notices/{}", ctx.app.settings.portal_url, notice.slug)),
        ("end_url", end),
    ];
    queue(ctx, tx, &head, &values).await
}

/// Forgets one page of who was told long ago and leaves the next to another job; the work of a [`FORGET`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn forget_told(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "retention");
    let mut tx = app.db.write().await?;
    let forgotten = storage::subscriptions::forget_told(&mut tx, ctx.now - REMEMBERED, FEW).await?;
    tx.commit().await?;
    if i64::try_from(forgotten).unwrap_or(0) < FEW {
        return Ok(());
    }
    let page = payload["page"].as_i64().unwrap_or(1) + 1;
    daily::go_on(&ctx, FORGET, &page.to_string(), json!({ "page": page })).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        applications::Kind,
        institutions::{Prefecture, ScoreTable},
    };

    fn notice(audience: Audience, important: bool) -> Notice {
        Notice {
            id: Uuid::nil(),
            slug: String::new(),
            title: String::new(),
            important,
            body: String::new(),
            search_text: String::new(),
            views: 0,
            published_at: 1,
            state: "published".to_owned(),
            until_at: None,
            scores: audience.scores,
            prefectures: audience.prefectures,
            procedures: audience.procedures,
            tells: true,
            version: 1,
            updated_at: 1,
            stars: 0,
            votes: 0,
        }
    }

    fn someone(codes: &[&str], wanted: Audience, important: bool) -> Subscriber {
        let subscription = Subscription {
            id: SubscriptionId(Uuid::nil()),
            email: "a@clinic.example".to_owned(),
            account_id: None,
            procedures: wanted.procedures,
            important,
        };
        Subscriber { subscription, codes: codes.iter().map(|code| (*code).to_owned()).collect() }
    }

    #[test]
    fn a_subscriber_is_told_of_what_they_chose_and_what_concerns_one_of_their_institutions() {
        let all = Audience::default();
        let dental = notice(Audience::of([ScoreTable::Dental], Prefecture::from_number(13), []), false);
        assert!(wants(&someone(&[], all, false), &dental), "nothing is known of them");
        assert!(wants(&someone(&["2710100017", "1330100016"], all, false), &dental));
        assert!(!wants(&someone(&["2710100017"], all, false), &dental));
        assert!(!wants(&someone(&[], all, true), &dental), "it is not important");
        let of = |kind| Audience::of([], [], [kind]);
        let claims = notice(of(Kind::Claims), true);
        assert!(wants(&someone(&[], of(Kind::Claims), true), &claims));
        assert!(!wants(&someone(&[], of(Kind::Eligibility), true), &claims));
    }
}
