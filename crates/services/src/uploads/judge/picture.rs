//! Pictures: decoded under limits, to see that they are pictures. They are kept as they are: what a clinic handed in can be
//! compared with what it has.

use std::io::Cursor;

use domain::uploads::{MOST_PIXELS, UploadKind};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

/// Most memory for taking a picture apart, in octets.
const MEMORY: u64 = 384 * 1024 * 1024;
/// Longest side in pixels.
const LONGEST_SIDE: u32 = 20_000;

pub(super) const BROKEN: &str = "画像を読み取れません。ファイルが壊れているか、途中までしかありません。元の画像を確かめて、もう一度選んでください。";
pub(super) const TOO_LARGE: &str =
    "画像の縦横が大きすぎます。5,000万画素（例：7,000×7,000）までに縮めるか、解像度を下げてスキャンし直してください。";

/// Goes on only for a whole picture of that kind that can be shown.
pub(super) fn look(bytes: &[u8], kind: UploadKind) -> Result<(), &'static str> {
    let format = if kind == UploadKind::Png { ImageFormat::Png } else { ImageFormat::Jpeg };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(TOO_LARGE);
    }
    DynamicImage::from_decoder(decoder).map(drop).map_err(refused)
}

fn refused(fault: image::ImageError) -> &'static str {
    if matches!(fault, image::ImageError::Limits(_)) { TOO_LARGE } else { BROKEN }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let mut bytes = vec![];
        DynamicImage::new_rgb8(width, height).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    #[test]
    fn a_whole_picture_is_taken_and_half_of_one_is_not() {
        for (format, kind) in [(ImageFormat::Png, UploadKind::Png), (ImageFormat::Jpeg, UploadKind::Jpeg)] {
            let whole = picture(format, 60, 40);
            assert_eq!(look(&whole, kind), Ok(()));
            assert_eq!(look(&whole[..40], kind), Err(BROKEN));
            assert_eq!(super::super::judged(&whole), Ok(kind));
        }
        let half = picture(ImageFormat::Png, 60, 40);
        assert_eq!(look(&half[..half.len() / 2], UploadKind::Png), Err(BROKEN));
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        // A head that promises 60,000 x 60,000 pixels, and nothing behind it.
        let bomb = include_bytes!("../../../../../fuzz/corpus/upload/seed-promises.png");
        assert_eq!(look(bomb, UploadKind::Png), Err(TOO_LARGE));
        let long = picture(ImageFormat::Png, 20_001, 1);
        assert_eq!(look(&long, UploadKind::Png), Err(TOO_LARGE));
    }
}
