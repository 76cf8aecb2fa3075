//! Whole-app stories.
