//! What goes wrong, and how a read ends then.

use dapr_wasm_host::Kind::{
    self, Internal, InvalidConfig, InvalidRequest, NotFound, PermissionDenied, Throttled, Timeout,
    Unauthenticated, Unavailable,
};
use ssm_emulator::Certificate;

use super::world::Wrong;
use crate::peer::Manners::{self, Closes, Resets, Says, SaysAndStays, Silent};

/// One fault, and how both operations end: with an error of this kind, or without.
pub(super) struct Row {
    pub(super) wrong: Wrong,
    pub(super) get: Option<Kind>,
    pub(super) bulk: Option<Kind>,
}

/// All of them.
pub(super) fn table() -> Vec<Row> {
    let both = |wrong, kind: Kind| Row {
        wrong,
        get: Some(kind),
        bulk: Some(kind),
    };
    let mut table: Vec<Row> = ANSWERS
        .iter()
        .map(|(fault, get, bulk)| Row {
            wrong: Wrong::Answer(fault),
            get: *get,
            bulk: *bulk,
        })
        .collect();
    for body in [
        &b""[..],
        b"<html>a proxy's page</html>",
        b"null",
        br#"{"Response":[]}"#,
        br#"{"Response":{"RequestId":"r""#,
        b"{\"Response\":{\"RequestId\":\"\xff\"}}",
        b"\xef\xbb\xbf{\"Response\":{\"RequestId\":\"r\"}}",
        "[".repeat(500_000).as_bytes(),
    ] {
        table.push(both(Wrong::Body(body.to_vec()), Unavailable));
    }
    for sort in [
        Certificate::Expired,
        Certificate::NotYet,
        Certificate::WrongName,
        Certificate::Stranger,
        Certificate::SelfSigned,
    ] {
        table.push(both(Wrong::Certificate(sort), Unavailable));
    }
    for (scheme, manners, kind) in PEERS {
        table.push(both(Wrong::Peer(scheme, *manners), *kind));
    }
    table.push(both(Wrong::Scheme("http"), Unavailable));
    table.push(both(Wrong::Scheme("https"), Unavailable));
    table.push(both(Wrong::Denied, Unavailable));
    table.push(both(Wrong::Nobody, Unavailable));
    table
}

