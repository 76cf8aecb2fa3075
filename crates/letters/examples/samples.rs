//! Writes one file of each kind into a directory, to look at the layout while changing it.
//!
//! `cargo run -p madoguchi-letters --example samples -- OUTPUT`

#[path = "../tests/support/samples.rs"]
mod samples;

use letters::Press;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let output = arguments.next().ok_or("samples OUTPUT")?;
    let press = Press::new()?;
    std::fs::create_dir_all(&output)?;
    let files = [
        (
            "issuance-notice.pdf",
            press.issuance_notices(&[samples::issuance_notice(), samples::long_issuance_notice()])?,
        ),
        ("membership-letter.pdf", press.membership_letters(&[samples::membership_letter()])?),
        ("user-id-notice.pdf", press.user_id_notice(&samples::user_id_notice())?),
        ("master-account.pdf", press.master_account_notice(&samples::master_account_notice())?),
        ("terminal-labels.pdf", press.terminal_labels(&samples::terminal_labels(14))?),
        ("payment-slips.pdf", press.payment_slips(&[samples::payment_slip(3), samples::payment_slip(50)])?),
        ("grant-notice.pdf", press.grant_notice(&samples::grant_notice())?),
        ("application-copy.pdf", press.application_copy(&samples::application_copy())?),
        ("document.pdf", press.document(&samples::document())?),
        ("document.docx", press.document_docx(&samples::document())?),
    ];
    for (name, bytes) in files {
        std::fs::write(output.join(name), bytes)?;
    }
    Ok(())
}
