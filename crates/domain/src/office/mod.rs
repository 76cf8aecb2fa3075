//! The back office: what needs a second person, and the settings that staff change while the portal runs (spec 6.2, 6.6).

mod four_eyes;
pub mod settings;

pub use four_eyes::{FourEyes, Matter};
