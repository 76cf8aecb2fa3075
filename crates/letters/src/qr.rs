//! QR codes as vector drawings.

use qrcode::{EcLevel, QrCode, render::svg};

use crate::Fault;

/// An SVG of the QR code of a page address, with its quiet zone; `None` for an empty address.
///
/// # Errors
/// [`Fault::PageAddress`] when the address is too long for a code, or holds `secret`: a code is
/// read by any camera and ends in histories and logs.
pub(crate) fn page(url: &str, secret: &str) -> Result<Option<String>, Fault> {
    if url.is_empty() {
        return Ok(None);
    }
    let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    if !secret.is_empty() && bare(url).contains(&bare(secret)) {
        return Err(Fault::PageAddress("it holds the secret".to_owned()));
    }
    let code = QrCode::with_error_correction_level(url, EcLevel::M).map_err(|e| Fault::PageAddress(e.to_string()))?;
    Ok(Some(code.render::<svg::Color<'_>>().module_dimensions(1, 1).build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_address_that_would_give_the_secret_away_is_refused() {
        assert!(matches!(page("https://pickup.example.jp/?s=k7mp-xr4t", "K7MPXR4T"), Err(Fault::PageAddress(_))));
        assert!(page("https://pickup.example.jp/", "K7MPXR4T").is_ok_and(|svg| svg.is_some()));
    }

    #[test]
    fn no_address_gives_no_code() {
        assert!(page("", "K7MPXR4T").is_ok_and(|svg| svg.is_none()));
    }
}
