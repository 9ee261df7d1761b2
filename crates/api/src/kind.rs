//! The nine error kinds of `dapr:secretstores`, and what each is over HTTP and gRPC: the one table.

use std::fmt;

/// Who can mend an error; the contract's `error-kind` (`wit/secretstores.wit`). Displays as written
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The store's configuration is missing or wrong. The operator mends the named property.
    InvalidConfig,
    /// The caller asked for something impossible. The caller changes the request.
    InvalidRequest,
    /// There is no such secret or version, or it is disabled.
    NotFound,
    /// The store's identity may not do this. The operator extends its policy.
    PermissionDenied,
    /// The backend refuses the store's identity. The operator changes the credentials.
    Unauthenticated,
    /// The backend, or the host, asks to slow down. The caller tries later.
    Throttled,
    /// The backend cannot be reached or is out of order. The operator checks network and service.
    Unavailable,
    /// A deadline passed. The caller tries again, or the operator raises the limit.
    Timeout,
    /// An answer that cannot be accepted, or a fault of the store or the host.
    Internal,
}

impl Kind {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 9] = [
        Self::InvalidConfig,
        Self::InvalidRequest,
        Self::NotFound,
        Self::PermissionDenied,
        Self::Unauthenticated,
        Self::Throttled,
        Self::Unavailable,
        Self::Timeout,
        Self::Internal,
    ];

    /// As written in the contract, such as `not-found`.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidConfig => "invalid-config",
            Self::InvalidRequest => "invalid-request",
            Self::NotFound => "not-found",
            Self::PermissionDenied => "permission-denied",
            Self::Unauthenticated => "unauthenticated",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
        }
    }

    /// The code over gRPC (<https://grpc.io/docs/guides/status-codes/>) of a pluggable component,
    /// whose contract leaves it open. Dapr's API for applications has `INTERNAL` for all.
    pub fn grpc(self) -> u8 {
        match self {
            Self::InvalidConfig => code::FAILED_PRECONDITION,
            Self::InvalidRequest => code::INVALID_ARGUMENT,
            Self::NotFound => code::NOT_FOUND,
            Self::PermissionDenied => code::PERMISSION_DENIED,
            Self::Unauthenticated => code::UNAUTHENTICATED,
            Self::Throttled => code::RESOURCE_EXHAUSTED,
            Self::Unavailable => code::UNAVAILABLE,
            Self::Timeout => code::DEADLINE_EXCEEDED,
            Self::Internal => code::INTERNAL,
        }
    }

    /// The status and the `errorCode` over HTTP: one for all kinds, as daprd answers whatever a
    /// store says, a missing secret too. The kind itself is in the header
    /// [`Answer::KIND`](crate::Answer::KIND).
    pub fn http(self) -> (u16, &'static str) {
        (500, "ERR_SECRET_GET")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// gRPC's status codes, as far as they are used.
pub(crate) mod code {
    pub(crate) const INVALID_ARGUMENT: u8 = 3;
    pub(crate) const DEADLINE_EXCEEDED: u8 = 4;
    pub(crate) const NOT_FOUND: u8 = 5;
    pub(crate) const PERMISSION_DENIED: u8 = 7;
    pub(crate) const RESOURCE_EXHAUSTED: u8 = 8;
    pub(crate) const FAILED_PRECONDITION: u8 = 9;
    pub(crate) const INTERNAL: u8 = 13;
    pub(crate) const UNAVAILABLE: u8 = 14;
    pub(crate) const UNAUTHENTICATED: u8 = 16;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_name_and_its_codes() {
        let table = [
            ("invalid-config", 9),
            ("invalid-request", 3),
            ("not-found", 5),
            ("permission-denied", 7),
            ("unauthenticated", 16),
            ("throttled", 8),
            ("unavailable", 14),
            ("timeout", 4),
            ("internal", 13),
        ];
        for (kind, (name, grpc)) in Kind::ALL.into_iter().zip(table) {
            assert_eq!((kind.to_string().as_str(), kind.grpc()), (name, grpc));
            assert_eq!(kind.http(), (500, "ERR_SECRET_GET"), "{name}");
        }
    }
}
