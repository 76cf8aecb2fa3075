//! A million audit rows of three years, chained as the portal does, with a signed head every few hundred rows.

use services::audit::{HeadKey, sign_head};
use storage::audit::Entry;
use time::Duration;

use super::{fill::World, sheet::below};

/// Rows.
pub(super) const ROWS: usize = 1_000_000;
/// Rows of one transaction.
const STEP: usize = 1_000;
/// Days over which they lie.
const DAYS: i64 = 1_095;

const ACTS: [&str; 10] = [
    "login.password",
    "application.view",
    "application.submit",
    "application.take",
    "application.accept",
    "application.return",
    "letter.post",
    "certificate.issue",
    "ledger.charge",
    "logout",
];

/// Writes them.
pub(super) async fn write(world: &World, vault_key: &[u8; 32]) -> anyhow::Result<()> {
    let key = HeadKey::of_vault(vault_key)?;
    let length = Duration::days(DAYS);
    let first = world.now - length;
    let gap = length / i32::try_from(ROWS)?;
    for step in 0..ROWS / STEP {
        let mut tx = world.db.write().await?;
        let mut last = first;
        for number in step * STEP..(step + 1) * STEP {
            last = first + gap * i32::try_from(number)?;
            tx.audit(entry(world, number, last.as_millis()));
        }
        tx.commit().await?;
        let mut tx = world.db.write().await?;
        sign_head(&mut tx, &key, last).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn entry(world: &World, number: usize, at: i64) -> Entry {
    let action = ACTS.get(number % ACTS.len()).copied().unwrap_or_default();
    let by_staff = action != "application.submit" && action != "login.password";
    let staff = world.staff.get(number / 7 % world.staff.len()).map(|(_, id)| *id);
    let owner = world.owners.get(below(&world.numbers, world.owners.len())).copied();
    let actor = if by_staff { staff } else { owner };
    let institution = world.institutions.get(number % world.owners.len().max(1)).filter(|_| !by_staff);
    Entry {
        at,
        actor: actor.map(|id| format!("account:{id}")).unwrap_or_default(),
        on_behalf_of: institution.map(ToString::to_string).unwrap_or_default(),
        action: action.to_owned(),
        subject: format!("application:{:032x}", number / 4),
        source: format!("192.0.2.{}", number % 250),
        before_hash: storage::audit::fingerprint(&format!("before {number}")),
        after_hash: storage::audit::fingerprint(&format!("after {number}")),
    }
}
