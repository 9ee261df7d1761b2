//! The role of a CVM: the metadata service tells its name and its keys.

use alloc::{borrow::ToOwned, format, rc::Rc, string::String};
use core::{pin::pin, time::Duration};

use futures_util::future::{Either, select};

use super::{Credentials, Keys, sts::keys_in};
use crate::{
    call::Caller,
    config::duration_text,
    date::unix_seconds,
    error::{Error, ErrorKind},
    exchange::MAX_BODY,
    failure::{malformed, status_error, transport_error},
    json::Json,
    operation::Operation,
    quote::quote,
    retry::ceiling,
    service::Service,
    transport::{Method, Request, Response, Transport},
};

/// Where the name of the role stands, and below it its keys.
const PATH: &str = "/latest/meta-data/cam/security-credentials/";
/// How long the metadata service is given for everything. It is next door, or not there at all.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest name of a role, in bytes.
const LONGEST_NAME: usize = 128;
/// What was being done, in messages.
const SUBJECT: &str = "asking for the role of this CVM";

impl<T: Transport> Caller<T> {
    /// Keys of the role `name`, or of the one that is bound.
    pub(crate) async fn cvm_role(
        &self,
        operation: &Operation,
        name: Option<&str>,
    ) -> Result<Rc<Keys>, Error> {
        let _asks = operation.asks(Service::Metadata);
        let end = self.transport.now().monotonic + METADATA_TIMEOUT;
        let mut attempt = 0;
        loop {
            let time_left = end.saturating_sub(self.transport.now().monotonic);
            let limit = self.transport.sleep(time_left);
            let error = match select(pin!(self.ask(operation, name)), pin!(limit)).await {
                Either::Left((Ok(keys), _)) => return Ok(keys),
                Either::Left((Err(error), _)) => error,
                Either::Right(_) => return Err(self.not_there()),
            };
            let now = self.transport.now();
            let backoff = self.jitter.up_to(ceiling(&error, attempt), now);
            let too_late = now.monotonic + backoff >= end;
            if !error.retryable || attempt >= self.max_retries || too_late {
                return Err(error);
            }
            self.wait(backoff).await;
            attempt += 1;
        }
    }

    fn not_there(&self) -> Error {
        let origin = self.endpoint(Service::Metadata).origin();
        let limit = duration_text(METADATA_TIMEOUT);
        let why = format!(
            "{SUBJECT} failed: {origin} did not answer within {limit}; on a CVM, check the network and \
             metadataEndpoint; elsewhere, set keys"
        );
        Error::new(ErrorKind::Unavailable, why).retryable()
    }

    async fn ask(&self, operation: &Operation, name: Option<&str>) -> Result<Rc<Keys>, Error> {
        let mut role = name.map(str::to_owned);
        loop {
            let segment = role.as_deref().map_or_else(String::new, encoded);
            let path = [PATH, &segment].concat();
            let response = self.read(operation, &path).await?;
            let shown = role.as_deref().map(|role| quote(role, &[]));
            if response.status == 404 {
                return Err(unbound(shown.as_deref()));
            }
            if response.status != 200 {
                return Err(status_error(response.status, Service::Metadata, SUBJECT));
            }
            if shown.is_none() {
                role = Some(role_name(&response)?);
                continue;
            }
            return self.keys_of_role(&response, shown);
        }
    }

    fn keys_of_role(&self, response: &Response, name: Option<String>) -> Result<Rc<Keys>, Error> {
        let service = Service::Metadata;
        let wrong = || malformed(service, SUBJECT, "does not have the documented form", None);
        let json = Json::parse(&response.body).ok_or_else(wrong)?;
        let code = json.text("Code").map_err(|_| wrong())?;
        if let Some(code) = code.filter(|code| *code != "Success") {
            // It may say anything in place of keys, keys too.
            let keys = keys_in(&json).ok();
            let secrets = keys.as_ref().map_or([""; 3], Credentials::secrets);
            let code = quote(code, &secrets);
            let why = format!(
                "{SUBJECT} failed: the metadata service says: {code}; check in the console that the role \
                 is bound to it and may be assumed by CVM"
            );
            return Err(Error::new(ErrorKind::Unavailable, why).with_code(Some(code)));
        }
        let credentials = keys_in(&json).map_err(|_| wrong())?;
        let expired_time = json.integer("ExpiredTime").map_err(|_| wrong())?;
        let server_time = response.date.as_deref().and_then(unix_seconds);
        let lease = self.lease(expired_time, server_time);
        Ok(Keys::new(credentials, Some(lease), name))
    }

    async fn read(&self, operation: &Operation, path: &str) -> Result<Response, Error> {
        let endpoint = self.endpoint(Service::Metadata);
        let attempt = operation.attempt();
        let arrived = || attempt.arrived();
        let request = Request {
            method: Method::Get,
            path,
            https: endpoint.https(),
            authority: endpoint.authority(),
            headers: &[],
            body: &[],
            arrived: &arrived,
            max_body: MAX_BODY,
        };
        let service = Service::Metadata;
        self.transport
            .send(request)
            .await
            .map_err(|error| transport_error(error, service, SUBJECT, &endpoint.origin(), &[]))
    }
}

/// That the machine has no role, or not the one of this name.
fn unbound(name: Option<&str>) -> Error {
    let (no, name) = name.map_or(("no role", ""), |name| ("no role ", name));
    Error::invalid_config(
        [
            SUBJECT,
            " failed: it has ",
            no,
            name,
            " (HTTP status 404); bind a CAM role to it in the console, check cvmRole, or set keys",
        ]
        .concat(),
    )
}

/// The first name of those that were answered: a CVM has one role.
fn role_name(response: &Response) -> Result<String, Error> {
    let mut lines = response.body.split(|byte| *byte == b'\n');
    let first = lines.find_map(|line| Some(line.trim_ascii()).filter(|line| !line.is_empty()));
    let name = str::from_utf8(first.unwrap_or_default()).unwrap_or_default();
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err(malformed(Service::Metadata, SUBJECT, "names no role", None));
    }
    Ok(name.to_owned())
}

/// `name` as a segment of a path.
fn encoded(name: &str) -> String {
    let mut path = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value & 15)]);
            path.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_one_segment_of_a_path_whatever_its_name() {
        assert_eq!(encoded("CVM_role-1"), "CVM_role-1");
        assert_eq!(encoded("a/b?c#d e"), "a%2Fb%3Fc%23d%20e");
        assert_eq!(encoded(".."), "%2E%2E");
        assert_eq!(encoded("角"), "%E8%A7%92");
    }
}
