//! Revoking many terminals' certificates at once, from a list of serials, such as all PCs that a vendor gave one key.

use domain::permissions::{Permission, granted};
use pki::{RevocationReason, Serial};
use storage::{accounts::Account, authority as rows, boxed};

use super::revocation::{REASONS, Revoked, Seen, revoke};
use crate::{App, Ctx, Error, Result};

/// Why nothing of a list was revoked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListRefused {
    /// Not a reason that people may give.
    #[error("--reason: keyCompromise, affiliationChanged, superseded or cessationOfOperation")]
    BadReason,
    /// Nobody of the staff who may revoke has this address.
    #[error("--officer: {0} is no officer of this installation who may revoke certificates")]
    NoOfficer(String),
    /// Two people are needed.
    #[error("--officer: two different people are needed")]
    OneOfficer,
    /// Lines of the list, from 1.
    #[error("not a serial number in line {}; nothing was revoked", lines(.0))]
    Unreadable(Vec<usize>),
}

fn lines(numbers: &[usize]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What became of the serials of a list, in the order of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevokedMany {
    /// Revoked now.
    pub revoked: Vec<String>,
    /// Not valid any more before.
    pub before: Vec<String>,
    /// No certificate of a terminal has it.
    pub unknown: Vec<String>,
}

/// Revokes certificates of terminals by a list, one serial in hexadecimal a line; empty lines and lines that begin with `#`
/// are left out. Each is revoked as if an officer did it on its page, in a transaction of its own: a run that was cut off is
/// completed by running it again, and running it twice changes nothing.
///
/// # Errors
/// When the database or the journal refuses; what was revoked before stays so. What cannot be done is the inner result.
#[boxed]
pub async fn revoke_many(
    app: &App,
    list: &str,
    reason: &str,
    officers: [&str; 2],
) -> Result<Result<RevokedMany, ListRefused>> {
    if !reason.parse::<RevocationReason>().is_ok_and(|reason| REASONS.contains(&reason)) {
        return Ok(Err(ListRefused::BadReason));
    }
    let serials = match read(list) {
        Ok(serials) => serials,
        Err(unreadable) => return Ok(Err(ListRefused::Unreadable(unreadable))),
    };
    let people = match answering(app, officers).await? {
        Ok(people) => people,
        Err(refused) => return Ok(Err(refused)),
    };
    let ctx = Ctx::system(app, "revoke_many");
    answer_for(&ctx, &people, list, reason).await?;
    let mut outcome = RevokedMany::default();
    for serial in serials {
        let found = rows::by_serial(&mut app.db.read().await?, &serial).await?;
        let Some(record) = found.filter(|record| record.institution_id.is_some()) else {
            outcome.unknown.push(serial);
            continue;
        };
        match revoke(&ctx, record, reason, Seen::NotValid).await? {
            Revoked::Done => outcome.revoked.push(serial),
            Revoked::Before => outcome.before.push(serial),
            Revoked::BadReason => return Err(Error::internal("a reason that was good is not")),
        }
    }
    Ok(Ok(outcome))
}

/// The serials of a list, in the form of the register; or the lines that hold none.
fn read(list: &str) -> Result<Vec<String>, Vec<usize>> {
    let (mut serials, mut unreadable) = (vec![], vec![]);
    for (line, number) in list.trim_start_matches('\u{feff}').lines().zip(1..) {
        let digits = line.trim().replace(':', "");
        if digits.is_empty() || digits.starts_with('#') {
            continue;
        }
        match Serial::from_hex(&digits) {
            Ok(serial) => serials.push(serial.to_hex()),
            Err(_) => unreadable.push(number),
        }
    }
    if unreadable.is_empty() { Ok(serials) } else { Err(unreadable) }
}

/// The two officers who answer for a list.
async fn answering(app: &App, officers: [&str; 2]) -> Result<Result<[Account; 2], ListRefused>> {
    let [first, second] = officers;
    let Some(one) = officer(app, first).await? else { return Ok(Err(ListRefused::NoOfficer(first.to_owned()))) };
    let Some(other) = officer(app, second).await? else { return Ok(Err(ListRefused::NoOfficer(second.to_owned()))) };
    Ok(if one.id == other.id { Err(ListRefused::OneOfficer) } else { Ok([one, other]) })
}

async fn officer(app: &App, address: &str) -> Result<Option<Account>> {
    let found = storage::accounts::by_email(&mut app.db.read().await?, address).await?;
    let may =
        |account: &Account| account.roles.iter().any(|role| granted(*role).contains(&Permission::RevokeCertificates));
    Ok(found.filter(|account| account.staff && !account.disabled && may(account)))
}

/// Writes down who answers for the list, before anything of it is done.
async fn answer_for(ctx: &Ctx<'_>, people: &[Account], list: &str, reason: &str) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    for one in people {
        let subject = format!("list:{}", pki::sha256_hex(list.as_bytes()));
        let mut entry = ctx.entry("certificate.revoke_list", subject, "", reason);
        entry.actor = format!("account:{}", one.id);
        tx.audit(entry);
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_read_as_programs_print_them() {
        let list = "\u{feff}# of the vendor\r\n4F:0C:00\r\n\n  004f0d \n";
        assert_eq!(read(list), Ok(vec!["4f0c00".to_owned(), "4f0d".to_owned()]));
        assert_eq!(read("4f0c\nserial\n123\n00\n4f0d"), Err(vec![2, 3, 4]));
    }
}
