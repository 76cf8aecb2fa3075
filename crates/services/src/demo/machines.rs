//! A downstream system of the demo: a receiver of webhooks that waits until somebody starts the example program.

use domain::{feed::Wishes, ids::ReceiverId};
use storage::feed::receivers::{self, Described};

use crate::{App, Ctx, Error, Result, feed::receivers::sealed};

/// Address at which the example program listens.
const ADDRESS: &str = "http://127.0.0.1:9099/";
/// Key of its signatures, which everybody may know: it is the example program's own.
const SECRET: &str = "whsec_bWFkb2d1Y2hpLWRlbW8tcmVjZWl2ZXItc2VjcmV0LTA=";

/// Adds the receiver; it is to be told everything that happened in the demo.
pub(super) async fn add(app: &App) -> Result<()> {
    let ctx = Ctx::system(app, "demo");
    let email = "administrator@madoguchi.example";
    let by = storage::accounts::by_email(&mut app.db.read().await?, email).await?.ok_or(Error::NotFound)?.id;
    let id = ReceiverId::new(ctx.now, &*app.randomness);
    let all = Wishes { kinds: vec![], credentials: true };
    let described =
        Described {
            name: "資格確認システム（見本）".to_owned(), url: ADDRESS.to_owned(), kinds: all.joined()
        };
    let mut tx = app.db.write().await?;
    receivers::insert(&mut tx, id, &described, &sealed(&ctx, id, SECRET)?, 0, by, ctx.now).await?;
    receivers::pause(&mut tx, id).await?;
    Ok(tx.commit().await?)
}
