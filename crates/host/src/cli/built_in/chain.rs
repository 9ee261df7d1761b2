//! Where a store's keys come from: what the component will make of its settings, so that it is granted
//! that and nothing else.

use std::path::PathBuf;

use ssm_settings::{TKE, TKE_ROLE_ARN, TKE_WEB_IDENTITY_TOKEN_FILE};
use zeroize::Zeroizing;

use super::names::{Found, Place, TOKEN, TOKEN_VARIABLE};
use crate::{
    cli::identity::Keys,
    stores::{FileText, Reach},
};

/// Where Security Token Service answers for all regions.
const STS: &str = "https://sts.tencentcloudapi.com";
/// Where a CVM asks about itself: plain HTTP, which goes through no proxy.
const METADATA: &str = "http://metadata.tencentyun.com";

/// Where the keys of a store come from.
pub(super) struct Chain<'a> {
    /// What is given before what the environment adds.
    places: Vec<Place<'a>>,
    source: Source<'a>,
}

enum Source<'a> {
    /// Keys, or a part of them.
    Keys(Found<'a>),
    WebIdentity,
    /// The role of the CVM: its name, where it is said.
    CvmRole(Option<Found<'a>>),
}

impl<'a> Chain<'a> {
    /// Of `places`, the first of which that says something decides; without any, the CVM's role is
    /// left.
    pub(super) fn of(places: Vec<Place<'a>>) -> Self {
        let source = places.iter().find_map(|place| source(*place));
        Self {
            source: source.unwrap_or(Source::CvmRole(None)),
            places,
        }
    }

    /// Whether `place` says where keys come from.
    pub(super) fn is_said(place: Place<'_>) -> bool {
        source(place).is_some()
    }

    /// The services that give keys: those that this chain asks, and those that are named.
    pub(super) fn reaches(&self) -> impl Iterator<Item = Reach> {
        let role = self.find("roleArn").is_some();
        let sts = role || matches!(self.source, Source::WebIdentity);
        let metadata = matches!(self.source, Source::CvmRole(_));
        let services = [
            ("stsEndpoint", STS, sts),
            ("metadataEndpoint", METADATA, metadata),
        ];
        let reach = |(property, default, is_asked): (&'static str, &str, bool)| {
            let named = self.find(property);
            let url = named.map_or(default, |found| found.value).to_owned();
            (named.is_some() || is_asked).then_some(Reach {
                named_by: named.map_or(property, |found| found.name),
                url,
            })
        };
        let reaches: Vec<_> = services.into_iter().filter_map(reach).collect();
        reaches.into_iter()
    }

    /// The keys that are given, where these read.
    pub(super) fn given(&self) -> Option<Keys> {
        let Source::Keys(_) = self.source else {
            return None;
        };
        if self.find("roleArn").is_some() {
            return None;
        }
        let place = self.places.iter().find(|place| keys(**place).is_some())?;
        let text = |name| Some(Zeroizing::new(place.find(name)?.value.to_owned()));
        Some(Keys {
            id: text("secretId")?,
            key: text("secretKey")?,
            token: text("token"),
        })
    }

    /// Where STS is: as it is named, or the one that everybody has.
    pub(super) fn sts(&self) -> (&'a str, bool) {
        let named = self.find("stsEndpoint");
        (named.map_or(STS, |found| found.value), named.is_some())
    }

    /// The file of the web identity's token, where it is in one.
    pub(super) fn file(&self) -> Option<FileText> {
        if !matches!(self.source, Source::WebIdentity) {
            return None;
        }
        let of = |place: &Place<'a>| {
            if place.has(TOKEN) {
                return Some(None);
            }
            let file = place.find("webIdentityTokenFile");
            file.or_else(|| place.variable(TKE_WEB_IDENTITY_TOKEN_FILE))
                .map(Some)
        };
        let file = self.places.iter().find_map(of).flatten()?;
        let by_properties = matches!(self.places.first(), Some(Place::Properties(_)));
        Some(FileText {
            named_by: file.name,
            path: PathBuf::from(file.value),
            handed_as: if by_properties { TOKEN } else { TOKEN_VARIABLE },
        })
    }

    /// Whether what it sends to STS is this host's and good for whoever has it: a token of a file or of
    /// the environment, or what a role's owner wants to hear.
    pub(super) fn gives_away(&self) -> bool {
        let is_variable = |property| self.find(property).is_some_and(|it| it.name != property);
        let is_token = self.file().is_some() || is_variable(TOKEN);
        matches!(self.source, Source::WebIdentity) && is_token || is_variable("externalId")
    }

    /// For people: who gives the keys, and which role is taken.
    pub(super) fn describe(&self) -> String {
        let mut text = match &self.source {
            Source::Keys(found) => format!("keys by {}", found.name),
            Source::WebIdentity => {
                let named = [TOKEN, "webIdentityTokenFile", "providerId"];
                let in_place = |place: &Place<'a>| {
                    let found = named.iter().find_map(|name| place.find(name));
                    found.or_else(|| place.variable(TKE_WEB_IDENTITY_TOKEN_FILE))
                };
                let by = self.file().map(|file| file.named_by);
                let by = by.or_else(|| Some(self.places.iter().find_map(in_place)?.name));
                format!("web identity by {}", by.unwrap_or(TOKEN))
            }
            Source::CvmRole(Some(found)) => format!("the CVM's role by {}", found.name),
            Source::CvmRole(None) => "the CVM's role, because no key is set".to_owned(),
        };
        let tke = || self.places.iter().find_map(|it| it.variable(TKE_ROLE_ARN));
        let is_web = matches!(self.source, Source::WebIdentity);
        let role = self.find("roleArn").or_else(|| tke().filter(|_| is_web));
        if let Some(role) = role {
            text.push_str(&format!(", as {}", role.value));
        }
        text
    }

    fn find(&self, property: &'static str) -> Option<Found<'a>> {
        self.places.iter().find_map(|place| place.find(property))
    }
}

/// Whether `place` has keys, or a part of them.
pub(super) fn keys(place: Place<'_>) -> Option<Found<'_>> {
    let parts = ["secretId", "secretKey", "token"];
    parts.into_iter().find_map(|part| place.find(part))
}

fn source(place: Place<'_>) -> Option<Source<'_>> {
    if let Some(found) = keys(place) {
        return Some(Source::Keys(found));
    }
    let web_identity = [TOKEN, "webIdentityTokenFile", "providerId"];
    let is_pod = TKE.iter().all(|name| place.variable(name).is_some());
    if web_identity.iter().any(|name| place.has(name)) || is_pod {
        return Some(Source::WebIdentity);
    }
    place.find("cvmRole").map(Some).map(Source::CvmRole)
}
