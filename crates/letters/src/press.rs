//! The press: data in, PDF out.

use rayon::ThreadPoolBuilder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use typst::comemo;
use typst::diag::{SourceDiagnostic, Warned};
use typst::foundations::{Dict, Smart};
use typst::{World, WorldExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::codes::groups;
use crate::model::{ApplicationCopy, Document, IssuanceNotice, MembershipLetter, UserIdNotice};
use crate::world::Closed;
use crate::{Fault, clean, docx, markdown, qr};

/// Threads of one run: a batch is set page by page on them.
const THREADS: usize = 2;
/// Stack of such a thread in bytes: layout recurses deeply, more so without optimisation.
const STACK: usize = 16 << 20;

/// Makes letters and documents. Cheap to clone and to share between threads.
///
/// Holds nothing but the place of the operator's templates; fonts are read at the first letter.
/// Every function blocks for some milliseconds per page: call it where blocking is allowed.
#[derive(Clone, Debug, Default)]
pub struct Press {
    overrides: Option<Arc<Path>>,
}

impl Press {
    /// A press that takes templates from `overrides` first, file by file, and else the built-in ones.
    ///
    /// Templates are read anew for every letter, so a change shows without a restart.
    ///
    /// # Errors
    /// [`Fault::Directory`] when `overrides` is not a directory.
    pub fn new(overrides: Option<&Path>) -> Result<Self, Fault> {
        match overrides {
            Some(path) if !path.is_dir() => Err(Fault::Directory(path.display().to_string())),
            path => Ok(Self { overrides: path.map(|path| PathBuf::from(path).into()) }),
        }
    }

    /// 電子証明書発行通知書, one letter per notice, all in one PDF (spec 04.2).
    ///
    /// # Errors
    /// [`Fault::Empty`] without a notice, [`Fault::PageAddress`] when a page address holds the secret.
    pub fn issuance_notices(&self, notices: &[IssuanceNotice]) -> Result<Vec<u8>, Fault> {
        let letters = notices.iter().map(|notice| {
            with_extras(
                notice,
                json!({
                    "id_groups": groups(&clean::line(&notice.pickup_id)),
                    "secret_groups": groups(&clean::line(&notice.pickup_secret)),
                    "qr": qr::page(&notice.pickup_url, &notice.pickup_secret)?,
                }),
            )
        });
        self.batch("issuance-notice.typ", letters)
    }

    /// Letters whose code proves membership, all in one PDF (spec 2.3 (a)).
    ///
    /// # Errors
    /// As [`Press::issuance_notices`].
    pub fn membership_letters(&self, letters: &[MembershipLetter]) -> Result<Vec<u8>, Fault> {
        let letters = letters.iter().map(|letter| {
            with_extras(
                letter,
                json!({
                    "code_groups": groups(&clean::line(&letter.code)),
                    "qr": qr::page(&letter.page_url, &letter.code)?,
                }),
            )
        });
        self.batch("membership-letter.typ", letters)
    }

    /// オンライン請求ユーザーID通知書, given out after a claims filing was accepted (spec 05).
    ///
    /// # Errors
    /// [`Fault::PageAddress`] when the login address holds the first password.
    pub fn user_id_notice(&self, notice: &UserIdNotice) -> Result<Vec<u8>, Fault> {
        let password = notice.first_password.as_deref().unwrap_or_default();
        let letter = with_extras(
            notice,
            json!({
                "id_groups": groups(&clean::line(&notice.user_id)),
                "password_groups": groups(&clean::line(password)),
                "qr": qr::page(&notice.login_url, password)?,
            }),
        );
        self.batch("user-id-notice.typ", std::iter::once(letter))
    }

    /// A printable copy of what was sent (spec 8.2).
    ///
    /// # Errors
    /// Only for a broken template.
    pub fn application_copy(&self, copy: &ApplicationCopy) -> Result<Vec<u8>, Fault> {
        self.set("application-copy.typ", serde_json::to_value(copy)?)
    }

    /// A readable document as PDF, with headings, lists, tables and a table of contents.
    ///
    /// # Errors
    /// Only for a broken template.
    pub fn document(&self, document: &Document) -> Result<Vec<u8>, Fault> {
        let blocks = markdown::blocks(&document.title, &document.body);
        let mut data = with_extras(document, json!({ "blocks": blocks }))?;
        if let Some(fields) = data.as_object_mut() {
            fields.remove("body");
        }
        self.set("document.typ", data)
    }

    /// The same document as a Word file (Office Open XML).
    ///
    /// # Errors
    /// [`Fault::Word`] when the file cannot be packed.
    pub fn document_docx(&self, document: &Document) -> Result<Vec<u8>, Fault> {
        docx::write(document, &markdown::blocks(&document.title, &document.body))
    }

    fn batch(&self, template: &str, letters: impl Iterator<Item = Result<Value, Fault>>) -> Result<Vec<u8>, Fault> {
        let letters = letters.collect::<Result<Vec<_>, _>>()?;
        if letters.is_empty() {
            return Err(Fault::Empty);
        }
        self.set(template, json!({ "letters": letters }))
    }

    /// Sets a template with its data, on threads of its own: a defect of the engine stops this run only.
    fn set(&self, template: &str, mut data: Value) -> Result<Vec<u8>, Fault> {
        clean::tidy(&mut data);
        let inputs = Dict::deserialize(json!({ "data": data }))?;
        let pool = ThreadPoolBuilder::new()
            .num_threads(THREADS)
            .stack_size(STACK)
            .build()
            .map_err(|e| Fault::Engine(e.to_string()))?;
        let run = || pool.install(|| print(template, inputs, self.overrides.as_deref()));
        let pdf = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Fault::Engine("panic".to_owned())));
        // What the engine remembers of a letter is a copy of its secrets, and memory that nobody needs again.
        comemo::evict(0);
        pdf
    }
}

