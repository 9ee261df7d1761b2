//! The services by requests as they come in, signed as they must be.

use std::time::Duration;

use http::{Request, request::Parts};
use serde_json::{Value as Json, json};

use crate::{
    Config, Fault, FaultKind, Role, SAMPLE_EXTERNAL_ID, SAMPLE_FOREIGN_ROLE_ARN,
    SAMPLE_POD_ROLE_ARN, SAMPLE_PROVIDER_ID, SAMPLE_ROLE_ARN, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY,
    SAMPLE_WEB_IDENTITY_TOKEN, TemporaryKey,
    service::{Front, plan},
    state::Shared,
    tc3::{Authorization, signature},
    time::utc_date,
    verify::Product,
};

struct World(Shared);

impl World {
    fn new() -> Self {
        Self(Shared::new(Config::sample()))
    }

    /// What is answered to a request that is signed with the key: id, key, token.
    fn ask(&self, product: Product, key: [&str; 3], action: &str, body: &Json) -> Json {
        self.send(Front::All, &self.signed(product, key, action, body), body)
    }

    fn code(&self, product: Product, key: [&str; 3], action: &str, body: &Json) -> String {
        code(&self.ask(product, key, action, body))
    }

    fn send(&self, front: Front, parts: &Parts, body: &Json) -> Json {
        let plan = plan(
            &mut self.0.lock(),
            front,
            parts,
            body.to_string().as_bytes(),
        );
        let answer: Json = serde_json::from_slice(&plan.answer.body).unwrap();
        answer["Response"].clone()
    }

    fn signed(
        &self,
        product: Product,
        [id, key, token]: [&str; 3],
        action: &str,
        body: &Json,
    ) -> Parts {
        let now = self.0.lock().now();
        let date = utc_date(now.unsigned_abs());
        let unsigned = format!(
            "TC3-HMAC-SHA256 Credential={id}/{date}/{}/tc3_request, \
             SignedHeaders=content-type;host, Signature=",
            product.service()
        );
        let mut parts = self.unsigned(product, action, &unsigned);
        let authorization = Authorization::parse(&unsigned).unwrap();
        let (text, time) = (body.to_string(), now.to_string());
        let signed = signature(&parts, text.as_bytes(), &authorization, key, &time).unwrap();
        let headers = &mut parts.headers;
        headers.insert(
            "authorization",
            format!("{unsigned}{signed}").parse().unwrap(),
        );
        if !token.is_empty() {
            headers.insert("x-tc-token", token.parse().unwrap());
        }
        parts
    }

    fn unsigned(&self, product: Product, action: &str, authorization: &str) -> Parts {
        let request = Request::post("/")
            .header("host", "127.0.0.1:1")
            .header("content-type", "application/json")
            .header("authorization", authorization)
            .header("x-tc-action", action)
            .header("x-tc-version", product.version())
            .header("x-tc-region", "ap-guangzhou")
            .header("x-tc-timestamp", self.0.lock().now());
        request.body(()).unwrap().into_parts().0
    }

    /// The keys of a role that was assumed.
    fn assume(&self, arn: &str, external_id: Option<&str>) -> TemporaryKey {
        let mut body = json!({"RoleArn": arn, "RoleSessionName": "session"});
        body["ExternalId"] = json!(external_id);
        let given = self.ask(Product::Sts, OWN, "AssumeRole", &body);
        let key = self.0.lock().issued.all().pop().unwrap();
        assert_eq!(
            given["Credentials"]["TmpSecretId"], key.secret_id,
            "{given}"
        );
        assert_eq!(given["ExpiredTime"], key.expires);
        key
    }
}

const OWN: [&str; 3] = [SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY, ""];

fn parts_of(key: &TemporaryKey) -> [&str; 3] {
    [&key.secret_id, &key.secret_key, &key.token]
}

