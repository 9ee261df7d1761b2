//! HTTP/2 connections on which `:authority` means nothing, from clients that write a path there.
//!
//! gRPC's C core (Python, C++, Ruby, PHP) and gRPC for Swift send the percent-encoded path of a Unix
//! socket as `:authority`, gRPC for Java the path as it is. The crate `http` takes neither a percent
//! sign nor a slash in a host, so that h2 resets each such stream with PROTOCOL_ERROR, before any
//! setting or service of hyper and tonic is asked. So these characters are replaced on the way in,
//! one byte by one byte: lengths, frames and the entries of HPACK's table stay as the client counts
//! them. Text in Huffman's code is left as it is: the clients above send none, and others have a
//! way to name the authority `localhost`.

mod block;
mod frames;

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::frames::Frames;

/// The connection preface of HTTP/2, in bytes.
const PREFACE: usize = 24;

/// A connection that speaks HTTP/2, with an `:authority` that h2 takes.
pub(super) struct AnyAuthority<S> {
    inner: S,
    /// How much of the preface is still to come.
    preface: usize,
    frames: Frames,
}

impl<S> AnyAuthority<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            preface: PREFACE,
            frames: Frames::default(),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for AnyAuthority<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buffer))?;
        let read = buffer.filled_mut().get_mut(before..).unwrap_or_default();
        let preface = this.preface.min(read.len());
        this.preface -= preface;
        this.frames
            .pass(read.get_mut(preface..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for AnyAuthority<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, BufReader};

    use super::*;

    #[tokio::test]
    async fn the_preface_is_handed_on_and_what_follows_is_passed_however_it_arrives() {
        let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        // The frame of one header, by its index in HPACK's table.
        sent.extend(b"\0\0\x06\x01\x04\0\0\0\x01\x41\x04%2Fa");
        for piece in 1..=sent.len() {
            let mut connection = AnyAuthority::new(BufReader::with_capacity(piece, &sent[..]));
            let mut read = Vec::new();
            connection.read_to_end(&mut read).await.unwrap();
            assert_eq!(read.len(), sent.len());
            assert!(read.starts_with(b"PRI * HTTP/2.0") && read.ends_with(b"-2Fa"));
        }
    }
}