/// Faults of the emulator: how a single read ends, and how a bulk read.
const ANSWERS: &[(&str, Option<Kind>, Option<Kind>)] = &[
    ("latency=200ms", None, None),
    ("latency=60s", Some(Timeout), Some(Timeout)),
    ("drip=20ms", None, None),
    ("drip=10s", Some(Timeout), Some(Timeout)),
    ("no-length", None, None),
    ("gzip", Some(Unavailable), Some(Unavailable)),
    ("huge", Some(Internal), Some(Internal)),
    ("huge-head", Some(Unavailable), Some(Unavailable)),
    ("reset", Some(Unavailable), Some(Unavailable)),
    ("close", Some(Unavailable), Some(Unavailable)),
    ("truncated", Some(Unavailable), Some(Unavailable)),
    ("silent", Some(Timeout), Some(Timeout)),
    ("silent-body", Some(Timeout), Some(Timeout)),
    ("silent@ListSecrets", None, Some(Timeout)),
    ("silent@GetSecretValue/db-password", None, Some(Timeout)),
    ("silent-body@ListSecretVersionIds", None, Some(Timeout)),
    ("status=204", Some(Unavailable), Some(Unavailable)),
    ("status=301", Some(Unavailable), Some(Unavailable)),
    (
        "redirect=http://127.0.0.1:1/",
        Some(Unavailable),
        Some(Unavailable),
    ),
    ("status=400", Some(Unavailable), Some(Unavailable)),
    ("status=401", Some(Unavailable), Some(Unavailable)),
    ("status=403", Some(Unavailable), Some(Unavailable)),
    ("status=404", Some(Unavailable), Some(Unavailable)),
    ("status=407", Some(Unavailable), Some(Unavailable)),
    ("status=429", Some(Throttled), Some(Throttled)),
    ("status=500", Some(Unavailable), Some(Unavailable)),
    ("status=502", Some(Unavailable), Some(Unavailable)),
    ("status=503", Some(Unavailable), Some(Unavailable)),
    ("status=504", Some(Unavailable), Some(Unavailable)),
    ("status=502@ListSecrets", None, Some(Unavailable)),
    ("error=InternalError", Some(Unavailable), Some(Unavailable)),
    (
        "error=FailedOperation",
        Some(Unavailable),
        Some(Unavailable),
    ),
    (
        "error=ServiceUnavailable",
        Some(Unavailable),
        Some(Unavailable),
    ),
    (
        "error=RequestLimitExceeded",
        Some(Throttled),
        Some(Throttled),
    ),
    ("error=LimitExceeded", Some(Internal), Some(Internal)),
    (
        "error=UnauthorizedOperation",
        Some(PermissionDenied),
        Some(PermissionDenied),
    ),
    (
        "error=UnauthorizedOperation@ListSecrets",
        None,
        Some(PermissionDenied),
    ),
    (
        "error=OperationDenied.RoleNotExist",
        Some(PermissionDenied),
        Some(PermissionDenied),
    ),
    (
        "error=IpNotInWhitelist",
        Some(PermissionDenied),
        Some(PermissionDenied),
    ),
    (
        "error=AuthFailure.SignatureFailure",
        Some(Unauthenticated),
        Some(Unauthenticated),
    ),
    (
        "error=AuthFailure.SignatureExpire",
        Some(Unauthenticated),
        Some(Unauthenticated),
    ),
    (
        "error=AuthFailure.TokenFailure",
        Some(Unauthenticated),
        Some(Unauthenticated),
    ),
    (
        "error=AuthFailure.SecretIdNotFound",
        Some(Unauthenticated),
        Some(Unauthenticated),
    ),
    ("error=ResourceNotFound", Some(NotFound), Some(NotFound)),
    (
        "error=ResourceNotFound@GetSecretValue",
        Some(NotFound),
        None,
    ),
    (
        "error=ResourceUnavailable.ResourceDisabled@GetSecretValue",
        Some(NotFound),
        None,
    ),
    (
        "error=ResourceUnavailable.NotPurchased",
        Some(Unavailable),
        Some(Unavailable),
    ),
    (
        "error=InvalidParameterValue",
        Some(InvalidRequest),
        Some(InvalidRequest),
    ),
    (
        "error=MissingParameter",
        Some(InvalidRequest),
        Some(InvalidRequest),
    ),
    (
        "error=UnsupportedRegion",
        Some(InvalidConfig),
        Some(InvalidConfig),
    ),
    (
        "error=InvalidAction",
        Some(InvalidConfig),
        Some(InvalidConfig),
    ),
    (
        "error=SomethingNew.Entirely",
        Some(Internal),
        Some(Internal),
    ),
    ("wrong-name@GetSecretValue", Some(Internal), Some(Internal)),
    ("wrong-name@ListSecretVersionIds", None, Some(Internal)),
    // SSM_Current may be answered with the version that it stands for.
    ("wrong-version@GetSecretValue", None, Some(Internal)),
    ("both-values@GetSecretValue", Some(Internal), Some(Internal)),
    (
        "empty-values@GetSecretValue",
        Some(Internal),
        Some(Internal),
    ),
    ("no-request-id", Some(Internal), Some(Internal)),
    ("no-request-id@ListSecrets", None, Some(Internal)),
    (
        r#"raw={"Response":{"TotalCount":5,"SecretMetadatas":[],"RequestId":"r"}}@ListSecrets"#,
        None,
        Some(Internal),
    ),
];

/// What is no web server, how it is spoken to, and how both operations end.
const PEERS: &[(&str, Manners, Kind)] = &[
    ("http", Closes, Unavailable),
    ("http", Resets, Unavailable),
    ("http", Silent, Timeout),
    ("http", Says(b"SSH-2.0-OpenSSH_9.7\r\n"), Unavailable),
    ("http", Says(b"\x15\x03\x03\x00\x02\x02\x16"), Unavailable),
    ("http", Says(b"HTTP/9.9 200 OK\r\n\r\n"), Unavailable),
    (
        "http",
        Says(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n"),
        Unavailable,
    ),
    (
        "http",
        Says(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}"),
        Unavailable,
    ),
    (
        "http",
        Says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"),
        Unavailable,
    ),
    (
        "http",
        Says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
        Unavailable,
    ),
    (
        "http",
        Says(b"HTTP/1.1 200 OK\r\nx\0y: z\r\n\r\n"),
        Unavailable,
    ),
    ("http", Says(b"HTTP/1.1 100 Continue\r\n\r\n"), Unavailable),
    (
        "http",
        Says(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
        Unavailable,
    ),
    ("http", SaysAndStays(b"HTTP/1.1 200 OK\r\n"), Timeout),
    (
        "http",
        SaysAndStays(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
        Timeout,
    ),
    ("https", Closes, Unavailable),
    ("https", Resets, Unavailable),
    ("https", Silent, Timeout),
    ("https", Says(b"SSH-2.0-OpenSSH_9.7\r\n"), Unavailable),
];
