//! The frames of HTTP/2 (RFC 9113, section 4), as far as it takes to find header blocks.

use super::block::Block;

const FRAME_HEAD: usize = 9;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// Where in the frames of a connection its next byte belongs. What is malformed is passed on: h2
/// counts the same way and refuses it.
#[derive(Default)]
pub(super) struct Frames {
    head: [u8; FRAME_HEAD],
    /// How much of the head is there.
    known: usize,
    /// How much of the payload is still to come, padding included.
    left: usize,
    padding: usize,
    padding_comes: bool,
    /// Bytes of the payload before the header block.
    before: usize,
    block: Block,
}

impl Frames {
    pub(super) fn pass(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let taken = if self.known < FRAME_HEAD {
                self.head_from(bytes)
            } else {
                self.payload_from(bytes)
            };
            bytes = bytes.get_mut(taken..).unwrap_or_default();
            if self.known == FRAME_HEAD && self.left == 0 {
                self.known = 0;
                if self.is_block() && self.head[4] & END_HEADERS != 0 {
                    self.block = Block::default();
                }
            }
        }
    }

    fn head_from(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(FRAME_HEAD - self.known);
        for (to, from) in self.head.iter_mut().skip(self.known).zip(bytes) {
            *to = *from;
        }
        self.known += taken;
        if self.known == FRAME_HEAD {
            let [high, middle, low, kind, flags, ..] = self.head;
            self.left = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
            let begins = kind == HEADERS;
            self.padding = 0;
            self.padding_comes = begins && flags & PADDED != 0;
            self.before = if begins && flags & PRIORITY != 0 {
                5
            } else {
                0
            };
        }
        taken
    }

    fn payload_from(&mut self, bytes: &mut [u8]) -> usize {
        let taken = bytes.len().min(self.left);
        if !self.is_block() {
            self.left -= taken;
            return taken;
        }
        for byte in bytes.iter_mut().take(taken) {
            if self.padding_comes {
                self.padding = usize::from(*byte);
                self.padding_comes = false;
            } else if self.before > 0 {
                self.before -= 1;
            } else if self.left > self.padding {
                self.block.pass(byte);
            }
            self.left -= 1;
        }
        taken
    }

    fn is_block(&self) -> bool {
        [HEADERS, CONTINUATION].contains(&self.head[3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        let mut frame = vec![0, 0, length, kind, flags, 0, 0, 0, 1];
        frame.extend(payload);
        frame
    }

    fn text(text: &[u8]) -> Vec<u8> {
        let length = u8::try_from(text.len()).unwrap();
        assert!(length < 0x7f);
        [&[length][..], text].concat()
    }

    /// All ways to write fields that a client has; `authority` is the value of one of them.
    fn frames(authority: &[u8]) -> Vec<u8> {
        let method = [0x83];
        let resize = [0x3f, 0xe1, 0x1f];
        let by_index = [&[0x41][..], &text(authority)].concat();
        let by_name = [&[0x40][..], &text(b":authority"), &text(authority)].concat();
        let not_indexed = [&[0x00][..], &text(b":authority"), &text(authority)].concat();
        let other = [&[0x40][..], &text(b"x-component"), &text(b"%@")].concat();
        let far_index = [&[0x0f, 0x2f][..], &text(b"%:")].concat();
        let long = [&[0x44, 0x7f, 0x49][..], &[b'%'; 200]].concat();
        let coded = [0x41, 0x83, 0x25, 0x25, 0x25];
        let mut all = frame(0, 0, b"\x41\x03%%%");
        all.extend(frame(4, 0, &[]));
        all.extend(frame(
            HEADERS,
            END_HEADERS | PADDED | PRIORITY,
            &[&[2, 1, 1, 1, 1, 1][..], &method, &resize, &by_index, b"%%"].concat(),
        ));
        let block = [&by_name[..], &other, &not_indexed, &far_index, &coded].concat();
        let (first, second) = block.split_at(9);
        all.extend(frame(HEADERS, 0, first));
        all.extend(frame(CONTINUATION, END_HEADERS, second));
        all.extend(frame(
            HEADERS,
            END_HEADERS,
            &[&long[..], &by_index].concat(),
        ));
        all
    }

    #[test]
    fn the_authority_alone_changes_however_the_bytes_arrive() {
        let sent = frames("%2Ftmp/a:b@[c]é_~.sock".as_bytes());
        let wanted = frames(b"-2Ftmp-a-b--c---_~.sock");
        for piece in 1..=sent.len() {
            let mut passed = sent.clone();
            let mut frames = Frames::default();
            for bytes in passed.chunks_mut(piece) {
                frames.pass(bytes);
            }
            assert_eq!(passed, wanted, "{piece}");
        }
        let host = frames(b"localhost");
        let mut passed = host.clone();
        Frames::default().pass(&mut passed);
        assert_eq!(passed, host);
    }

    #[test]
    fn no_bytes_are_too_odd() {
        let mut seed: u32 = 1;
        for _ in 0..2_000 {
            let mut frames = Frames::default();
            let random = (0..400).map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                u8::try_from(seed >> 24).unwrap()
            });
            let mut bytes: Vec<u8> = random.collect();
            bytes[..5].copy_from_slice(&[0, 1, 0, HEADERS, END_HEADERS]);
            frames.pass(&mut bytes);
        }
    }
}
