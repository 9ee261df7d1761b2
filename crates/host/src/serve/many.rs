//! Many secrets as the body of an answer, written as the caller takes them.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Bytes;
use dapr_secrets_api::Answer;
use hyper::body::{Body, Frame, SizeHint};
use zeroize::Zeroizing;

use crate::contract::{Secret, Secrets};

/// What is written at once, in bytes, unless one secret is longer.
const CHUNK: usize = 64 << 10;

/// The body that [`Answer::secrets`] would write whole. A caller that takes its time keeps the secrets
/// in memory, which equal reads share, and no text of its own.
pub(super) struct Many {
    secrets: Secrets,
    /// Which of them is next: their places, sorted by name.
    order: std::vec::IntoIter<usize>,
    /// What is written before it.
    before: &'static str,
    /// How many bytes are still to be written.
    left: u64,
}

impl Many {
    pub(super) fn new(secrets: Secrets) -> Self {
        // Of two with one name the last counts.
        let places = secrets.iter().enumerate();
        let places: BTreeMap<_, _> = places
            .map(|(place, it)| (it.name.as_str(), place))
            .collect();
        let order: Vec<usize> = places.into_values().collect();
        let lengths = order.iter().map(|&place| {
            let secret: &Secret = &secrets[place];
            Answer::entry_length(&secret.name, secret.pairs())
        });
        let commas = order.len().saturating_sub(1);
        let left = lengths.sum::<usize>() + commas + "{}\n".len();
        Self {
            secrets,
            order: order.into_iter(),
            before: "{",
            left: left as u64,
        }
    }

    fn chunk(&mut self) -> Vec<u8> {
        let mut chunk = Vec::with_capacity(CHUNK.min(usize::try_from(self.left).unwrap_or(CHUNK)));
        while chunk.len() < CHUNK {
            let Some(place) = self.order.next() else {
                break;
            };
            chunk.extend_from_slice(self.before.as_bytes());
            chunk.extend_from_slice(entry(&self.secrets[place]).as_bytes());
            self.before = ",";
        }
        if self.order.as_slice().is_empty() {
            let end = if self.before == "{" { "{}\n" } else { "}\n" };
            chunk.extend_from_slice(end.as_bytes());
        }
        chunk
    }
}

fn entry(secret: &Secret) -> Zeroizing<String> {
    Answer::entry(&secret.name, secret.pairs())
}

impl Body for Many {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let chunk = self.chunk();
        self.left -= chunk.len() as u64;
        if self.left == 0 {
            // The caller may still take its time for the end.
            self.secrets = Secrets::default();
        }
        Poll::Ready(Some(Ok(Frame::data(chunk.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn written(secrets: Vec<Secret>) -> (usize, String) {
        let secrets = Secrets::new(secrets);
        let whole = Answer::secrets(secrets.iter().map(|it| (it.name.as_str(), it.pairs())));
        let mut many = Many::new(secrets);
        assert_eq!(many.size_hint().exact(), Some(whole.body.len() as u64));
        let (mut frames, mut body) = (0, Vec::new());
        while let Some(frame) = many.frame().await {
            frames += 1;
            body.extend_from_slice(&frame.unwrap().into_data().unwrap());
        }
        assert!(many.is_end_stream());
        let body = String::from_utf8(body).unwrap();
        assert_eq!(body, *whole.body);
        (frames, body)
    }

    #[tokio::test]
    async fn it_is_what_would_be_written_whole() {
        assert_eq!(written(vec![]).await, (1, "{}\n".to_owned()));
        let unsorted = vec![
            Secret::of("b", "<"),
            Secret::of("a", "\""),
            Secret::of("b", "last"),
        ];
        let text = "{\"a\":{\"a\":\"\\\"\"},\"b\":{\"b\":\"last\"}}\n";
        assert_eq!(written(unsorted).await, (1, text.to_owned()));
        // One secret as long as a chunk, and many.
        for (count, length, frames) in [(1, CHUNK, 1), (3, CHUNK, 3), (2_000, 300, 10)] {
            let value = "x".repeat(length);
            let many = (0..count).map(|n| Secret::of(&format!("s{n:04}"), &value));
            assert_eq!(written(many.collect()).await.0, frames, "{count}");
        }
    }
}
