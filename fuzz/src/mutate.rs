//! Changes inputs at random: flips bits, inserts numbers and words of the formats, cuts, repeats and splices. Equal
//! seeds give equal inputs.

use stopleak::internals::sample::Draw;

/// Longest input in bytes.
const MAX_LEN: usize = 1 << 16;

/// Words of the formats. A reader compares with them, and random bytes never become one.
const WORDS: &[&[u8]] = &[
    b"PACK\0\0\0\x02",
    b"\xfftOc\0\0\0\x02",
    b"MIDX\x01\x01",
    b"PNAM",
    b"OIDF",
    b"OIDL",
    b"OOFF",
    b"LOFF",
    b"DIRC\0\0\0\x02",
    b"DIRC\0\0\0\x03",
    b"DIRC\0\0\0\x04",
    b"TREE",
    b"link",
    b"sdir",
    b"EOIE",
    b"IEOT",
    b"UNTR",
    b"REUC",
    b"blob ",
    b"tree ",
    b"commit ",
    b"tag ",
    b"object ",
    b"parent ",
    b"author ",
    b"tagger ",
    b"encoding ",
    b"gpgsig ",
    b"mergetag ",
    b"\n\n",
    b"\n ",
    b"100644 ",
    b"40000 ",
    b"120000 ",
    b"160000 ",
    b" <a@b> ",
    b" +9999",
    b"ref: refs/heads/main\n",
    b"refs/heads/",
    b"^",
    b"# pack-refs with: peeled fully-peeled sorted \n",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"key: ",
    b"- ",
    b": ",
    b"&a ",
    b"*a",
    b"!!",
    b"|\n",
    b">\n",
    b"skip-paths: ",
    b"rules: ",
    b"off: ",
    b"files: ",
    b"hooks: ",
    b"pattern: ",
    b"literals: ",
    b"keywords: ",
    b"checks: ",
    b"requires: ",
    b"window: ",
    b"1:",
    b"stopleak:allow ",
    b"-----BEGIN RSA PRIVATE KEY-----",
    b"-----END RSA PRIVATE KEY-----",
    b"password",
    b"token=",
    b"eyJ",
    b"://",
    b"\"tool_input\":",
    b"\"file_path\":",
    b"\"content\":",
    b"\"old_string\":",
    b"\"new_string\":",
    b"\\ud800",
    b"\\u0000",
    b"\"edits\":",
    b"{}",
    b"[]",
    b"(?i)",
    b"{1000}",
    b"\\b",
    b"[^a]",
    b"$$",
    b"\r\n",
    b"\x1b[31m",
    b"\xe2\x80\xae",
    b"\0",
];

/// A random number generator.
pub(crate) struct Random(Draw);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(Draw::new(seed))
    }

    /// Returns a number below `bound`, or 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound as u64) as usize
    }
}

/// Inputs from which others are made. Some of those replace old ones, so that changes add up.
pub(crate) struct Pool {
    seeds: Vec<Vec<u8>>,
    derived: Vec<Vec<u8>>,
    random: Random,
    /// The seeds are inputs themselves, each once.
    next_seed: usize,
}

impl Pool {
    pub(crate) fn new(seeds: Vec<Vec<u8>>, seed: u64) -> Pool {
        Pool { seeds, derived: Vec::new(), random: Random::new(seed), next_seed: 0 }
    }

    pub(crate) fn next_input(&mut self) -> Vec<u8> {
        if let Some(seed) = self.seeds.get(self.next_seed) {
            self.next_seed += 1;
            return seed.clone();
        }
        let mut input = self.any().to_vec();
        for _ in 0..1 << self.random.below(4) {
            self.change(&mut input);
        }
        input.truncate(MAX_LEN);
        if self.random.below(8) == 0 {
            if self.derived.len() < 256 {
                self.derived.push(input.clone());
            } else {
                let at = self.random.below(self.derived.len());
                self.derived[at] = input.clone();
            }
        }
        input
    }

    /// Returns a seed, or in one of four cases an input that was made before.
    fn any(&mut self) -> &[u8] {
        if !self.derived.is_empty() && (self.seeds.is_empty() || self.random.below(4) == 0) {
            let at = self.random.below(self.derived.len());
            return &self.derived[at];
        }
        let at = self.random.below(self.seeds.len());
        self.seeds.get(at).map_or(&[], Vec::as_slice)
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.below(input.len() + 1);
        let bits = self.random.below(8);
        let len = 1 + self.random.below(1 << bits);
        let end = (at + len).min(input.len());
        match self.random.below(12) {
            0 | 1 if at < input.len() => input[at] ^= 1 << self.random.below(8),
            2 if at < input.len() => input[at] = self.random.below(256) as u8,
            3 if at < input.len() => {
                input[at] = input[at].wrapping_add(self.random.below(33) as u8).wrapping_sub(16)
            }
            4 => drop(input.drain(at..end)),
            5 => {
                let copied = input[at..end].to_vec();
                let to = self.random.below(input.len() + 1);
                input.splice(to..to, copied);
            }
            6 => {
                let repeated = input[at..end].repeat(1 + self.random.below(16));
                input.splice(at..end, repeated);
            }
            7 => {
                let number = self.number();
                let end = (at + number.len()).min(input.len());
                // Overwrites as often as it inserts.
                let end = if self.random.below(4) > 0 { end } else { at };
                input.splice(at..end, number);
            }
            8 => {
                let word = WORDS[self.random.below(WORDS.len())];
                let end = if self.random.below(2) == 0 { at } else { (at + word.len()).min(input.len()) };
                input.splice(at..end, word.iter().copied());
            }
            9 => {
                let other = self.any().to_vec();
                let from = self.random.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            10 => {
                let other = self.any().to_vec();
                let from = self.random.below(other.len() + 1);
                let until = (from + len).min(other.len());
                input.splice(at..at, other[from..until].iter().copied());
            }
            _ => input.truncate(at),
        }
    }

    /// A number at a limit of its type, in 1 to 8 bytes of either order.
    fn number(&mut self) -> Vec<u8> {
        let base = [
            0,
            1,
            0x7f,
            0x80,
            0xff,
            0x100,
            0x7fff,
            0xffff,
            0x10000,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_ffff,
            u64::MAX,
        ];
        let near = self.random.below(3) as u64;
        let number = base[self.random.below(base.len())].wrapping_add(near).wrapping_sub(1);
        let len = [1, 2, 3, 4, 8][self.random.below(5)];
        match self.random.below(2) {
            0 => number.to_le_bytes()[..len].to_vec(),
            _ => number.to_be_bytes()[8 - len..].to_vec(),
        }
    }
}
