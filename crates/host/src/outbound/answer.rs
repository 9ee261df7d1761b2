//! An answer that is given to many.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use http::{HeaderMap, HeaderValue, Response, StatusCode, header::DATE};
use http_body_util::{BodyExt, Full};
use wasmtime_wasi_http::{Error, WasiBody};
use zeroize::Zeroizing;

/// An answer, whole. It has no `Debug`: it may have keys.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: Zeroizing<Vec<u8>>,
    /// When it came.
    pub(super) at: Instant,
}

impl Answer {
    pub(super) async fn of(
        sending: impl Future<Output = Result<Response<WasiBody>, Error>>,
    ) -> Result<Arc<Self>, Error> {
        let (head, body) = sending.await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Arc::new(Self {
            status: head.status,
            headers: head.headers,
            body: Zeroizing::new(body.to_vec()),
            at: Instant::now(),
        }))
    }

    fn date(&self) -> Option<SystemTime> {
        let date = self.headers.get(DATE)?.to_str().ok()?;
        httpdate::parse_http_date(date).ok()
    }

    /// When it came, by the clock of whoever answered if that is known.
    pub(super) fn now(&self) -> SystemTime {
        self.date().unwrap_or_else(SystemTime::now)
    }

    /// As if it came now: its `Date` too, by which a component may reckon how old it is.
    pub(super) fn response(&self) -> Response<WasiBody> {
        let body = Full::new(self.body.to_vec().into());
        let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = self.status;
        response.headers_mut().clone_from(&self.headers);
        if let Some(date) = self.date() {
            let now = httpdate::fmt_http_date(date + self.at.elapsed());
            if let Ok(now) = HeaderValue::from_str(&now) {
                response.headers_mut().insert(DATE, now);
            }
        }
        response
    }
}

/// The error again, for another who shares in it.
pub(super) fn same(why: &Error) -> Error {
    match why {
        Error::DnsError { rcode, info_code } => Error::DnsError {
            rcode: rcode.clone(),
            info_code: *info_code,
        },
        Error::ConnectionRefused => Error::ConnectionRefused,
        Error::ConnectionTimeout => Error::ConnectionTimeout,
        Error::ConnectionReadTimeout => Error::ConnectionReadTimeout,
        Error::DestinationUnavailable => Error::DestinationUnavailable,
        Error::DestinationIpUnroutable => Error::DestinationIpUnroutable,
        Error::TlsProtocolError => Error::TlsProtocolError,
        Error::HttpProtocolError => Error::HttpProtocolError,
        Error::HttpResponseIncomplete => Error::HttpResponseIncomplete,
        Error::InternalError(why) => Error::InternalError(why.clone()),
        _ => Error::ConnectionTerminated,
    }
}
