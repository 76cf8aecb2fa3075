//! The embedded fonts: BIZ UDPGothic for text, B612 Mono for codes.
//!
//! The files lie in the binary and are mapped from there, so they cost no memory until a first
//! letter is set. No font of the machine is ever used: the same input gives the same pages anywhere.

use std::sync::OnceLock;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

static FILES: [&[u8]; 4] = [
    include_bytes!("../fonts/BIZUDPGothic-Regular.ttf"),
    include_bytes!("../fonts/BIZUDPGothic-Bold.ttf"),
    include_bytes!("../fonts/B612Mono-Regular.ttf"),
    include_bytes!("../fonts/B612Mono-Bold.ttf"),
];

/// The fonts and their index, loaded once.
pub(crate) struct Fonts {
    pub(crate) book: LazyHash<FontBook>,
    pub(crate) list: Vec<Font>,
}

/// The embedded fonts; the first call reads their tables.
pub(crate) fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| {
        let list: Vec<Font> = FILES.iter().filter_map(|file| Font::new(Bytes::new(*file), 0)).collect();
        Fonts { book: LazyHash::new(FontBook::from_fonts(&list)), list }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_font_is_readable_and_found_by_the_name_the_templates_use() {
        assert_eq!(fonts().list.len(), FILES.len());
        for family in ["biz udpgothic", "b612 mono"] {
            assert!(fonts().book.contains_family(family), "{family}");
        }
    }
}
