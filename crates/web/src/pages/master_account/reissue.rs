//! Re-issue by an owner: a new first password, and the end of the one before.

use askama::Template;
use axum::response::{IntoResponse, Response};
use services::{
    Error,
    master_accounts::{self, Wanted},
};

use super::{
    PLACE, TITLE,
    words::{choice, nothing_chosen, wanted},
};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView},
        frame::{Frame, Link},
    },
};

#[derive(Template)]
#[template(path = "master_account/reissue.html")]
pub(super) struct ReissuePage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
    first: bool,
    sender_domain: String,
    back: &'static str,
}

async fn page(visit: &Visit, chosen: &[Wanted]) -> Result<ReissuePage, Failure> {
    visit.member()?;
    let ctx = visit.ctx();
    ctx.owner()?;
    let seen = master_accounts::overview(&ctx, None).await?;
    if !seen.accepted {
        return Err(Error::NotFound.into());
    }
    let first = seen.accounts.is_empty();
    let mut frame = visit.frame(if first {
        "マスターアカウントの発行"
    } else {
        "マスターアカウントの再発行"
    });
    frame.breadcrumb.push(Link::new(TITLE, PLACE));
    Ok(ReissuePage {
        frame,
        errors: ErrorSummary::default(),
        fields: vec![choice(&seen.accounts, chosen)],
        first,
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
        back: PLACE,
    })
}

/// Asks for which environment, and says what happens to the old password.
pub(super) async fn ask(visit: Visit) -> Result<Response, Failure> {
    Ok(Html(page(&visit, &[]).await?).into_response())
}

/// Issues the new passwords.
pub(super) async fn reissue(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let chosen = wanted(&posted);
    if chosen.is_empty() {
        let mut page = page(&visit, &chosen).await?;
        (page.fields, page.errors) = with_slips(std::mem::take(&mut page.fields), &[nothing_chosen()]);
        page.frame.has_errors = true;
        return Ok(Html(page).with_faults());
    }
    let done = if master_accounts::reissue(&visit.ctx(), &chosen).await? { "reissued" } else { "changed" };
    Ok(see_other(&format!("{PLACE}?done={done}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};

    #[test]
    fn a_reissue_asks_for_the_environment_and_says_so_when_none_was_chosen() {
        for (name, slips) in [("reissue", vec![]), ("reissue-nothing", vec![nothing_chosen()])] {
            let (fields, errors) = with_slips(vec![choice(&[], &[])], &slips);
            let frame = Frame { has_errors: !slips.is_empty(), ..member("マスターアカウントの再発行") };
            let sender_domain = "madoguchi.example".to_owned();
            let first = slips.is_empty();
            show(
                &format!("master-account-{name}"),
                &ReissuePage { frame, errors, fields, first, sender_domain, back: PLACE },
            );
        }
    }
}
