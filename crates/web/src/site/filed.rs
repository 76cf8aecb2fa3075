//! A posted form that may carry files: they are received piece by piece, and never whole in memory.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Multipart, Request, multipart::Field},
    http::{StatusCode, Version, header},
};
use domain::uploads::{LARGEST, LARGEST_IN_ALL};
use services::{
    Ctx,
    uploads::{Incoming, Spooled, Taken},
};

use super::{
    Failure, Posted, Site, Typed, Visit,
    gate::Gate,
    posted::{LARGEST_FORM, MOST_PARTS},
};

/// Longest request with files in octets; what is longer is cut off. As many files as one request may have are read to their
/// end, although a case holds fewer: behind them stands what was typed.
pub(crate) const LONGEST: u64 = MOST_FILES as u64 * LARGEST + 8 * 1024 * 1024;
/// Most files of one request.
const MOST_FILES: usize = 20;
/// Octets that are still read of a file that is not kept, so that the rest of the form is not lost.
const PATIENCE: u64 = 3 * LARGEST;
/// How long the next piece may take.
const PAUSE: Duration = Duration::from_secs(60);

/// A file as it was sent.
#[derive(Debug)]
pub struct SentFile {
    /// Key of its field.
    pub field: String,
    /// Name as the browser says.
    pub name: String,
    /// What was received of it.
    pub file: Spooled,
}

/// A posted form that only keeps what was typed, and the files in it. Its CSRF token was checked as that of [`Typed`] before
/// any file was received.
#[derive(Debug, Default)]
pub struct Filed {
    /// The fields.
    pub posted: Posted,
    /// The files, in their order.
    pub files: Vec<SentFile>,
    /// The field of the first file that was passed over, because more came than are taken at once or nobody is logged in.
    pub left_out: Option<String>,
    /// Whether the request was cut off: fields that stand behind its end are missing.
    pub cut: bool,
}

impl FromRequest<Site> for Filed {
    type Rejection = Failure;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Failure> {
        if !super::posted::is_multipart(request.headers()) {
            let posted = Typed::from_request(request, site).await?.into_posted();
            return Ok(Self { posted, ..Self::default() });
        }
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, site).await?;
        let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let from_here = super::posted::is_from_here(&parts.headers, &site.app.settings.portal_url);
        let one_at_a_time = parts.version < Version::HTTP_2;
        let (body, gate) = Gate::before(body);
        let request = Request::from_parts(parts, body);
        let multipart = Multipart::from_request(request, site).await.map_err(|_| Failure::Unreadable)?;
        let mut reader = Reader {
            filed: Self::default(),
            text: 0,
            kept: 0,
            hopeless: length.is_some_and(|length: u64| length > LONGEST),
            from_here,
            csrf: visit.csrf.clone(),
            gate,
        };
        let ctx = visit.session().map(|_| visit.ctx());
        let read = reader.read(multipart, ctx.as_ref()).await;
        // Later versions of HTTP end one request without its connection.
        if one_at_a_time && (reader.filed.cut || read.is_err()) {
            reader.gate.clone().let_run_out();
        }
        read?;
        if reader.is_ours() { Ok(reader.filed) } else { Err(Failure::StaleForm) }
    }
}

/// Reads one request.
struct Reader {
    filed: Filed,
    /// Octets of text so far.
    text: usize,
    /// Octets of files that were kept so far.
    kept: u64,
    /// Whether the request says of itself that it is too long.
    hopeless: bool,
    from_here: bool,
    csrf: String,
    gate: Gate,
}

impl Reader {
    fn is_ours(&self) -> bool {
        self.from_here || services::secrets::same(self.filed.posted.get("csrf"), &self.csrf)
    }

    /// Reads parts until the end or until enough is read. Without a context nobody is logged in: files are passed over.
    async fn read(&mut self, mut multipart: Multipart, ctx: Option<&Ctx<'_>>) -> Result<(), Failure> {
        for _ in 0..MOST_PARTS {
            let part = tokio::time::timeout(PAUSE, self.gate.feed(multipart.next_field())).await;
            let part = part.map_err(|_| Failure::Unreadable)?;
            let mut part = match part {
                Ok(Some(part)) => part,
                Ok(None) => return Ok(()),
                Err(fault) => return self.ended(fault.status()),
            };
            let key = part.name().unwrap_or_default().to_owned();
            let go_on = match part.file_name().map(str::to_owned) {
                None => self.take_text(&mut part, key).await?,
                Some(name) => self.take_file(&mut part, (key, name), ctx).await?,
            };
            if !go_on {
                self.filed.cut = true;
                return Ok(());
            }
        }
        Err(Failure::TooLarge)
    }

