//! What the templates show: plain structs, filled by the pages.

pub mod assets;
pub mod form;
pub mod frame;
pub mod parts;
