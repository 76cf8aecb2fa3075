//! Drawing the same lots in the same order, every time.

use super::RegisterError;

/// A small generator (SplitMix64) with a fixed seed; for made-up data only, never for secrets.
pub(super) struct Draw(u64);

impl Draw {
    /// A generator at its beginning.
    pub(super) fn new() -> Self {
        Self(0x6d61_646f_6775_6368)
    }

    fn advance(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number below `bound`; 0 when `bound` is 0.
    pub(super) fn number(&mut self, bound: u32) -> u32 {
        // The upper half of the draw scaled to the bound: the bias is far below what made-up data could show.
        let scaled = (self.advance() >> 32) * u64::from(bound);
        u32::try_from(scaled >> 32).unwrap_or(0)
    }

    /// The same for lengths and figures of the machine's word size.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.number(u32::try_from(bound).unwrap_or(u32::MAX)) as usize
    }

    /// One entry of a list, each as likely; `name` is the list's name for the error when it is empty.
    pub(super) fn from<'a, T>(&mut self, list: &'a [T], name: &'static str) -> Result<&'a T, RegisterError> {
        list.get(self.below(list.len())).ok_or(RegisterError::Empty(name))
    }
}
