//! The role of a CVM: the metadata service tells its name and its keys.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
};
use core::{cell::RefCell, pin::pin, time::Duration};

use futures_util::future::{Either, select};

use super::{Credentials, Keys, sts::keys_in};
use crate::{
    call::Caller,
    config::duration_text,
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
    ) -> Result<Keys, Error> {
        let origin = self.endpoint(Service::Metadata).origin();
        let _asks = operation.asks_for_keys(Service::Metadata, origin.clone());
        let last = RefCell::new(None);
        let asking = async {
            let mut attempt = 0;
            loop {
                let error = match self.ask(operation, name).await {
                    Err(error) if error.retryable && attempt < self.max_retries => error,
                    result => return result,
                };
                let backoff = ceiling(&error, attempt);
                last.replace(Some(error));
                let wait = self.jitter.up_to(backoff, self.transport.now());
                self.wait(wait).await;
                attempt += 1;
            }
        };
        let limit = self.transport.sleep(METADATA_TIMEOUT);
        match select(pin!(asking), pin!(limit)).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(last.take().unwrap_or_else(|| {
                let limit = duration_text(METADATA_TIMEOUT);
                let why = format!(
                    "{SUBJECT} failed: {origin} did not answer within {limit}; on a CVM, check the \
                     network and metadataEndpoint; elsewhere, set keys"
                );
                Error::new(ErrorKind::Unavailable, why).retryable()
            })),
        }
    }

    async fn ask(&self, operation: &Operation, name: Option<&str>) -> Result<Keys, Error> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => {
                let response = self.read(operation, PATH).await?;
                if response.status == 404 {
                    return Err(Error::invalid_config(format!(
                        "{SUBJECT} failed: it has none (HTTP status 404); bind a CAM role to it in the \
                         console, or set keys"
                    )));
                }
                role_name(&response)?
            }
        };
        let response = self
            .read(operation, &format!("{PATH}{}", encoded(&name)))
            .await?;
        if response.status == 404 {
            return Err(Error::invalid_config(format!(
                "{SUBJECT} failed: it has no role {} (HTTP status 404); check cvmRole, or bind the role \
                 to it in the console",
                quote(&name, &[])
            )));
        }
        let mut keys = self.keys_of_role(&response)?;
        keys.cvm_role = Some(quote(&name, &[]));
        Ok(keys)
    }

    fn keys_of_role(&self, response: &Response) -> Result<Keys, Error> {
        let service = Service::Metadata;
        if response.status != 200 {
            return Err(status_error(response.status, service, SUBJECT));
        }
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
        let lease = self.lease(expired_time, response.date.as_deref());
        Ok(Keys::new(credentials, Some(lease)))
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

/// The first name of those that were answered: a CVM has one role.
fn role_name(response: &Response) -> Result<String, Error> {
    let service = Service::Metadata;
    if response.status != 200 {
        return Err(status_error(response.status, service, SUBJECT));
    }
    let text = str::from_utf8(&response.body).unwrap_or_default();
    let name = text.trim().lines().next().unwrap_or_default().trim_end();
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err(malformed(service, SUBJECT, "names no role", None));
    }
    Ok(name.to_string())
}

/// `name` as a segment of a path.
fn encoded(name: &str) -> String {
    let mut path = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
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
