//! Small parts of pages.
