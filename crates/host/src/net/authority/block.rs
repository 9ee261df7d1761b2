//! The fields of a header block (RFC 7541), as far as it takes to find `:authority`.

const AUTHORITY: &[u8] = b":authority";
/// Its index in HPACK's static table (RFC 7541, appendix A).
const AUTHORITY_INDEX: usize = 1;

/// Where in a header block its next byte belongs (RFC 7541, section 6).
#[derive(Default)]
pub(super) struct Block {
    at: At,
    /// The integer that is read, or what is left of the text.
    number: usize,
    /// Whether the field brings a value, and does not only point into the table.
    literal: bool,
    /// Whether the text is not in Huffman's code.
    plain: bool,
    /// Whether the field is `:authority`.
    authority: bool,
    name: usize,
}

#[derive(Clone, Copy, Default)]
enum At {
    #[default]
    Field,
    /// Further bytes of the index, the first of which counts from this bit on.
    Index(u32),
    Length(Text),
    LengthGoesOn(Text, u32),
    Text(Text),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Name,
    Value,
}

impl Block {
    pub(super) fn pass(&mut self, byte: &mut u8) {
        match self.at {
            At::Field => {
                let (literal, mask) = match byte.leading_zeros() {
                    0 => (false, 0x7f),
                    1 => (true, 0x3f),
                    2 => (false, 0x1f),
                    _ => (true, 0x0f),
                };
                self.literal = literal;
                self.number = usize::from(*byte & mask);
                if *byte & mask == mask {
                    self.at = At::Index(0);
                } else {
                    self.index_is_known();
                }
            }
            At::Index(bit) => {
                if self.add(*byte, bit) {
                    self.index_is_known();
                } else {
                    self.at = At::Index(bit.saturating_add(7));
                }
            }
            At::Length(text) => {
                self.plain = *byte & 0x80 == 0;
                self.number = usize::from(*byte & 0x7f);
                if self.number == 0x7f {
                    self.at = At::LengthGoesOn(text, 0);
                } else {
                    self.text_begins(text);
                }
            }
            At::LengthGoesOn(text, bit) => {
                if self.add(*byte, bit) {
                    self.text_begins(text);
                } else {
                    self.at = At::LengthGoesOn(text, bit.saturating_add(7));
                }
            }
            At::Text(text) => {
                match text {
                    Text::Name => {
                        self.authority &= AUTHORITY.get(self.name) == Some(byte);
                        self.name += 1;
                    }
                    // What no host's name has: `http` refuses it, or takes it in some places.
                    Text::Value if self.authority && self.plain && !is_unreserved(*byte) => {
                        *byte = b'-';
                    }
                    Text::Value => {}
                }
                self.number -= 1;
                if self.number == 0 {
                    self.text_ends(text);
                }
            }
        }
    }

    /// Adds a further byte of an integer; whether it was the last.
    fn add(&mut self, byte: u8, bit: u32) -> bool {
        let part = usize::from(byte & 0x7f)
            .checked_shl(bit)
            .unwrap_or(usize::MAX);
        self.number = self.number.saturating_add(part);
        byte & 0x80 == 0
    }

    fn index_is_known(&mut self) {
        self.at = match (self.literal, self.number) {
            (false, _) => At::Field,
            (true, 0) => At::Length(Text::Name),
            (true, index) => {
                self.authority = index == AUTHORITY_INDEX;
                At::Length(Text::Value)
            }
        };
    }

    fn text_begins(&mut self, text: Text) {
        if text == Text::Name {
            self.authority = self.plain && self.number == AUTHORITY.len();
            self.name = 0;
        }
        self.at = At::Text(text);
        if self.number == 0 {
            self.text_ends(text);
        }
    }

    fn text_ends(&mut self, text: Text) {
        self.at = match text {
            Text::Name => At::Length(Text::Value),
            Text::Value => At::Field,
        };
    }
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}
