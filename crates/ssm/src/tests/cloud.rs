//! A cloud in place of the script's server: SSM, STS and the metadata service, with keys that end.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use serde_json::json;
use zeroize::Zeroizing;

use super::script::{EPOCH, Reply, SECRET_KEY, Script, Seen, World, client_of, given};
use crate::{Client, Config, CredentialChain, CredentialSource, Role, SecretName, Transport};

pub(crate) const ROLE: &str = "qcs::cam::uin/100000000001:roleName/reader";
pub(crate) const WEB_IDENTITY: &str = "eyJhbGciOi.web-identity.c2lnbmF0dXJl";
pub(crate) const EXTERNAL_ID: &str = "external-id-1";
pub(crate) const METADATA: &str = "metadata.tencentyun.com";
pub(crate) const STS: &str = "sts.tencentcloudapi.com";
pub(crate) const PATH: &str = "/latest/meta-data/cam/security-credentials/";

/// What a cloud does otherwise than usual, where it says anything.
type Fault = Box<dyn Fn(&Seen) -> Option<Reply>>;

pub(crate) struct Cloud {
    /// For how long keys are good, in seconds.
    pub(crate) life: Cell<u64>,
    /// How far its clock is ahead of ours, in seconds.
    pub(crate) ahead: Cell<i64>,
    /// Whether its answers tell its time.
    pub(crate) dated: Cell<bool>,
    pub(crate) fault: RefCell<Option<Fault>>,
    /// When each of the keys ends that were given out, by the cloud's clock.
    issued: RefCell<Vec<i64>>,
}

impl Cloud {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            life: Cell::new(7_200),
            ahead: Cell::new(0),
            dated: Cell::new(false),
            fault: RefCell::new(None),
            issued: RefCell::new(Vec::new()),
        })
    }

    pub(crate) fn client(self: &Rc<Self>, chain: CredentialChain) -> (Client<Script>, Rc<World>) {
        self.client_with(chain, |_| ())
    }

    pub(crate) fn client_with(
        self: &Rc<Self>,
        chain: CredentialChain,
        configure: impl FnOnce(&mut Config),
    ) -> (Client<Script>, Rc<World>) {
        let cloud = Rc::clone(self);
        client_of(chain, configure, move |seen| cloud.answer(seen))
    }

    pub(crate) fn fault(&self, fault: impl Fn(&Seen) -> Option<Reply> + 'static) {
        self.fault.replace(Some(Box::new(fault)));
    }

    pub(crate) fn heal(&self) {
        self.fault.take();
    }

    /// Forgets all keys that were given out.
    pub(crate) fn forget(&self) {
        self.issued.borrow_mut().iter_mut().for_each(|end| *end = 0);
    }

    pub(crate) fn issued(&self) -> usize {
        self.issued.borrow().len()
    }

    fn now(&self, seen: &Seen) -> i64 {
        EPOCH as i64 + seen.at.as_secs() as i64 + self.ahead.get()
    }

    fn answer(&self, seen: &Seen) -> Reply {
        let fault = self.fault.borrow();
        let reply = fault.as_ref().and_then(|fault| fault(seen));
        let reply = reply.unwrap_or_else(|| self.usual(seen));
        if self.dated.get() {
            return reply.dated(self.now(seen) as u64);
        }
        reply
    }

    fn usual(&self, seen: &Seen) -> Reply {
        if seen.authority == METADATA {
            return match seen.action.strip_prefix(PATH) {
                Some("") => Reply::raw(200, "CVM_reader\n"),
                Some("CVM_reader") => Reply::raw(200, self.keys(seen, true).to_string()),
                _ => Reply::raw(404, "not found"),
            };
        }
        if seen.headers["authorization"] == "SKIP" {
            assert_eq!(seen.action, "AssumeRoleWithWebIdentity");
            assert!(!seen.headers.contains_key("x-tc-token"));
            return match seen.field("WebIdentityToken") {
                WEB_IDENTITY => Reply::ok(self.keys(seen, false)),
                _ => Reply::code("InvalidParameter.WebIdentityTokenError"),
            };
        }
        if let Some(code) = self.refusal(seen) {
            return Reply::code(code);
        }
        match seen.action.as_str() {
            "AssumeRole" => Reply::ok(self.keys(seen, false)),
            "GetCallerIdentity" => Reply::ok(json!({
                "AccountId": "100000000001", "Arn": "qcs::sts:100000000001:assumed-role/4611",
                "Type": "CAMRole", "UserId": "4611:dapr-secretstores", "PrincipalId": "4611",
            })),
            "GetSecretValue" => Reply::text(seen.field("SecretName"), "SSM_Current", "value"),
            "ListSecrets" => Reply::ok(json!({ "TotalCount": 3, "SecretMetadatas": [
                { "SecretName": "a" }, { "SecretName": "b" }, { "SecretName": "c" },
            ]})),
            "GetServiceStatus" => Reply::ok(json!({})),
            other => panic!("{other}"),
        }
    }

    /// Gives out keys.
    fn keys(&self, seen: &Seen, flat: bool) -> serde_json::Value {
        let end = self.now(seen) + self.life.get() as i64;
        self.issued.borrow_mut().push(end);
        let number = self.issued();
        let mut keys = json!({
            "TmpSecretId": format!("AKIDtmp{number}"),
            "TmpSecretKey": format!("tmp-key-{number}"),
            "Token": format!("tmp-token-{number}"),
        });
        if flat {
            keys["ExpiredTime"] = json!(end);
            keys["Expiration"] = json!("2023-11-14T22:13:20Z");
            keys["Code"] = json!("Success");
            return keys;
        }
        json!({ "Credentials": keys, "ExpiredTime": end, "Expiration": "2023-11-14T22:13:20Z" })
    }

    /// What a service says against the signature, the time and the keys of a request.
    fn refusal(&self, seen: &Seen) -> Option<&'static str> {
        let (_, rest) = seen.headers["authorization"].split_once("Credential=")?;
        let (id, _) = rest.split_once('/')?;
        let number = id.strip_prefix("AKIDtmp").map(str::parse::<usize>);
        let (key, token, end) = match number {
            None => (
                SECRET_KEY.to_owned(),
                super::script::TOKEN.to_owned(),
                i64::MAX,
            ),
            Some(number) => {
                let number = number.unwrap();
                let end = self.issued.borrow()[number - 1];
                (
                    format!("tmp-key-{number}"),
                    format!("tmp-token-{number}"),
                    end,
                )
            }
        };
        let timestamp: u64 = seen.headers["x-tc-timestamp"].parse().unwrap();
        let request = tc3::Request {
            method: "POST",
            path: "/",
            query: "",
            headers: &[
                ("content-type", "application/json"),
                ("host", &seen.authority),
            ],
            payload: &seen.raw,
        };
        let service = seen.authority.split('.').next().unwrap();
        let key = tc3::Key {
            secret_id: id,
            secret_key: &key,
        };
        let expected = tc3::sign(&request, &key, service, timestamp).unwrap();
        assert_eq!(seen.headers["authorization"], expected.header_value());
        assert_eq!(seen.headers["x-tc-region"], "ap-guangzhou");
        let version = if service == "sts" {
            "2018-08-13"
        } else {
            "2019-09-23"
        };
        assert_eq!(seen.headers["x-tc-version"], version);
        if (timestamp as i64).abs_diff(self.now(seen)) > 300 {
            return Some("AuthFailure.SignatureExpire");
        }
        let good = seen.headers.get("x-tc-token") == Some(&token) && self.now(seen) < end;
        (!good).then_some("AuthFailure.TokenFailure")
    }
}

