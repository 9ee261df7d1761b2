//! What the metadata service answers, and what is made of it.

use std::time::Duration;

use super::{
    cloud::{Cloud, METADATA, PATH, cvm_role},
    script::{Reply, Script, World},
    *,
};
use crate::{CredentialChain, CredentialSource, ErrorKind, Step, TransportError};

const KEYS: &str =
    r#"{"TmpSecretId":"AKIDtest","TmpSecretKey":"test-secret-key","Token":"test-token"}"#;

/// A client of a CVM whose metadata service answers `role` and `keys`.
fn machine(
    role: impl Fn() -> Reply + 'static,
    keys: impl Fn() -> Reply + 'static,
) -> (Client<Script>, std::rc::Rc<World>) {
    let cloud = Cloud::new();
    cloud.fault(move |seen| match seen.authority.as_str() {
        METADATA if seen.action == PATH => Some(role()),
        METADATA => Some(keys()),
        _ => None,
    });
    cloud.client(cvm_role())
}

#[test]
fn the_first_line_is_the_role_trimmed_and_encoded() {
    for (answer, path) in [
        ("reader", "reader"),
        ("reader\n", "reader"),
        ("\r\n reader \r\nother\r\n", "reader"),
        ("a/b?c", "a%2Fb%3Fc"),
        ("..", "%2E%2E"),
        ("角", "%E8%A7%92"),
    ] {
        let (client, world) = machine(move || Reply::raw(200, answer), || Reply::raw(200, KEYS));
        success(get(&client, &world));
        assert_eq!(world.seen()[1].action, format!("{PATH}{path}"));
    }
}

#[test]
fn fields_may_be_null_or_absent_as_long_as_there_are_keys() {
    let more = [
        r#""Code":null,"ExpiredTime":null,"Expiration":null"#,
        r#""Code":"Success","ExpiredTime":1700007200,"New":[1]"#,
    ];
    for more in more {
        let keys = KEYS.replace('}', &format!(",{more}}}"));
        let (client, world) = machine(|| Reply::raw(200, "r"), move || Reply::raw(200, &*keys));
        success(get(&client, &world));
    }
}

#[test]
fn what_is_no_answer_of_the_metadata_services_is_an_error() {
    let long = "r".repeat(1_000);
    let roles: [(u16, &[u8]); 6] = [
        (200, b""),
        (200, b" \n \n"),
        (200, b"\xff\xfe"),
        (200, long.as_bytes()),
        (302, b""),
        (500, b"reader"),
    ];
    for (status, body) in roles {
        let body = body.to_vec();
        let (client, world) = machine(
            move || Reply::raw(status, body.clone()),
            || Reply::raw(200, KEYS),
        );
        let error = failure(get(&client, &world));
        assert!(error.about_keys, "{error}");
        assert!(
            error.message.contains("metadataEndpoint") || status == 500,
            "{error}"
        );
    }
    for body in [
        "",
        "<html>",
        "null",
        "[]",
        "{}",
        r#"{"TmpSecretId":"","TmpSecretKey":"k","Token":"t"}"#,
        r#"{"TmpSecretId":"i","TmpSecretKey":null,"Token":"t"}"#,
        r#"{"TmpSecretId":"i\r\nx","TmpSecretKey":"k","Token":"t"}"#,
        r#"{"TmpSecretId":"i","TmpSecretKey":"k","Token":"t\r\nx: y"}"#,
        r#"{"TmpSecretId":"i","TmpSecretKey":"k","Token":7}"#,
        r#"{"TmpSecretId":"i","TmpSecretKey":"k","Token":"t","ExpiredTime":"soon"}"#,
        r#"{"TmpSecretId":"i","TmpSecretId":"j","TmpSecretKey":"k","Token":"t"}"#,
        &"[".repeat(100_000),
    ] {
        let body = body.to_owned();
        let (client, world) = machine(
            || Reply::raw(200, "r"),
            move || Reply::raw(200, body.clone()),
        );
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, ErrorKind::Internal, "{error}");
        assert!(error.message.contains("documented form"), "{error}");
    }
    let too_large = || Reply::broken(TransportError::BodyTooLarge);
    let (client, world) = machine(too_large, || Reply::raw(200, KEYS));
    assert_eq!(failure(get(&client, &world)).kind, ErrorKind::Internal);
}

#[test]
fn a_code_other_than_success_is_a_failure() {
    let body = KEYS.replace('}', r#","Code":"NotAuthorized test-secret-key"}"#);
    let (client, world) = machine(|| Reply::raw(200, "r"), move || Reply::raw(200, &*body));
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(error.code.as_deref(), Some("NotAuthorized [removed]"));
}

#[test]
fn a_machine_without_a_role_says_so() {
    let (client, world) = machine(|| Reply::raw(404, "<html>"), || Reply::raw(200, KEYS));
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::InvalidConfig);
    assert!(error.message.contains("bind a CAM role"), "{error}");
    assert_eq!(world.seen().len(), 1);

    let source = CredentialSource::CvmRole {
        name: Some("other".to_owned()),
    };
    let (client, world) = Cloud::new().client(CredentialChain::new(source));
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::InvalidConfig);
    assert!(error.message.contains("no role other"), "{error}");
}

#[test]
fn a_metadata_service_that_is_not_there_is_given_a_second() {
    let silent = [Reply::never as fn() -> Reply, || {
        Reply::never().begun_after(Duration::from_millis(10))
    }];
    for silent in silent {
        let (client, world) = machine(silent, || Reply::raw(200, KEYS));
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, ErrorKind::Unavailable);
        assert!(error.retryable && error.about_keys);
        assert!(error.message.contains("within 1s"), "{error}");
        assert_eq!(world.now(), Duration::from_secs(1));
    }
    let (client, world) = machine(|| Reply::raw(200, "r"), Reply::never);
    failure(get(&client, &world));
    assert_eq!(world.now(), Duration::from_secs(1));

    let refused = || Reply::broken(TransportError::Failed(Step::Connect, "refused".into()));
    let (client, world) = machine(refused, || Reply::raw(200, KEYS));
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(
        error.message.contains("http://metadata.tencentyun.com"),
        "{error}"
    );
    assert!(world.now() <= Duration::from_secs(1));
}

#[test]
fn a_chain_that_yields_nothing_says_what_was_not_set() {
    let earlier = "secretId and secretKey are not set";
    let chain = || {
        let mut chain = cvm_role();
        chain.earlier = earlier.to_owned();
        chain
    };
    let replies: [(fn() -> Reply, ErrorKind); 3] = [
        (|| Reply::raw(404, ""), ErrorKind::InvalidConfig),
        (Reply::never, ErrorKind::Unavailable),
        (
            || Reply::broken(TransportError::NotPermitted("not allowed".into())),
            ErrorKind::InvalidConfig,
        ),
    ];
    for (reply, kind) in replies {
        let cloud = Cloud::new();
        cloud.fault(move |seen| (seen.authority == METADATA).then(reply));
        let (client, world) = cloud.client(chain());
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(earlier), "{error}");
        assert!(error.message.contains("role of this CVM"), "{error}");
    }
    // Keys that are there and may not assume a role are another matter.
    let cloud = Cloud::new();
    cloud.fault(|seen| {
        let sts = seen.action == "AssumeRole";
        sts.then(|| Reply::code("UnauthorizedOperation"))
    });
    let mut chain = chain();
    chain.role = Some(cloud::role());
    let (client, world) = cloud.client(chain);
    let error = failure(get(&client, &world));
    assert!(!error.message.contains(earlier), "{error}");
}
