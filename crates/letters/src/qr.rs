//! QR codes as squares to be painted.

use qrcode::{Color, EcLevel, QrCode};
use std::rc::Rc;

use crate::Fault;

/// Width of the white border that cameras need around a code, in squares.
pub(crate) const QUIET_ZONE: f32 = 4.0;

/// The squares of a code, row by row; `true` is dark.
#[derive(Debug)]
pub(crate) struct Code {
    /// The rows, without the white border.
    pub(crate) squares: Rc<Vec<Vec<bool>>>,
}

impl Code {
    /// Squares along one side, with the white border.
    pub(crate) fn side(&self) -> f32 {
        self.squares.len() as f32 + 2.0 * QUIET_ZONE
    }
}

/// The QR code of a page address; `None` for an empty address.
///
/// # Errors
/// [`Fault::PageAddress`] when the address is too long for a code, or holds `secret`: a code is
/// read by any camera and ends in histories and logs.
pub(crate) fn page(url: &str, secret: &str) -> Result<Option<Code>, Fault> {
    if url.is_empty() {
        return Ok(None);
    }
    let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    if !secret.is_empty() && bare(url).contains(&bare(secret)) {
        return Err(Fault::PageAddress("it holds the secret".to_owned()));
    }
    let code = QrCode::with_error_correction_level(url, EcLevel::M).map_err(|e| Fault::PageAddress(e.to_string()))?;
    let colors = code.to_colors();
    let rows = colors.chunks(code.width()).map(|row| row.iter().map(|color| *color == Color::Dark).collect());
    Ok(Some(Code { squares: Rc::new(rows.collect()) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_address_that_would_give_the_secret_away_is_refused() {
        assert!(matches!(page("https://pickup.example.jp/?s=k7mp-xr4t", "K7MPXR4T"), Err(Fault::PageAddress(_))));
        assert!(page("https://pickup.example.jp/", "K7MPXR4T").is_ok_and(|code| code.is_some()));
    }

    #[test]
    fn no_address_gives_no_code() {
        assert!(page("", "K7MPXR4T").is_ok_and(|code| code.is_none()));
    }
}
