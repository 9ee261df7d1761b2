//! From an answer to an HTTP response, faults included.

use std::io;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;

use crate::{FaultKind, reply::Answer};

/// The size of a huge answer.
const HUGE: usize = 200 << 20;
const CHUNK: usize = 64 << 10;
/// The size of a huge header.
const HUGE_HEAD: usize = 1 << 20;

/// Sends the answer, or what a fault makes of it. An error stands for a connection to be reset.
pub(crate) async fn respond(
    answer: Answer,
    fault: Option<FaultKind>,
    date: &str,
) -> Result<Response<UnsyncBoxBody<Bytes, io::Error>>, io::Error> {
    let head = Response::builder()
        .status(answer.status)
        .header(header::CONTENT_TYPE, answer.content_type)
        .header(header::DATE, date);
    let length = answer.body.len();
    let half = Bytes::copy_from_slice(&answer.body[..length / 2]);
    let response = match fault {
        Some(FaultKind::Reset) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(FaultKind::Close) => return Err(io::ErrorKind::ConnectionAborted.into()),
        Some(FaultKind::Silent) => std::future::pending().await,
        Some(FaultKind::Status(status)) => head
            .status(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY))
            .header(header::CONTENT_TYPE, "text/html")
            .body(whole("<html><body>told to fail</body></html>")),
        Some(FaultKind::Redirect(url)) => head
            .status(StatusCode::TEMPORARY_REDIRECT)
            .header(header::LOCATION, url)
            .body(whole("")),
        Some(FaultKind::Raw(raw)) => head.body(whole(raw)),
        Some(FaultKind::Truncated) => {
            let broken = Err(io::ErrorKind::ConnectionAborted.into());
            let frames = stream::iter([Ok(Frame::data(half)), broken]);
            head.header(header::CONTENT_LENGTH, length)
                .body(StreamBody::new(frames).boxed_unsync())
        }
        Some(FaultKind::Drip(pause)) => {
            let pieces: Vec<Bytes> = answer
                .body
                .chunks(length.div_ceil(8).max(1))
                .map(Bytes::copy_from_slice)
                .collect();
            let frames = stream::iter(pieces).then(move |piece| async move {
                tokio::time::sleep(pause).await;
                Ok(Frame::data(piece))
            });
            head.header(header::CONTENT_LENGTH, length)
                .body(StreamBody::new(frames).boxed_unsync())
        }
        Some(FaultKind::NoLength) => {
            let frame = Ok(Frame::data(Bytes::from(answer.body)));
            head.body(StreamBody::new(stream::iter([frame])).boxed_unsync())
        }
        Some(FaultKind::Gzip) => head
            .header(header::CONTENT_ENCODING, "gzip")
            .body(whole(&b"\x1f\x8b\x08\x00not what was asked for"[..])),
        Some(FaultKind::HugeHead) => head
            .header("x-huge", "h".repeat(HUGE_HEAD))
            .body(whole(answer.body)),
        Some(FaultKind::SilentBody) => {
            let frames = stream::iter([Ok(Frame::data(half))]).chain(stream::pending());
            head.header(header::CONTENT_LENGTH, length)
                .body(StreamBody::new(frames).boxed_unsync())
        }
        Some(FaultKind::Huge) => {
            let chunk = Bytes::from(vec![b' '; CHUNK]);
            let frames = (0..HUGE / CHUNK).map(move |_| Ok(Frame::data(chunk.clone())));
            head.body(StreamBody::new(stream::iter(frames)).boxed_unsync())
        }
        Some(FaultKind::LineEnd) => head.body(whole([answer.body, b"\n".to_vec()].concat())),
        _ => head.body(whole(answer.body)),
    };
    response.map_err(io::Error::other)
}

fn whole(body: impl Into<Bytes>) -> UnsyncBoxBody<Bytes, io::Error> {
    Full::new(body.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}
