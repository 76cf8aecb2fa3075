//! Static files, held in the binary and served under a path with their version.
//!
//! Because the version is part of the path, modules that import each other by relative path always belong
//! together, and every file may be cached for good.

/// A static file.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Path below [`base()`], e.g. `js/main.js`.
    pub path: &'static str,
    /// Value of the `content-type` header.
    pub content_type: &'static str,
    /// The bytes, uncompressed.
    pub body: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! file {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $path))
    };
}

const APP_CSS: &str = concat!(
    file!("css/tokens.css"),
    file!("css/base.css"),
    file!("css/layout.css"),
    file!("css/header.css"),
    file!("css/nav.css"),
    file!("css/button.css"),
    file!("css/field.css"),
    file!("css/choice.css"),
    file!("css/condition.css"),
    file!("css/table.css"),
    file!("css/state.css"),
    file!("css/content.css"),
    file!("css/article.css"),
    file!("css/search.css"),
    file!("css/box.css"),
    file!("css/guide.css"),
    file!("css/home.css"),
    file!("css/print.css"),
);

const OFFICE_CSS: &str = concat!(file!("css/office.css"), file!("css/editor.css"), file!("css/chart.css"));

macro_rules! script {
    ($path:literal) => {
        Asset { path: $path, content_type: JS, body: file!($path).as_bytes() }
    };
}

macro_rules! drawing {
    ($path:literal) => {
        Asset { path: $path, content_type: SVG, body: file!($path).as_bytes() }
    };
}

/// All static files.
pub const ASSETS: &[Asset] = &[
    Asset { path: "app.css", content_type: CSS, body: APP_CSS.as_bytes() },
    Asset { path: "group.css", content_type: CSS, body: file!("css/group.css").as_bytes() },
    Asset { path: "office.css", content_type: CSS, body: OFFICE_CSS.as_bytes() },
    drawing!("img/favicon.svg"),
    drawing!("img/help/addressee.svg"),
    drawing!("img/help/customer-id.svg"),
    drawing!("img/help/customer-id-kinds.svg"),
    drawing!("img/help/os-version.svg"),
    drawing!("img/help/program-name.svg"),
    drawing!("img/help/terminal-name.svg"),
    drawing!("img/help/v6-option.svg"),
    script!("js/main.js"),
    script!("js/autosave.js"),
    script!("js/clock.js"),
    script!("js/copy.js"),
    script!("js/cutoff.js"),
    script!("js/errors.js"),
    script!("js/menu.js"),
    script!("js/office.js"),
    script!("js/place.js"),
    script!("js/playback.js"),
    script!("js/preview.js"),
    script!("js/progress.js"),
    script!("js/queue.js"),
    script!("js/search.js"),
    script!("js/session.js"),
    script!("js/submit.js"),
    script!("js/suggest.js"),
    script!("js/upload.js"),
];

/// Version of all static files together: changes when any byte of them does.
pub const VERSION: u64 = version(ASSETS);

/// Path under which the static files stand, e.g. `/assets/9f86d081884c7d65`.
#[must_use]
pub fn base() -> Base {
    Base
}

/// Writes the path of [`base()`] into a template.
#[derive(Debug, Clone, Copy)]
pub struct Base;

impl std::fmt::Display for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "/assets/{VERSION:016x}")
    }
}

/// Finds a file by its path below [`base()`].
#[must_use]
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// FNV-1a over all files: tells versions apart, protects nothing.
const fn version(assets: &[Asset]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut i = 0;
    while i < assets.len() {
        let body = assets[i].body;
        let mut j = 0;
        while j < body.len() {
            hash = (hash ^ body[j] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            j += 1;
        }
        i += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::find;
    use domain::forms::PICTURES;

    #[test]
    fn every_drawing_beside_a_field_is_there_in_its_size_with_its_words() {
        for picture in PICTURES {
            let drawing = find(&format!("img/help/{}.svg", picture.name)).unwrap();
            let source = std::str::from_utf8(drawing.body).unwrap();
            let size = format!("width=\"{}\" height=\"{}\"", picture.width, picture.height);
            assert!(source.contains(&size), "{} is not {size}", picture.name);
            assert!(source.contains("<title id=") && source.contains("<desc id="), "{}", picture.name);
            assert!(!source.contains("style") && !source.contains("href"), "{} needs nothing else", picture.name);
        }
    }
}
