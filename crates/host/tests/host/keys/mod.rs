//! Where keys come from, end to end: each provider, each refresh, each failure; and that no key, token
//! or web identity is seen anywhere.

mod burst;
mod failures;
mod hanging;
mod older;
mod providers;
mod refresh;
mod rotation;

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use ssm_emulator::{
    Config, Emulator, Rates, SAMPLE_EXTERNAL_ID, SAMPLE_FOREIGN_ROLE_ARN, SAMPLE_POD_ROLE_ARN,
    SAMPLE_PROVIDER_ID, SAMPLE_ROLE_ARN, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY,
    SAMPLE_WEB_IDENTITY_TOKEN,
};

use crate::{
    plugged::Client,
    support::{Folder, SSM, component},
};

pub(crate) const PATH: &str = "/v1.0/secrets/tencent/api-token";
pub(crate) const TOKEN: &str = "sample-token-4f1c";
pub(crate) const VALUE: &str = "{\"api-token\":\"sample-token-4f1c\"}\n";

/// An emulator whose services listen apart, and the files of a pod.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    files: Folder,
}

/// A way to keys: what a Component and the environment say.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    properties: Vec<(&'static str, String)>,
    env: Vec<(&'static str, String)>,
    /// The role that reads; `None` where the given keys do.
    pub(crate) role: Option<&'static str>,
    /// What is asked for keys.
    pub(crate) asked: &'static [&'static str],
}

pub(crate) const CVM: &[&str] = &["MetadataRoleName", "MetadataRoleKeys"];
pub(crate) const ASSUME: &[&str] = &["AssumeRole"];
pub(crate) const WEB_IDENTITY: &[&str] = &["AssumeRoleWithWebIdentity"];

impl World {
    pub(crate) async fn new() -> Self {
        let emulator = Emulator::start(Config {
            apart: true,
            rates: Rates::none(),
            ..Config::sample()
        });
        let world = Self {
            emulator: emulator.await.unwrap(),
            files: Folder::new(),
        };
        world.rotate(SAMPLE_WEB_IDENTITY_TOKEN);
        symlink("..data/token", world.token_file()).unwrap();
        world
    }

    /// Where kubelet has the token: behind a link that is swapped.
    pub(crate) fn token_file(&self) -> PathBuf {
        self.files.file("token")
    }

    /// Swaps the link, as kubelet does it.
    pub(crate) fn rotate(&self, token: &str) {
        let known = fs::read_dir(self.files.path()).unwrap().count();
        let folder = format!("..2026_{known}");
        fs::create_dir(self.files.file(&folder)).unwrap();
        fs::write(self.files.file(&folder).join("token"), token).unwrap();
        let next = self.files.file("..data_tmp");
        symlink(&folder, &next).unwrap();
        fs::rename(next, self.files.file("..data")).unwrap();
    }

    /// The Component `tencent` for this way, with `more` in addition or instead.
    pub(crate) fn yaml(&self, way: &Way, more: &[(&str, &str)]) -> String {
        let all = self.properties(way, more);
        let pairs = all.iter().map(|(name, value)| (*name, value.as_str()));
        component("tencent", SSM, &pairs.collect::<Vec<_>>(), "")
    }

    /// Initialises the store `instance` as daprd does, by the properties of `way`.
    pub(crate) async fn init(&self, client: &mut Client, instance: &str, way: &Way) {
        let properties = self.properties(way, &[]);
        let pairs = properties
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        client
            .init_with(instance, &pairs.collect::<Vec<_>>())
            .await
            .unwrap();
    }

