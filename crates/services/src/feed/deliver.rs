//! Delivery: the next event of a receiver, signed, until it is taken; then the next one. The events lie in their table, so a
//! receiver that was down misses nothing.

use domain::{
    clock::Timestamp,
    feed::{PATIENCE, back_off},
    ids::{JobId, ReceiverId},
};
use serde_json::{Value, json};
use storage::{
    Conn, Tx, boxed,
    feed::{
        Event,
        receivers::{self, Receiver, Said},
    },
};
use time::Duration;

use super::{call::Message, read::leave_out_credentials, receivers::SEAL, sign, told};
use crate::{App, Ctx, Error, Result};

/// Kind of the job that tells a receiver what it has not been told.
pub const DELIVER: &str = "webhook.deliver";
/// Events of one job: five slow answers fit into its lease.
const AT_ONCE: usize = 5;
/// Events that are looked through at a time for the next one that a receiver wants.
const LOOK: i64 = 200;
/// How long a receiver is nobody else's.
const TURN: Duration = Duration::seconds(60);

/// Lets every receiver that is behind be told what happened; the work of a [`storage::feed::TELL`] job, which comes with the
/// events themselves.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn tell(app: &App) -> Result<()> {
    let ctx = Ctx::system(app, "webhook");
    let behind = receivers::behind(&mut app.db.read().await?, ctx.now).await?;
    let mut tx = app.db.write().await?;
    for id in behind {
        enqueue(&ctx, &mut tx, id, None, ctx.now).await?;
    }
    Ok(tx.commit().await?)
}

pub(super) async fn enqueue(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    id: ReceiverId,
    key: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    storage::jobs::enqueue(tx, job, DELIVER, key, json!({ "receiver": id }), at).await?;
    Ok(())
}

/// Looks after receivers that are behind although nobody is at it, as after a start; the work of each round.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn deliver_when_due(app: &App) -> Result<()> {
    let ctx = Ctx::system(app, "webhook");
    let behind = receivers::behind(&mut app.db.read().await?, ctx.now).await?;
    if behind.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    for id in behind {
        let key = format!("webhook:{id}:{}", ctx.now.as_seconds() / 60);
        enqueue(&ctx, &mut tx, id, Some(&key), ctx.now).await?;
    }
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

/// Tells a receiver its next events; the work of a [`DELIVER`] job. Only one process at a time does so.
///
/// # Errors
/// When the database refuses. What the receiver does wrong is noted, and tried again by another job.
#[boxed]
pub async fn deliver(app: &App, payload: &Value) -> Result<()> {
    let id: ReceiverId =
        payload["receiver"].as_str().and_then(|id| id.parse().ok()).ok_or_else(|| Error::internal("no receiver"))?;
    let ctx = Ctx::system(app, "webhook");
    let Ok(_place) = app.outbound.places.try_acquire() else {
        let mut tx = app.db.write().await?;
        enqueue(&ctx, &mut tx, id, None, ctx.now + Duration::SECOND).await?;
        return Ok(tx.commit().await?);
    };
    let turn = Turn { name: format!("webhook:{id}"), holder: hex::encode(app.randomness.bytes::<8>()), id };
    if !turn.take(&ctx).await? {
        // Whoever has it looks for more after giving it back.
        return Ok(());
    }
    let told = turn.tell_some(app).await;
    turn.give_back(&ctx).await?;
    if told? { turn.go_on(&ctx).await } else { Ok(()) }
}

/// A process's turn at a receiver.
struct Turn {
    name: String,
    holder: String,
    id: ReceiverId,
}

impl Turn {
    async fn take(&self, ctx: &Ctx<'_>) -> Result<bool> {
        let mut tx = ctx.app.db.write().await?;
        let taken = storage::leases::take(&mut tx, &self.name, &self.holder, ctx.now, ctx.now + TURN).await?;
        tx.commit().await?;
        Ok(taken)
    }

    async fn hold(&self, tx: &mut Tx, now: Timestamp) -> Result<()> {
        match storage::leases::hold(tx, &self.name, &self.holder, now, now + TURN).await? {
            true => Ok(()),
            false => Err(Error::Busy("webhook")),
        }
    }

    async fn give_back(&self, ctx: &Ctx<'_>) -> Result<()> {
        let mut tx = ctx.app.db.write().await?;
        storage::leases::give_back(&mut tx, &self.name, &self.holder).await?;
        Ok(tx.commit().await?)
    }

