//! Which addresses webhooks may call.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use services::Reach;

use super::check;

/// Webhooks.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Webhooks {
    /// Networks of the operator's own in which receivers may be called, such as `10.20.0.0/16`.
    pub(crate) private_networks: Vec<String>,
    /// File with the certificates by which receivers are believed instead of the system's, in PEM.
    pub(crate) ca: Option<PathBuf>,
}

impl Webhooks {
    /// Adds a sentence for every fault.
    pub(super) fn validate(&self, faults: &mut Vec<String>) {
        if let Err(odd) = Reach::of(&self.private_networks) {
            faults.extend(odd.into_iter().map(|odd| format!("webhooks.private_networks: {odd} is no network")));
        }
        if let Err(fault) = self.roots() {
            faults.push(fault);
        }
    }

    fn roots(&self) -> Result<Option<Vec<u8>>, String> {
        let read = self.ca.as_deref().map(check::roots).transpose();
        read.map_err(|fault| format!("webhooks.ca: {fault}"))
    }

    /// The same for services; in the demo this machine may be called, too.
    ///
    /// # Errors
    /// When a network is none, or the certificates cannot be read: nobody else is believed instead.
    pub(crate) fn reach(&self, loopback: bool) -> anyhow::Result<Reach> {
        let reach = Reach::of(&self.private_networks)
            .map_err(|odd| anyhow::anyhow!("webhooks.private_networks: {} is no network", odd.join(", ")))?;
        Ok(Reach { loopback, roots: self.roots().map_err(anyhow::Error::msg)?, ..reach })
    }
}
