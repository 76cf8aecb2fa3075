//! Which addresses webhooks may call.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use services::Reach;

use super::check::check_file;

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
        if let Some(path) = &self.ca {
            check_file(path, "webhooks.ca", faults);
        }
    }

    /// The same for services; in the demo this machine may be called, too.
    pub(crate) fn reach(&self, demo: bool) -> Reach {
        let reach = Reach::of(&self.private_networks).unwrap_or_default();
        let roots = self.ca.as_ref().and_then(|path| std::fs::read(path).ok());
        Reach { loopback: demo, roots, ..reach }
    }
}
