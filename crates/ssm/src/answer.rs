//! From an HTTP response to an action's answer, or to an error that says what to do.
//!
//! The envelope: <https://www.tencentcloud.com/document/product/1078/38636>. SSM answers errors
//! with status 200 too; another status means that a gateway answered, or trouble.

use alloc::{borrow::ToOwned, format, string::String};

use crate::{
    error::{Error, ErrorKind},
    failure::{malformed, status_error},
    json::{Json, WrongForm},
    quote::quote,
    service::Service,
    transport::Response,
};

/// A response that a service gave without an error, its fields not yet looked at.
pub(crate) struct Answer {
    response: Json,
    service: Service,
    /// What the server's clock showed, in Unix seconds, if it said so.
    pub(crate) server_time: Option<i64>,
    pub(crate) request_id: String,
}

impl Answer {
    /// Tells an answer from an error. `subject` begins every message; `secrets` are kept out.
    pub(crate) fn new(
        response: Response,
        service: Service,
        subject: &str,
        secrets: &[&str],
    ) -> Result<Self, Error> {
        let envelope = open(&response.body);
        if let Some(Envelope {
            error: Some(error),
            request_id,
            ..
        }) = &envelope
        {
            return Err(service_error(error, request_id, service, subject, secrets));
        }
        if response.status != 200 {
            return Err(status_error(response.status, service, subject));
        }
        let Some(envelope) = envelope else {
            return Err(Error::new(
                ErrorKind::Unavailable,
                format!(
                    "{subject} failed: what answered is not {} (no JSON of its form); check {} and any \
                     proxy between",
                    service.name(),
                    service.property()
                ),
            ));
        };
        if envelope.request_id.is_empty() {
            return Err(malformed(service, subject, "has no RequestId", None));
        }
        Ok(Self {
            response: envelope.response,
            service,
            server_time: None,
            // Whoever answers may echo what it was sent, and this id goes into errors too.
            request_id: quote(&envelope.request_id, secrets),
        })
    }

    /// The answer's fields, as `read` finds them.
    pub(crate) fn fields<'a, T>(
        &'a self,
        subject: &str,
        read: impl FnOnce(&'a Json) -> Result<T, WrongForm>,
    ) -> Result<T, Error> {
        read(&self.response)
            .map_err(|_| self.malformed(subject, "does not have the documented form"))
    }

    /// The error for this answer, which cannot be accepted because it `what`.
    pub(crate) fn malformed(&self, subject: &str, what: &str) -> Error {
        malformed(self.service, subject, what, Some(self.request_id.clone()))
    }
}

/// What every answer of API 3.0 comes in.
struct Envelope {
    response: Json,
    error: Option<ServiceError>,
    /// `RequestId`; empty if there is none.
    request_id: String,
}

struct ServiceError {
    code: String,
    message: String,
}

/// Opens the envelope; `None` if `body` is no such thing.
fn open(body: &[u8]) -> Option<Envelope> {
    let response = Json::parse(body)?.into_field("Response")?;
    let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let request_id = own(response.text("RequestId").ok()?);
    let error = match response.field("Error").ok()? {
        Some(error) => Some(ServiceError {
            code: own(error.text("Code").ok()?),
            message: own(error.text("Message").ok()?),
        }),
        None => None,
    };
    Some(Envelope {
        response,
        error,
        request_id,
    })
}

