//! How a text will look before it is set.

use std::collections::BTreeMap;

use domain::office::settings::MailText;

use super::permit_reading;
use crate::{Ctx, Error, Result, mail};

/// A mail with every placeholder shown by its explanation in 「」; what cannot be filled stays as it was typed.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when there is no such mail.
pub fn preview_mail(ctx: &Ctx<'_>, key: &str, text: &MailText) -> Result<MailText> {
    permit_reading(ctx)?;
    let (_, _, placeholders) = ctx.app.texts.built_in_text(key).ok_or(Error::NotFound)?;
    let settings = &ctx.app.settings;
    let mut values: BTreeMap<&str, String> =
        placeholders.iter().map(|(name, words)| (name.as_str(), format!("［{words}］"))).collect();
    values.insert("operator", settings.operator.name.clone());
    values.insert("contact", settings.operator.contact());
    values.insert("portal_url", settings.portal_url.clone());
    let shown = |text: &str| mail::fill(text, &values).unwrap_or_else(|_| text.to_owned());
    Ok(MailText { subject: shown(&text.subject), body: shown(&text.body) })
}

/// A document's Markdown with the placeholders that pages fill.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
pub fn preview_document(ctx: &Ctx<'_>, body: &str) -> Result<String> {
    permit_reading(ctx)?;
    let values = crate::content::document_placeholders(ctx.app);
    Ok(mail::fill(body, &values).unwrap_or_else(|_| body.to_owned()))
}
