//! HTTP only: pages call one service each and choose the next page.

pub mod view;

#[cfg(test)]
mod gallery;
