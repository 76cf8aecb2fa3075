//! Terminals of institutions: their places, their certificates at a glance, the warnings before those end, and keys
//! that were reported lost.

mod feeds;
mod glance;
mod ladder;
mod losses;
mod register;

pub use feeds::{feed_by_hash, sealed_feed, set_feed};
pub use glance::{Glance, ending_of};
pub use ladder::{Ending, ending, noted};
pub use losses::{
    LossReport, NewLoss, is_reported_lost, loss_done, loss_of, losses_of, open_losses, report_loss, withdraw_loss,
};
pub use register::{Noted, Range, any_certificate, certificates, names, notes, retire, set_place};