fn service_error(
    error: &ServiceError,
    request_id: &str,
    service: Service,
    subject: &str,
    secrets: &[&str],
) -> Error {
    let code = quote(&error.code, secrets);
    let (name, meaning) = (service.name(), service.meaning(&code));
    let text = quote(&error.message, secrets);
    let said = if text.is_empty() { &code } else { &text };
    let mut error = Error::new(
        meaning.kind,
        format!("{subject} failed: {name} says: {said}; {}", meaning.advice),
    );
    error.retryable = meaning.retryable;
    error
        .with_code(Some(code))
        .with_request_id(Some(quote(request_id, secrets)))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::actions::SecretValueAnswer;

    fn answer(status: u16, body: &str) -> Result<Answer, Error> {
        let response = Response {
            status,
            date: None,
            body: Zeroizing::new(body.as_bytes().to_vec()),
        };
        Answer::new(response, Service::Ssm, "reading x", &["hunter2"])
    }

    fn error(status: u16, body: &str) -> Error {
        answer(status, body).err().expect("an error")
    }

    #[test]
    fn an_error_keeps_code_and_request_id() {
        let error = error(
            200,
            r#"{"Response":{"Error":{"Code":"ResourceNotFound.SecretNotExist","Message":"No such secret."},"RequestId":"r-1"}}"#,
        );
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert_eq!(
            error.code.as_deref(),
            Some("ResourceNotFound.SecretNotExist")
        );
        assert_eq!(error.request_id.as_deref(), Some("r-1"));
        assert_eq!(
            error.message,
            "reading x failed: SSM says: No such secret; check the name, the version and the region"
        );
    }

    #[test]
    fn a_request_id_never_holds_a_key() {
        let body = r#"{"Response":{"SecretName":"x","RequestId":"r-hunter2"}}"#;
        assert_eq!(answer(200, body).ok().unwrap().request_id, "r-[removed]");
    }

    #[test]
    fn an_error_without_request_id_keeps_its_code() {
        let error = error(200, r#"{"Response":{"Error":{"Code":"AuthFailure"}}}"#);
        assert_eq!(error.kind, ErrorKind::Unauthenticated);
        assert_eq!(error.code.as_deref(), Some("AuthFailure"));
        assert_eq!(error.request_id, None);
    }

    #[test]
    fn what_the_server_echoes_of_a_key_is_removed() {
        let error = error(
            200,
            r#"{"Response":{"Error":{"Code":"X.hunter2","Message":"bad key hunter2"},"RequestId":"hunter2"}}"#,
        );
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn an_error_envelope_counts_whatever_the_status() {
        let error = error(
            503,
            r#"{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":""},"RequestId":"r"}}"#,
        );
        assert_eq!(error.kind, ErrorKind::Throttled);
        assert!(error.message.contains("RequestLimitExceeded"));
    }

    #[test]
    fn statuses_without_an_envelope_say_what_to_check() {
        for (status, kind, retryable) in [
            (301, ErrorKind::Unavailable, false),
            (307, ErrorKind::Unavailable, false),
            (404, ErrorKind::Unavailable, false),
            (429, ErrorKind::Throttled, true),
            (500, ErrorKind::Unavailable, true),
            (599, ErrorKind::Unavailable, true),
            (204, ErrorKind::Unavailable, false),
        ] {
            let error = error(status, "<html>");
            assert_eq!((error.kind, error.retryable), (kind, retryable), "{status}");
            assert!(error.message.contains(&status.to_string()));
        }
    }

    #[test]
    fn bodies_that_are_not_ssms_are_refused() {
        let brackets = "[".repeat(500_000);
        let nested = format!(r#"{{"Response":{{"x":{brackets}"#);
        for body in [
            "",
            "null",
            "[]",
            "<html>",
            r#"{"Response":null}"#,
            r#"{"Response":[]}"#,
            r#"{"response":{"RequestId":"r"}}"#,
            r#"{"Response":{"RequestId":"r""#,
            r#"{"Response":{"RequestId":7}}"#,
            &brackets,
            &nested,
        ] {
            let error = error(200, body);
            assert_eq!(error.kind, ErrorKind::Unavailable);
            assert!(error.message.contains("not SSM"), "{error}");
        }
    }

    #[test]
    fn an_answer_without_request_id_is_refused() {
        for body in [
            r#"{"Response":{}}"#,
            r#"{"Response":{"RequestId":null}}"#,
            r#"{"Response":{"RequestId":""}}"#,
        ] {
            let error = error(200, body);
            assert_eq!(error.kind, ErrorKind::Internal);
            assert!(error.message.contains("no RequestId"), "{error}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_and_not_quoted() {
        let body = r#"{"Response":{"SecretString":{"pw":"s3cr3t"},"RequestId":"r"}}"#;
        let answer = answer(200, body).ok().unwrap();
        let error = answer
            .fields("reading x", SecretValueAnswer::read)
            .err()
            .unwrap();
        assert_eq!(error.kind, ErrorKind::Internal);
        assert_eq!(error.request_id.as_deref(), Some("r"));
        assert!(!error.message.contains("s3cr3t"));
    }
}
