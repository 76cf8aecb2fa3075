//! What a procedure says of itself beyond its form: what its acceptance means, and what its form must know.

use crate::feed::EventKind;

/// What the acceptance of a case means beyond its own move. A procedure names it; the services do it in the transaction
/// that accepts the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing more.
    Nothing,
    /// Downstream systems are told the day on which it takes effect, by an event of this kind.
    Announce(EventKind),
    /// A terminal gets a certificate; none where an institution is over.
    Certificate,
    /// What the case is to get is computed and kept for the next batch of grants.
    Award,
    /// Another institution takes the place of this one.
    Succession,
    /// The institution closes, rests or goes on: steps are planned for the day.
    Closing,
}

/// What a form must know of the institution beyond what every form knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Whether a terminal passed the connection test, and whether a subsidy refers to the day that was registered.
    Connection,
    /// Terminals with an application under way or a certificate.
    Terminals,
    /// Who holds a mandate of the institution.
    MandateHolders,
    /// The operation start date, the schemes that were filed, and the scheme that a sent case keeps.
    Schemes,
    /// Whether the institution was succeeded, and what the typed code leads to.
    Successor,
    /// What would end with the institution, and whether its end is planned.
    Ending,
}
