//! The parts of DER (X.690) that distinguish a private key from random bytes.

/// One element: its tag byte, its content, and what follows it.
pub(crate) struct Element<'d> {
    pub(crate) tag: u8,
    pub(crate) content: &'d [u8],
    pub(crate) rest: &'d [u8],
}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// Parses the first element of `bytes`. `None` if it is longer than `bytes`, or its length has more than four bytes.
pub(crate) fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let length =
                rest.get(..count)?.iter().fold(0usize, |length, &byte| length << 8 | usize::from(byte));
            (length, &rest[count..])
        }
        _ => return None,
    };
    Some(Element { tag, content: rest.get(..length)?, rest: &rest[length..] })
}

/// Parses all elements of `bytes`: tag and content of each. `None` unless they cover `bytes` exactly.
pub(crate) fn elements(mut bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let next = element(bytes)?;
        found.push((next.tag, next.content));
        bytes = next.rest;
    }
    Some(found)
}

/// Writes one element.
pub(crate) fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match content.len() {
        length @ 0..=0x7f => bytes.push(length as u8),
        length @ 0x80..=0xff => bytes.extend([0x81, length as u8]),
        length => bytes.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    bytes.extend_from_slice(content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_elements_parse_and_wrong_lengths_do_not() {
        for size in [0, 1, 127, 128, 255, 256, 4000] {
            let bytes = encode(OCTET_STRING, &vec![7; size]);
            let read = element(&bytes).expect("well formed");
            assert_eq!((read.tag, read.content.len(), read.rest.len()), (OCTET_STRING, size, 0));
            assert!(element(&bytes[..bytes.len() - 1]).is_none() || size == 0);
        }
        assert!(element(&[0x30, 0x85, 0, 0, 0, 0, 1, 0]).is_none());
        assert!(element(&[0x30, 0x80]).is_none());
        assert!(elements(&[2, 1, 0, 9]).is_none());
    }
}
