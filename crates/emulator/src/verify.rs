//! Who sends a request, and whether it is signed as it must be.

use http::{HeaderMap, request::Parts};

use crate::{
    Behaviour,
    keys::{Caller, Keys},
    reply::ApiError,
    tc3::{Authorization, signature},
};

/// How far a request's time may be from the server's, in seconds.
const WINDOW: i64 = 300;

/// The product that a request is for: on Tencent Cloud each has a host of its own, here the
/// credential's scope tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// Secrets Manager.
    Ssm,
    /// The Security Token Service.
    Sts,
}

impl Product {
    /// The name in a credential's scope.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::Ssm => "ssm",
            Self::Sts => "sts",
        }
    }

    /// The version of its API, for the header `X-TC-Version`.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Ssm => "2019-09-23",
            Self::Sts => "2018-08-13",
        }
    }
}

/// The product that a request is for and, if all is well with the signature, whose key signed it:
/// nobody's where the API wants none.
pub(crate) fn verify(
    request: &Parts,
    body: &[u8],
    keys: &Keys<'_>,
    behaviour: &Behaviour,
    now: i64,
) -> Result<(Product, Option<Caller>), ApiError> {
    let headers = &request.headers;
    let action = header(headers, "x-tc-action");
    if header(headers, "authorization") == "SKIP" && action == "AssumeRoleWithWebIdentity" {
        check_unsigned(headers, behaviour, now)?;
        return Ok((Product::Sts, None));
    }
    let authorization = Authorization::parse(header(headers, "authorization"))?;
    let product = match authorization.service {
        "sts" => Product::Sts,
        _ => Product::Ssm,
    };
    let timestamp = header(headers, "x-tc-timestamp");
    let seconds = seconds(timestamp)?;

    let clock = || check_clock(seconds, now, behaviour);
    if behaviour.clock_before_id {
        clock()?;
    }
    let key = keys.find(authorization.secret_id).ok_or_else(|| {
        ApiError::new(
            "AuthFailure.SecretIdNotFound",
            "The SecretId is not found, please ensure that your SecretId is correct.",
        )
    })?;
    clock()?;
    if key.forgotten {
        return Err(bad_token(&behaviour.forgotten_key_code));
    }
    if key.token != header(headers, "x-tc-token") || key.expires.is_some_and(|end| end <= now) {
        return Err(bad_token("AuthFailure.TokenFailure"));
    }
    let expected = signature(request, body, &authorization, key.secret_key, timestamp);
    if expected.as_deref() != Some(authorization.signature) {
        return Err(ApiError::new(
            "AuthFailure.SignatureFailure",
            "The provided credentials could not be validated. Please check your signature is \
             correct.",
        ));
    }
    Ok((product, Some(key.caller)))
}

/// The id of the key that a request says to be signed with; empty if it says none.
pub(crate) fn claimed_id(headers: &HeaderMap) -> &str {
    let authorization = Authorization::parse(header(headers, "authorization"));
    authorization.map_or("", |authorization| authorization.secret_id)
}

/// A call without a signature has a time all the same, and no token.
fn check_unsigned(headers: &HeaderMap, behaviour: &Behaviour, now: i64) -> Result<(), ApiError> {
    check_clock(seconds(header(headers, "x-tc-timestamp"))?, now, behaviour)?;
    if headers.contains_key("x-tc-token") {
        return Err(bad_token("AuthFailure.TokenFailure"));
    }
    Ok(())
}

fn seconds(timestamp: &str) -> Result<i64, ApiError> {
    if timestamp.is_empty() {
        return Err(ApiError::missing("X-TC-Timestamp"));
    }
    timestamp
        .parse()
        .map_err(|_| ApiError::invalid("X-TC-Timestamp"))
}

fn bad_token(code: &str) -> ApiError {
    ApiError::new(
        code,
        "Token verification failed, please check if your Token is correct.",
    )
}

fn check_clock(seconds: i64, now: i64, behaviour: &Behaviour) -> Result<(), ApiError> {
    let off = (seconds - now).abs();
    if off < WINDOW || off == WINDOW && behaviour.window_is_inclusive {
        return Ok(());
    }
    Err(ApiError::new(
        "AuthFailure.SignatureExpire",
        format!(
            "Signature expired. Please use local time and enable NTP service for time \
             synchronization to avoid a deviation between `Timestamp` and the server time {now}."
        ),
    ))
}

pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_five_minutes_to_either_side() {
        let mut behaviour = Behaviour::default();
        for off in [-300, -299, 0, 299, 300] {
            assert!(check_clock(10_000 + off, 10_000, &behaviour).is_ok());
        }
        for off in [-301, 301, 3_600] {
            assert!(check_clock(10_000 + off, 10_000, &behaviour).is_err());
        }
        behaviour.window_is_inclusive = false;
        assert!(check_clock(10_300, 10_000, &behaviour).is_err());
    }
}
