//! Finding a certificate by the serial number that somebody reads out.

use domain::{permissions::Permission, typed::compact};
use pki::Serial;
use storage::{
    authority::{Found, look_up},
    boxed,
};

use crate::{Ctx, Result};

/// What was typed is no serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "シリアル番号は、16進数（0から9までの数字とAからFまでの文字）で入力してください。区切りの空白やコロンは、あってもなくてもかまいません。"
)]
pub struct NoSerial;

/// Finds a certificate by its serial number, as programs print it: in hexadecimal of either case, with or without blanks, colons
/// and leading zeros. Seeing it is recorded (spec 6.5).
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission. What is no serial number is the inner error.
#[boxed]
pub async fn find_certificate(ctx: &Ctx<'_>, typed: &str) -> Result<Result<Option<Found>, NoSerial>> {
    ctx.permit(Permission::ReadCertificates)?;
    let Some(serial) = read(typed) else { return Ok(Err(NoSerial)) };
    let found = look_up(&mut ctx.app.db.read().await?, &serial.to_hex()).await?;
    if let Some(found) = &found {
        let mut tx = ctx.app.db.write().await?;
        ctx.audit(&mut tx, "certificate.view", format!("certificate:{}", found.id), "", "");
        tx.commit().await?;
    }
    Ok(Ok(found))
}

fn read(typed: &str) -> Option<Serial> {
    let typed: String = compact(typed).chars().filter(|letter| *letter != ':').collect();
    let digits = typed.strip_prefix("0x").unwrap_or(&typed);
    let even = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
    Serial::from_hex(&even).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_read_as_programs_and_people_write_it() {
        for typed in ["4f0c00", "4F:0C:00", "００４ｆ ０ｃ００", "0x4f0c00", " 4F-0C-00 ", "04f0c00"] {
            assert_eq!(read(typed).map(|serial| serial.to_hex()).as_deref(), Some("4f0c00"), "{typed}");
        }
        for typed in ["", "0", "4g", "端末", &"f".repeat(42)] {
            assert!(read(typed).is_none(), "{typed}");
        }
    }
}
