//! What can go wrong at the press.

/// Why a letter or document could not be made.
///
/// None of these is caused by what an applicant typed: texts of any kind can be printed. They name
/// a caller's mistake or a defect.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The batch was empty.
    #[error("there is nothing to print")]
    Empty,
    /// An embedded font cannot be read.
    #[error("an embedded font cannot be read")]
    Fonts,
    /// The address for the QR code holds the secret that must only be printed, or is too long.
    #[error("the page address cannot be a QR code: {0}")]
    PageAddress(String),
    /// The laid-out pages could not be written as a PDF.
    #[error("the PDF cannot be written: {0}")]
    Export(String),
    /// The Word file could not be written.
    #[error("the Word file cannot be written: {0}")]
    Word(String),
    /// The layout stopped in the middle.
    #[error("the layout stopped")]
    Engine,
}
