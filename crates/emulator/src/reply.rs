//! SSM's answers: the envelope and the errors.

use serde_json::{Value, json};

/// An error as SSM gives it, with HTTP status 200.
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