pub(crate) fn role() -> Role {
    let external_id = Some(Zeroizing::new(EXTERNAL_ID.to_owned()));
    let name = Role::DEFAULT_SESSION_NAME.to_owned();
    let role = Role::new(ROLE.to_owned(), name, Role::DEFAULT_DURATION, external_id);
    role.ok().unwrap()
}

/// Keys of the CVM's role, whose name is asked for.
pub(crate) fn cvm_role() -> CredentialChain {
    CredentialChain::new(CredentialSource::CvmRole { name: None })
}

/// Keys of a role assumed by `source`.
pub(crate) fn assumed(source: CredentialSource) -> CredentialChain {
    let mut chain = CredentialChain::new(source);
    chain.role = Some(role());
    chain
}

pub(crate) fn fixed() -> CredentialSource {
    CredentialSource::Fixed(given())
}

pub(crate) fn web_identity() -> CredentialChain {
    web_identity_of(WEB_IDENTITY)
}

pub(crate) fn web_identity_of(token: &str) -> CredentialChain {
    CredentialChain::new(CredentialSource::WebIdentity {
        token: Zeroizing::new(token.to_owned()),
        provider_id: "tke-provider".to_owned(),
        role: role(),
    })
}

/// Reads `count` secrets one after the other, one every `pause`.
pub(crate) fn reads(client: &Client<Script>, world: &World, count: usize, pause: Duration) {
    let name = SecretName::parse("x").unwrap();
    for _ in 0..count {
        super::success(world.run(client.get(&name, None)));
        world.run(client.caller.transport.sleep(pause));
    }
}
