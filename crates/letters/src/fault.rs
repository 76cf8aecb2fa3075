//! What can go wrong at the press.

/// Why a letter or document could not be made.
///
/// None of these is caused by what an applicant typed: texts of any kind can be printed. They name
/// a wrong configuration (templates), a caller's mistake or a defect.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The batch was empty.
    #[error("there is nothing to print")]
    Empty,
    /// The directory with the operator's templates is not there.
    #[error("the template directory {0} cannot be read")]
    Directory(String),
    /// A template does not compile; names the file, the line where known, and the reason.
    #[error("template {place}: {reason}")]
    Template {
        /// File name, with `:line` where it is known.
        place: String,
        /// What the compiler says.
        reason: String,
    },
    /// The address for the QR code holds the secret that must only be printed, or is too long.
    #[error("the page address cannot be a QR code: {0}")]
    PageAddress(String),
    /// The data could not be handed to the template.
    #[error("the data cannot be handed to the template: {0}")]
    Data(#[from] serde_json::Error),
    /// The laid-out pages could not be written as a PDF.
    #[error("the PDF cannot be written: {0}")]
    Export(String),
    /// The Word file could not be written.
    #[error("the Word file cannot be written: {0}")]
    Word(String),
    /// The layout engine stopped in the middle, or had no thread to run on.
    #[error("the layout engine stopped: {0}")]
    Engine(String),
}