fn with_extras(letter: &impl Serialize, extras: Value) -> Result<Value, Fault> {
    let mut value = serde_json::to_value(letter)?;
    if let (Value::Object(fields), Value::Object(extras)) = (&mut value, extras) {
        fields.extend(extras);
    }
    Ok(value)
}

fn print(template: &str, inputs: Dict, overrides: Option<&Path>) -> Result<Vec<u8>, Fault> {
    let broken = |place: &str, reason: String| Fault::Template { place: place.to_owned(), reason };
    let world = Closed::new(template, inputs, overrides).map_err(|e| broken(template, e.to_string()))?;
    let Warned { output, warnings: _ } = typst::compile::<PagedDocument>(&world);
    let pages = output.map_err(|errors| match errors.first() {
        Some(error) => broken(&place(&world, error).unwrap_or_else(|| template.to_owned()), error.message.to_string()),
        None => broken(template, "unknown".to_owned()),
    })?;
    export(&pages)
}

/// `file:line` of a diagnostic.
fn place(world: &Closed<'_>, error: &SourceDiagnostic) -> Option<String> {
    let id = error.span.id()?;
    let source = world.source(id).ok()?;
    let line = world.range(error.span).and_then(|range| source.lines().byte_to_line(range.start));
    Some(match line {
        Some(line) => format!("{}:{}", id.vpath().get_without_slash(), line + 1),
        None => id.vpath().get_without_slash().to_owned(),
    })
}

/// Writes the pages as PDF/UA-1, or as a plain tagged PDF where a text forbids that standard.
///
/// PDF/UA does not allow characters that no font has; such a letter must be printed all the same.
fn export(pages: &PagedDocument) -> Result<Vec<u8>, Fault> {
    let accessible = PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|e| Fault::Export(e.message().to_string()))?;
    let write = |standards| {
        let creator = Smart::Custom(Some("Madoguchi".to_owned()));
        typst_pdf::pdf(pages, &PdfOptions { standards, creator, ..PdfOptions::default() })
    };
    write(accessible)
        .or_else(|_| write(PdfStandards::default()))
        .map_err(|errors| Fault::Export(errors.first().map(|error| error.message.to_string()).unwrap_or_default()))
}
