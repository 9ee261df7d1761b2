//! What the services answer: the envelope of their APIs, and errors.

use http::StatusCode;
use serde_json::{Value, json};

/// An answer before any fault befalls it.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(body: &Value) -> Self {
        Self {
            status: StatusCode::OK,
            // Exactly this type: the official Python SDK looks for errors in no other.
            content_type: "application/json",
            body: body.to_string().into_bytes(),
        }
    }

    pub(crate) fn text(status: StatusCode, body: &str) -> Self {
        Self {
            status,
            content_type: "text/plain",
            body: body.as_bytes().to_vec(),
        }
    }
}

/// An error as SSM and STS give it, with HTTP status 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }

    pub(crate) fn action() -> Self {
        Self::new(
            "InvalidAction",
            "The request `Action` is invalid or not found.",
        )
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(
            "MissingParameter",
            format!("The request is missing a required parameter `{parameter}`."),
        )
    }

    pub(crate) fn invalid(parameter: &str) -> Self {
        Self::new(
            "InvalidParameterValue",
            format!("The value of the parameter `{parameter}` is invalid."),
        )
    }
}

/// The body of an answer: of its fields beside `RequestId`, or of an error.
pub(crate) fn envelope(reply: &Result<Value, ApiError>, request_id: Option<&str>) -> Value {
    let mut response = match reply {
        Ok(fields) => fields.clone(),
        Err(error) => json!({"Error": {"Code": error.code, "Message": error.message}}),
    };
    if let Some(request_id) = request_id {
        response["RequestId"] = json!(request_id);
    }
    json!({ "Response": response })
}
