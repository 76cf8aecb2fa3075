//! Letters and printable copies as PDF.
