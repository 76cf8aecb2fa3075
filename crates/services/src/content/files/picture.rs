//! Pictures: taken apart under limits and made anew, so that nothing but the pixels is kept.

use std::io::Cursor;

use domain::content::files::{FileKind, MOST_PIXELS, WIDEST};
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType,
};

use super::Taken;

/// Most memory for taking a picture apart, in octets.
const MEMORY: u64 = 256 * 1024 * 1024;
/// Longest side in pixels.
const LONGEST_SIDE: u32 = 12_000;
/// How exactly photographs are kept, of 100.
const QUALITY: u8 = 85;

const BROKEN: &str = "画像を読み取れません。ファイルが壊れているか、画像ではありません。別の画像を選んでください。";
const TOO_LARGE: &str =
    "画像の縦横が大きすぎます。2,500万画素（例：5,000×5,000）までに縮めてから、もう一度選んでください。";

/// A picture made anew: upright, no wider than a page needs, without anything that the camera noted.
pub(super) fn read(bytes: &[u8]) -> Result<Taken, &'static str> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| BROKEN)?;
    let format = reader.format().ok_or(BROKEN)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(TOO_LARGE);
    }
    let turned = decoder.orientation().map_err(refused)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    picture.apply_orientation(turned);
    if picture.width() > WIDEST {
        picture = picture.resize(WIDEST, u32::MAX, FilterType::Triangle);
    }
    written(&picture, format)
}

fn refused(fault: image::ImageError) -> &'static str {
    if matches!(fault, image::ImageError::Limits(_)) { TOO_LARGE } else { BROKEN }
}

/// Photographs stay photographs; everything else is kept without loss.
fn written(picture: &DynamicImage, format: ImageFormat) -> Result<Taken, &'static str> {
    let size = (picture.width(), picture.height());
    let mut bytes = vec![];
    let kind = if format == ImageFormat::Jpeg {
        JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&picture.to_rgb8()).map_err(|_| BROKEN)?;
        FileKind::Jpeg
    } else {
        let picture = DynamicImage::from(picture.to_rgba8());
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).map_err(|_| BROKEN)?;
        FileKind::Png
    };
    Ok(Taken { kind, bytes, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = vec![];
        DynamicImage::new_rgb8(width, height).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn a_wide_picture_is_made_as_wide_as_a_page_needs() {
        let taken = read(&png(3_200, 100)).unwrap();
        assert_eq!((taken.size, taken.kind), ((1_600, 50), FileKind::Png));
        assert_eq!(read(&png(30, 20)).unwrap().size, (30, 20));
    }

    #[test]
    fn what_stands_behind_or_between_the_pixels_is_not_kept() {
        let mut bytes = png(4, 4);
        bytes.extend_from_slice(b"<script>alert(1)</script>PK\x03\x04");
        let taken = read(&bytes).unwrap();
        assert!(!taken.bytes.windows(7).any(|part| part == b"<script"), "a second file behind the picture");
        let mut photograph = vec![];
        JpegEncoder::new(&mut photograph).encode_image(&DynamicImage::new_rgb8(8, 8)).unwrap();
        let note = b"\xff\xe1\x00\x10Exif\0\0GPS here!!";
        photograph.splice(2..2, note.iter().copied());
        let taken = read(&photograph).unwrap();
        assert!(!taken.bytes.windows(3).any(|part| part == b"GPS"), "where it was taken");
        assert_eq!(taken.kind, FileKind::Jpeg);
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        // A head that promises 60,000 × 60,000 pixels; nothing of it is read.
        let mut head = png(1, 1);
        head.splice(16..24, [0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let sum = crc(&head[12..29]);
        head.splice(29..33, sum.to_be_bytes());
        assert_eq!(read(&head).err(), Some(TOO_LARGE));
        let mut wide = png(1, 1);
        wide.splice(16..24, [0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
        let sum = crc(&wide[12..29]);
        wide.splice(29..33, sum.to_be_bytes());
        assert_eq!(read(&wide).err(), Some(TOO_LARGE), "each side would do, the whole does not");
    }

    #[test]
    fn what_is_cut_off_or_no_picture_is_refused_in_words() {
        let whole = png(40, 40);
        for odd in [&whole[..whole.len() / 2], b"\x89PNG\r\n\x1a\n", b"GIF89a\xff\xff\xff\xff", b"\xff\xd8\xff\xe0"] {
            assert!(read(odd).is_err());
        }
    }

    /// The checksum of a PNG chunk (PNG specification, annex D).
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 })
        })
    }
}