    /// Tells some events; false when the receiver must wait now.
    async fn tell_some(&self, app: &App) -> Result<bool> {
        for _ in 0..AT_ONCE {
            let ctx = Ctx::system(app, "webhook");
            let found = receivers::find(&mut app.db.read().await?, self.id).await?;
            let Some(receiver) = found.filter(|one| is_due(one, ctx.now)) else { return Ok(false) };
            match next(&mut app.db.read().await?, &receiver).await? {
                Next::Nothing(place) => {
                    self.pass(&ctx, &receiver, place).await?;
                    return Ok(true);
                }
                Next::Passed(place) => self.pass(&ctx, &receiver, place).await?,
                Next::Event(mut event) => {
                    if !receiver.wishes().credentials {
                        leave_out_credentials(&mut event);
                    }
                    let said = said(app, &receiver, &event, ctx.now).await?;
                    if !self.settle(app, &receiver, &event, &said).await? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Moves a receiver past events that do not concern it.
    async fn pass(&self, ctx: &Ctx<'_>, receiver: &Receiver, place: i64) -> Result<()> {
        if place == receiver.place {
            return Ok(());
        }
        let mut tx = ctx.app.db.write().await?;
        self.hold(&mut tx, ctx.now).await?;
        receivers::move_on(&mut tx, receiver, place).await?;
        Ok(tx.commit().await?)
    }

    /// Notes what a receiver said; false when it did not take the event.
    async fn settle(&self, app: &App, receiver: &Receiver, event: &Event, said: &Said) -> Result<bool> {
        let ctx = Ctx::system(app, "webhook");
        let mut tx = app.db.write().await?;
        self.hold(&mut tx, ctx.now).await?;
        receivers::note(&mut tx, receiver, event.seq, said, ctx.now).await?;
        if said.taken {
            receivers::move_on(&mut tx, receiver, event.seq).await?;
        } else {
            let given_up = receiver.since().is_some_and(|since| ctx.now - since >= PATIENCE);
            let next = ctx.now + back_off(receiver.failures);
            receivers::failed(&mut tx, receiver, ctx.now, next, given_up).await?;
            if given_up {
                tracing::error!(receiver = %self.id, name = receiver.name, "a receiver of webhooks is given up");
                ctx.audit(&mut tx, "webhook.give_up", format!("receiver:{}", self.id), "active", "gave_up");
            } else {
                enqueue(&ctx, &mut tx, self.id, None, next).await?;
            }
        }
        tx.commit().await?;
        Ok(said.taken)
    }

    /// Leaves what is still to be told to another job. Looked for after the turn was given back: an event that came before is
    /// found here, and one that comes later finds the turn free.
    async fn go_on(&self, ctx: &Ctx<'_>) -> Result<()> {
        let mut conn = ctx.app.db.read().await?;
        let Some(receiver) = receivers::find(&mut conn, self.id).await? else { return Ok(()) };
        let more = storage::feed::ends(&mut conn).await?.seq > receiver.place;
        drop(conn);
        if more && is_due(&receiver, ctx.now) {
            let mut tx = ctx.app.db.write().await?;
            enqueue(ctx, &mut tx, self.id, None, ctx.now).await?;
            tx.commit().await?;
            ctx.app.wake.notify_one();
        }
        Ok(())
    }
}

fn is_due(receiver: &Receiver, now: Timestamp) -> bool {
    receiver.state == "active" && receiver.next_try_at <= now.as_millis()
}

/// What comes next for a receiver.
enum Next {
    /// An event that it wants.
    Event(Box<Event>),
    /// Nothing up to this place concerned it; there may be more behind.
    Passed(i64),
    /// Nothing up to this place, the last one, concerned it.
    Nothing(i64),
}

async fn next(conn: &mut Conn, receiver: &Receiver) -> Result<Next> {
    let found = storage::feed::after(conn, receiver.place, LOOK).await?;
    let (count, last) = (found.len(), found.last().map_or(receiver.place, |event| event.seq));
    let wishes = receiver.wishes();
    Ok(match found.into_iter().find(|event| wishes.want(&event.kind)) {
        Some(event) => Next::Event(Box::new(event)),
        None if count == LOOK as usize => Next::Passed(last),
        None => Next::Nothing(last),
    })
}

async fn said(app: &App, receiver: &Receiver, event: &Event, now: Timestamp) -> Result<Said> {
    let id = event.id.to_string();
    let secret = app.vault.open(&format!("{SEAL}:{}", receiver.id), &receiver.secret_sealed)?;
    let secret = String::from_utf8(secret).map_err(Error::internal)?;
    let body = told(event).to_string();
    let headers = [
        ("webhook-id", id.clone()),
        ("webhook-timestamp", now.as_seconds().to_string()),
        ("webhook-signature", sign::signature(&secret, &id, now, &body)?),
    ];
    Ok(app.outbound.call(&app.settings.webhooks, Message { url: &receiver.url, headers, body }).await)
}