fn code(response: &Json) -> String {
    response["Error"]["Code"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn read() -> Json {
    json!({"SecretName": "db-password", "VersionId": "v1"})
}

fn pod() -> Json {
    json!({
        "RoleArn": SAMPLE_POD_ROLE_ARN, "RoleSessionName": "session",
        "ProviderId": SAMPLE_PROVIDER_ID, "WebIdentityToken": SAMPLE_WEB_IDENTITY_TOKEN,
    })
}

#[test]
fn temporary_keys_open_ssm_with_their_token_until_they_end_or_are_forgotten() {
    let world = World::new();
    let key = world.assume(SAMPLE_ROLE_ARN, None);
    let [id, secret, token] = parts_of(&key);
    let get = |key: [&str; 3]| world.code(Product::Ssm, key, "GetSecretValue", &read());
    assert_eq!(get([id, secret, token]), "");
    let failure = "AuthFailure.TokenFailure";
    assert_eq!(get([id, secret, ""]), failure);
    assert_eq!(get([id, secret, "another"]), failure);
    assert_eq!(get([id, "another", token]), "AuthFailure.SignatureFailure");
    assert_eq!(
        get(["AKIDtmpother", secret, token]),
        "AuthFailure.SecretIdNotFound"
    );
    world.0.lock().config.clock_offset = 7_199;
    assert_eq!(get([id, secret, token]), "");
    world.0.lock().config.clock_offset = 7_201;
    assert_eq!(get([id, secret, token]), failure);
    world.0.lock().config.clock_offset = 0;
    world.0.lock().issued.forget();
    assert_eq!(get([id, secret, token]), failure);
    world.0.lock().config.behaviour.forgotten_key_code = "AuthFailure.SecretIdNotFound".to_owned();
    assert_eq!(get([id, secret, token]), "AuthFailure.SecretIdNotFound");
    world.0.lock().config.key_life = Some(Duration::ZERO);
    let ended = world.assume(SAMPLE_ROLE_ARN, None);
    assert_eq!(get(parts_of(&ended)), failure);
}

#[test]
fn a_role_may_do_what_its_policy_says_and_is_known_by_its_session() {
    let world = World::new();
    let role = Role::new("300000000003", "narrow").deny("ListSecrets");
    world.0.lock().config.roles.push(role.clone());
    let key = world.assume(&role.arn_by_id(), None);
    let key = parts_of(&key);
    assert_eq!(world.code(Product::Ssm, key, "GetSecretValue", &read()), "");
    let denied = world.code(Product::Ssm, key, "ListSecrets", &json!({}));
    assert_eq!(denied, "UnauthorizedOperation");
    let who = world.ask(Product::Sts, key, "GetCallerIdentity", &json!({}));
    assert_eq!(who["UserId"], format!("{}:session", role.id));
    let partner = world.assume(SAMPLE_FOREIGN_ROLE_ARN, Some(SAMPLE_EXTERNAL_ID));
    let who = world.ask(
        Product::Sts,
        parts_of(&partner),
        "GetCallerIdentity",
        &json!({}),
    );
    assert_eq!(who["AccountId"], "200000000002");
}

#[test]
fn a_role_limits_how_long_its_sessions_are() {
    let world = World::new();
    let role = Role::new("1", "short").longest_session(Duration::from_secs(900));
    world.0.lock().config.roles.push(role.clone());
    let body = |seconds: u32| json!({"RoleArn": role.arn(), "RoleSessionName": "session", "DurationSeconds": seconds});
    let longer = world.code(Product::Sts, OWN, "AssumeRole", &body(901));
    assert_eq!(longer, "InvalidParameter.OverTimeError");
    assert_eq!(world.code(Product::Sts, OWN, "AssumeRole", &body(900)), "");
}

#[test]
fn a_web_identity_needs_no_signature_and_everything_else_does() {
    let world = World::new();
    let action = "AssumeRoleWithWebIdentity";
    let mut parts = world.unsigned(Product::Sts, action, "SKIP");
    let given = world.send(Front::All, &parts, &pod());
    assert!(given["Credentials"]["Token"].is_string(), "{given}");
    parts.headers.insert("x-tc-token", "stray".parse().unwrap());
    let refused = world.send(Front::All, &parts, &pod());
    assert_eq!(code(&refused), "AuthFailure.TokenFailure");
    for action in ["AssumeRole", "GetCallerIdentity", "GetSecretValue"] {
        let parts = world.unsigned(Product::Sts, action, "SKIP");
        let refused = world.send(Front::All, &parts, &pod());
        assert_eq!(code(&refused), "AuthFailure.InvalidAuthorization");
    }
    let mut late = world.unsigned(Product::Sts, action, "SKIP");
    late.headers.insert("x-tc-timestamp", "1".parse().unwrap());
    let refused = world.send(Front::All, &late, &pod());
    assert_eq!(code(&refused), "AuthFailure.SignatureExpire");
}

#[test]
fn products_are_told_apart_by_the_scope_and_a_listener_may_serve_one() {
    let world = World::new();
    let unknown = world.code(Product::Sts, OWN, "GetSecretValue", &read());
    assert_eq!(unknown, "InvalidAction");
    let mut parts = world.signed(Product::Ssm, OWN, "GetSecretValue", &read());
    let only = |product: Product| world.send(Front::Only(product), &parts, &read());
    assert_eq!(code(&only(Product::Ssm)), "");
    assert_eq!(code(&only(Product::Sts)), "NoSuchProduct");
    let other = Product::Sts.version().parse().unwrap();
    parts.headers.insert("x-tc-version", other);
    let refused = world.send(Front::All, &parts, &read());
    assert_eq!(code(&refused), "NoSuchVersion");
}

#[test]
fn faults_befall_sts_by_action_and_role_and_rates_are_kept() {
    let world = World::new();
    let fault = Fault::new(FaultKind::Error("InternalError".to_owned()));
    world.0.lock().config.faults =
        vec![fault.on("AssumeRole").of(SAMPLE_FOREIGN_ROLE_ARN).times(1)];
    let body = json!({
        "RoleArn": SAMPLE_FOREIGN_ROLE_ARN, "RoleSessionName": "session",
        "ExternalId": SAMPLE_EXTERNAL_ID,
    });
    world.assume(SAMPLE_ROLE_ARN, None);
    assert_eq!(
        world.code(Product::Sts, OWN, "AssumeRole", &body),
        "InternalError"
    );
    assert_eq!(world.code(Product::Sts, OWN, "AssumeRole", &body), "");
    world.0.lock().config.faults = vec![Fault::new(FaultKind::NoKeys)];
    let given = world.ask(Product::Sts, OWN, "AssumeRole", &body);
    assert!(given["Credentials"].is_null() && given["ExpiredTime"].is_number());
    let codes: Vec<String> = (0..21)
        .map(|_| world.code(Product::Sts, OWN, "GetCallerIdentity", &json!({})))
        .collect();
    assert_eq!(
        (codes[19].as_str(), codes[20].as_str()),
        ("", "RequestLimitExceeded")
    );
}

#[test]
fn faults_befall_the_metadata_service_and_it_is_counted() {
    let world = World::new();
    let get = |path: &str| {
        let (parts, ()) = Request::get(path).body(()).unwrap().into_parts();
        let plan = plan(&mut world.0.lock(), Front::All, &parts, b"");
        let body = String::from_utf8(plan.answer.body).unwrap();
        (plan.answer.status.as_u16(), body, plan.fault)
    };
    let name = "/latest/meta-data/cam/security-credentials/";
    let keys = "/latest/meta-data/cam/security-credentials/ssm-reader";
    let error = Fault::new(FaultKind::Error("Failed".to_owned()));
    world.0.lock().config.faults = vec![
        error.on("MetadataRoleKeys").of("ssm-reader").times(1),
        Fault::new(FaultKind::LineEnd).on("MetadataRoleName"),
    ];
    let (status, body, fault) = get(name);
    assert_eq!((status, body.as_str()), (200, "ssm-reader"));
    assert_eq!(fault, Some(FaultKind::LineEnd));
    assert_eq!(get(keys).1, r#"{"Code":"Failed"}"#);
    assert!(get(keys).1.contains("TmpSecretKey"));
    let actions: Vec<String> = world
        .0
        .lock()
        .seen
        .iter()
        .map(|it| it.action.clone())
        .collect();
    assert_eq!(
        actions,
        ["MetadataRoleName", "MetadataRoleKeys", "MetadataRoleKeys"]
    );
    let key = world.0.lock().issued.all().pop().unwrap();
    assert_eq!(
        world.code(Product::Ssm, parts_of(&key), "GetSecretValue", &read()),
        ""
    );
}