    /// A request that is longer than it may be is cut off; one that breaks off is none.
    fn ended(&mut self, status: StatusCode) -> Result<(), Failure> {
        if status != StatusCode::PAYLOAD_TOO_LARGE {
            return Err(Failure::Unreadable);
        }
        self.filed.cut = true;
        Ok(())
    }

    async fn take_text(&mut self, part: &mut Field<'_>, key: String) -> Result<bool, Failure> {
        let mut value = vec![];
        while let Some(piece) = self.next(part).await? {
            let Ok(piece) = piece else { return Ok(false) };
            self.text += piece.len();
            if self.text > LARGEST_FORM {
                return Err(Failure::TooLarge);
            }
            value.extend_from_slice(&piece);
        }
        self.filed.posted.push(key, &String::from_utf8_lossy(&value));
        Ok(true)
    }

    /// False when the request need not be read further.
    async fn take_file(
        &mut self,
        part: &mut Field<'_>,
        (field, name): (String, String),
        ctx: Option<&Ctx<'_>>,
    ) -> Result<bool, Failure> {
        let first = match self.next(part).await? {
            // A browser sends an empty part for a field in which nothing was chosen; a name without content is an empty file.
            None if name.is_empty() => return Ok(true),
            first => first,
        };
        let Some(ctx) = ctx else {
            self.filed.left_out.get_or_insert(field);
            return self.pass_over(part, first).await;
        };
        if !self.is_ours() {
            return Err(Failure::StaleForm);
        }
        if self.filed.files.len() >= MOST_FILES || self.kept > LARGEST_IN_ALL {
            self.filed.left_out.get_or_insert(field);
            return self.pass_over(part, first).await;
        }
        let mut file = Incoming::begin(ctx).await?;
        let whole = self.receive(part, first, &mut file).await?;
        let mut file = file.finish().await?;
        if !whole {
            file.taken = Taken::TooLarge;
        }
        self.kept += file.kept();
        self.filed.files.push(SentFile { field, name, file });
        Ok(whole)
    }

    /// Receives a file to its end; false when it has none within what is read.
    async fn receive(&self, part: &mut Field<'_>, mut piece: Piece, file: &mut Incoming) -> Result<bool, Failure> {
        let mut over = 0_u64;
        while let Some(held) = piece {
            let Ok(held) = held else { return Ok(false) };
            if file.write(&held).await? != Taken::Kept {
                over += held.len() as u64;
                if self.hopeless || over > PATIENCE {
                    return Ok(false);
                }
            }
            piece = self.next(part).await?;
        }
        Ok(true)
    }

    /// Reads a file to its end and keeps nothing of it; false when it has none within what is read.
    async fn pass_over(&self, part: &mut Field<'_>, mut piece: Piece) -> Result<bool, Failure> {
        let mut over = 0_u64;
        while let Some(held) = piece {
            let Ok(held) = held else { return Ok(false) };
            over += held.len() as u64;
            if self.hopeless || over > PATIENCE {
                return Ok(false);
            }
            piece = self.next(part).await?;
        }
        Ok(true)
    }

    /// The next piece of a part; an error inside when the request is longer than it may be.
    async fn next(&self, part: &mut Field<'_>) -> Result<Piece, Failure> {
        loop {
            match tokio::time::timeout(PAUSE, self.gate.feed(part.chunk())).await {
                Ok(Ok(Some(piece))) if piece.is_empty() => {}
                Ok(Ok(piece)) => return Ok(piece.map(Ok)),
                Ok(Err(fault)) if fault.status() == StatusCode::PAYLOAD_TOO_LARGE => return Ok(Some(Err(()))),
                Ok(Err(_)) | Err(_) => return Err(Failure::Unreadable),
            }
        }
    }
}

/// A piece of a part, or that there is no more; an error inside when the request is longer than it may be.
type Piece = Option<Result<Bytes, ()>>;
