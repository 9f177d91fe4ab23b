//! Takes an input apart. An input that is too short gives shorter parts, so that every byte string is an input.

/// The rest of an input.
pub(super) struct Input<'i>(pub(super) &'i [u8]);

impl<'i> Input<'i> {
    /// Takes one byte; 0 at the end.
    pub(super) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    /// Takes two bytes, little-endian.
    pub(super) fn short(&mut self) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()]))
    }

    /// Takes `len` bytes, or fewer at the end.
    pub(super) fn bytes(&mut self, len: usize) -> &'i [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Takes a length of three bytes, little-endian, and so many bytes.
    pub(super) fn part(&mut self) -> &'i [u8] {
        let len = self.short() | usize::from(self.byte()) << 16;
        self.bytes(len)
    }
}
