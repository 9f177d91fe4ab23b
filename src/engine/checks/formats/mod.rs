//! Encodings and file formats that several checks read.

pub(super) mod armour;
pub(super) mod base58;
pub(crate) mod base64;
pub(super) mod der;
pub(super) mod der_private_key;
pub(super) mod marvin32;
pub(super) mod openpgp;
pub(super) mod radix;
pub(super) mod ssh_wire;
