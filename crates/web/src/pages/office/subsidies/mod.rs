//! Subsidies in the back office: what waits, batches and their decision, payment, the ledger, schemes (spec 6.1).

mod batch;
mod case;
mod grant;
mod overview;
mod schemes;

use domain::permissions::Permission as P;

use crate::site::{Access, Routes};

/// Address of the room.
pub(super) const ROOM: &str = "/office/subsidies";

pub(super) fn routes() -> Routes {
    let (read, decide, pay) =
        (Access::Office(P::ReadGrants), Access::Office(P::DecideGrants), Access::Office(P::PayGrants));
    Routes::default()
        .get("/office/subsidies", read, overview::show)
        .post("/office/subsidies/batches", decide, overview::make)
        .get("/office/subsidies/batches/{id}", read, batch::show)
        .post("/office/subsidies/batches/{id}/decide", decide, batch::decide)
        .post("/office/subsidies/batches/{id}/dissolve", decide, batch::dissolve)
        .post("/office/subsidies/batches/{id}/payments", pay, batch::make_payments)
        .get("/office/subsidies/batches/{id}/payments.csv", pay, batch::payments)
        .post("/office/subsidies/batches/{id}/paid", pay, batch::confirm)
        .get("/office/subsidies/grants/{id}", read, grant::show)
        .get("/office/subsidies/grants/{id}/notice.pdf", read, grant::notice)
        .post("/office/subsidies/grants/{id}/reverse", pay, grant::reverse)
        .get("/office/subsidies/cases/{id}", read, case::show)
        .post("/office/subsidies/cases/{id}/adjust", Access::Office(P::ReviewApplications), case::adjust)
        .get("/office/subsidies/schemes", Access::Office(P::ReadSettings), schemes::list)
        .post("/office/subsidies/schemes", Access::Office(P::ChangeSettings), schemes::begin)
}