    pub(crate) fn properties<'a>(
        &self,
        way: &'a Way,
        more: &[(&'a str, &str)],
    ) -> Vec<(&'a str, String)> {
        let emulator = &self.emulator;
        let mut all = vec![
            ("region", "ap-guangzhou".to_owned()),
            ("endpoint", emulator.url()),
            ("stsEndpoint", emulator.sts_url()),
            ("metadataEndpoint", emulator.metadata_url()),
        ];
        all.extend(way.properties.iter().cloned());
        all.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        all.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        all
    }

    pub(crate) fn folder(&self, way: &Way) -> Folder {
        Folder::new().with("a.yaml", &self.yaml(way, &[]))
    }

    /// All ways that there are.
    pub(crate) fn ways(&self) -> Vec<Way> {
        let file = self.token_file().to_str().unwrap().to_owned();
        let text = |value: &str| value.to_owned();
        let keys = || {
            vec![
                ("secretId", text(SAMPLE_SECRET_ID)),
                ("secretKey", text(SAMPLE_SECRET_KEY)),
            ]
        };
        let variables = || {
            vec![
                ("TENCENTCLOUD_SECRET_ID", text(SAMPLE_SECRET_ID)),
                ("TENCENTCLOUD_SECRET_KEY", text(SAMPLE_SECRET_KEY)),
            ]
        };
        let pod = || {
            vec![
                ("TKE_REGION", text("ap-guangzhou")),
                ("TKE_PROVIDER_ID", text(SAMPLE_PROVIDER_ID)),
                ("TKE_WEB_IDENTITY_TOKEN_FILE", file.clone()),
                ("TKE_ROLE_ARN", text(SAMPLE_POD_ROLE_ARN)),
            ]
        };
        let identity = |token: (&'static str, String)| {
            vec![
                token,
                ("providerId", text(SAMPLE_PROVIDER_ID)),
                ("roleArn", text(SAMPLE_POD_ROLE_ARN)),
            ]
        };
        let with = |mut all: Vec<_>, more: &[(&'static str, &str)]| {
            all.extend(more.iter().map(|(name, value)| (*name, text(value))));
            all
        };
        let (role, pod_role) = (Some(SAMPLE_ROLE_ARN), Some(SAMPLE_POD_ROLE_ARN));
        let partner = [
            ("roleArn", SAMPLE_FOREIGN_ROLE_ARN),
            ("externalId", SAMPLE_EXTERNAL_ID),
        ];
        let own_file = ("webIdentityTokenFile", file.clone());
        let value = ("webIdentityToken", text(SAMPLE_WEB_IDENTITY_TOKEN));
        let cvm = with(
            vec![],
            &[("cvmRole", "ssm-reader"), ("roleArn", SAMPLE_ROLE_ARN)],
        );
        let assumed = with(variables(), &[("TENCENTCLOUD_ROLE_ARN", SAMPLE_ROLE_ARN)]);
        vec![
            Way::new("keys", keys(), vec![], None, &[]),
            Way::new("environment", vec![], variables(), None, &[]),
            Way::new(
                "role",
                with(keys(), &[partner[0], partner[1]]),
                vec![],
                Some(SAMPLE_FOREIGN_ROLE_ARN),
                ASSUME,
            ),
            Way::new("environment, role", vec![], assumed, role, ASSUME),
            Way::new("cvm", vec![], vec![], role, CVM),
            Way::new(
                "cvm, role",
                cvm,
                vec![],
                role,
                &["MetadataRoleKeys", "AssumeRole"],
            ),
            Way::new("file", identity(own_file), vec![], pod_role, WEB_IDENTITY),
            Way::new("value", identity(value), vec![], pod_role, WEB_IDENTITY),
            Way::new("pod", vec![], pod(), pod_role, WEB_IDENTITY),
            Way::new(
                "pod, role",
                vec![("roleArn", text(SAMPLE_ROLE_ARN))],
                pod(),
                role,
                &["AssumeRoleWithWebIdentity", "AssumeRole"],
            ),
        ]
    }

    pub(crate) fn way(&self, name: &str) -> Way {
        self.ways()
            .into_iter()
            .find(|way| way.name == name)
            .unwrap()
    }

    /// Checks that nothing of a key, a token or a web identity is in `said`.
    ///
    /// # Panics
    /// If something is.
    pub(crate) fn hides_all(&self, said: &str, tokens: &[&str]) {
        let mut secrets = test_support::keys::secrets(&self.emulator);
        secrets.extend(tokens.iter().map(|token| (*token).to_owned()));
        for secret in secrets {
            assert!(!said.contains(&secret), "{secret} is in:\n{said}");
        }
    }
}

impl Way {
    fn new(
        name: &'static str,
        properties: Vec<(&'static str, String)>,
        env: Vec<(&'static str, String)>,
        role: Option<&'static str>,
        asked: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            properties,
            env,
            role,
            asked,
        }
    }

    pub(crate) fn env(&self) -> Vec<(&str, &str)> {
        let env = self.env.iter();
        env.map(|(name, value)| (*name, value.as_str())).collect()
    }
}

/// As an argument.
pub(crate) fn path(folder: &Path) -> &str {
    folder.to_str().unwrap()
}
