//! The origin that requests go to.

use alloc::{borrow::ToOwned, format, string::String};

use crate::{
    address::{is_ipv4, is_ipv6},
    error::Error,
};

/// The origin that requests go to: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    https: bool,
    authority: String,
}

impl Endpoint {
    /// Parses `https://host[:port]`; without a scheme it is `https`.
    ///
    /// The host is lower-cased and a default port dropped, because the authority is signed and
    /// hosts differ in what they send for `:443`. Plain `http` would put values on the wire in the
    /// clear: it is for loopback only, unless `allow_insecure`.
    ///
    /// # Errors
    /// `InvalidConfig`, naming `endpoint` and the way out.
    pub fn parse(text: &str, allow_insecure: bool) -> Result<Self, Error> {
        Self::read("endpoint", "", text, allow_insecure)
    }

    /// [`Endpoint::parse`] for STS, which errors call `stsEndpoint`.
    ///
    /// # Errors
    /// `InvalidConfig`, naming `stsEndpoint` and the way out.
    pub fn parse_sts(text: &str, allow_insecure: bool) -> Result<Self, Error> {
        Self::read("stsEndpoint", "", text, allow_insecure)
    }

    /// [`Endpoint::parse`] for the metadata service, whose own host (that of [`Endpoint::metadata`])
    /// is reached over plain `http` without being asked: it has no other way.
    ///
    /// # Errors
    /// `InvalidConfig`, naming `metadataEndpoint` and the way out.
    pub fn parse_metadata(text: &str, allow_insecure: bool) -> Result<Self, Error> {
        Self::read("metadataEndpoint", METADATA_HOST, text, allow_insecure)
    }

    /// `https://sts.tencentcloudapi.com`, which serves every region.
    pub fn sts() -> Self {
        Self::of(true, "sts.tencentcloudapi.com")
    }

    /// `http://metadata.tencentyun.com`, which answers inside of Tencent Cloud's networks.
    pub fn metadata() -> Self {
        Self::of(false, METADATA_HOST)
    }

    fn of(https: bool, authority: &str) -> Self {
        Self {
            https,
            authority: authority.to_owned(),
        }
    }

    /// `property` is what errors call it; `plain_host` may be reached over plain http.
    fn read(
        property: &str,
        plain_host: &str,
        text: &str,
        allow_insecure: bool,
    ) -> Result<Self, Error> {
        let refuse = |why: &str| Error::invalid_config(format!("{property} is not usable: {why}"));
        let (scheme, after_scheme) = match text.split_once(':') {
            Some((scheme, rest)) if rest.starts_with("//") => (scheme, rest.get(2..)),
            _ => ("https", Some(text)),
        };
        let https = scheme.eq_ignore_ascii_case("https");
        let rest = after_scheme
            .filter(|_| https || scheme.eq_ignore_ascii_case("http"))
            .ok_or_else(|| refuse("it must begin with https://"))?;
        let given = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        if given.bytes().any(|byte| b"/?#@".contains(&byte)) {
            return Err(refuse("give only scheme, host and port"));
        }
        let (host, port) = split_port(&given).map_err(refuse)?;
        if !is_host(host) {
            return Err(refuse("its host is not a host name or an IP address"));
        }
        if !https && !allow_insecure && !is_loopback(host) && host != plain_host {
            return Err(refuse(
                "plain http would show secrets to the network; use https, or set \
                 allowInsecureEndpoint to true if the network is private",
            ));
        }
        let default_port = if https { 443 } else { 80 };
        let authority = match port {
            Some(port) if port != default_port => format!("{host}:{port}"),
            _ => host.to_owned(),
        };
        Ok(Self { https, authority })
    }

    /// Whether it is reached over TLS.
    pub fn https(&self) -> bool {
        self.https
    }

    /// `scheme://host[:port]`, for messages.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }

    /// `host[:port]`, lower-case, without a default port.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl Default for Endpoint {
    /// `https://ssm.tencentcloudapi.com`, which serves every region
    /// (<https://www.tencentcloud.com/document/product/1078/38635>).
    fn default() -> Self {
        Self::of(true, "ssm.tencentcloudapi.com")
    }
}

/// Where a CVM asks about itself.
const METADATA_HOST: &str = "metadata.tencentyun.com";

fn split_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    // In [::1]:80 only a colon after the bracket separates a port.
    let after_bracket = authority.rfind(']').map_or(0, |at| at + 1);
    match authority[after_bracket..].find(':') {
        None => Ok((authority, None)),
        Some(at) => {
            let (host, port) = authority.split_at(after_bracket + at);
            match port[1..].parse() {
                Ok(port) if port != 0 => Ok((host, Some(port))),
                _ => Err("its port is not a number from 1 to 65535"),
            }
        }
    }
}

fn is_host(host: &str) -> bool {
    let ipv6 = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match ipv6 {
        Some(address) => is_ipv6(address),
        None => host.len() <= 253 && host.split('.').all(is_label),
    }
}

fn is_label(label: &str) -> bool {
    let ends_well = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    label.len() <= 63
        && ends_well(label.chars().next())
        && ends_well(label.chars().last())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn is_loopback(host: &str) -> bool {
    let ipv4_loopback = host.starts_with("127.") && is_ipv4(host);
    host == "localhost" || host == "[::1]" || ipv4_loopback
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_endpoints_come_out_in_the_form_that_is_signed() {
        for (text, https, authority) in [
            ("ssm.tencentcloudapi.com", true, "ssm.tencentcloudapi.com"),
            (
                "https://SSM.ap-Shanghai.tencentcloudapi.com/",
                true,
                "ssm.ap-shanghai.tencentcloudapi.com",
            ),
            ("https://host:443", true, "host"),
            ("https://host:80", true, "host:80"),
            ("http://127.0.0.1:80", false, "127.0.0.1"),
            ("http://127.0.0.1:18080", false, "127.0.0.1:18080"),
            ("http://127.9.9.9", false, "127.9.9.9"),
            ("HTTP://LocalHost:8080", false, "localhost:8080"),
            ("http://[::1]:8080", false, "[::1]:8080"),
            ("https://[2001:DB8::1]:443", true, "[2001:db8::1]"),
            (
                "https://[::ffff:10.0.0.1]:8443",
                true,
                "[::ffff:10.0.0.1]:8443",
            ),
        ] {
            let endpoint = Endpoint::parse(text, false).unwrap();
            assert_eq!(
                (endpoint.https(), endpoint.authority()),
                (https, authority),
                "{text}"
            );
        }
    }

    #[test]
    fn bad_endpoints_are_refused_by_name() {
        for text in [
            "",
            "https://",
            "ftp://host",
            "https://user:pw@host",
            "https://host/path",
            "https://host?x",
            "https://ho st",
            "https://host\r\nx: y",
            "https://host:0",
            "https://host:99999",
            "https://host:",
            "https://-host",
            "https://a..b",
            "https://[::1",
            "https://[nonsense]",
            "https://[]:1",
            "https://[::1::]",
            "https://[1:2:3:4:5:6:7]",
            "https://[12345::]",
            "https://[::256.0.0.1]",
            "https://[1.2.3.4]",
            "https://[fe80::1%25eth0]",
            "https://[[::1]]",
        ] {
            let error = Endpoint::parse(text, true).unwrap_err();
            assert_eq!(error.kind, crate::ErrorKind::InvalidConfig, "{text}");
            assert!(error.message.starts_with("endpoint"), "{error}");
        }
    }

    #[test]
    fn plain_http_reaches_the_metadata_service_and_no_other_host_by_that_exception() {
        for good in [
            "http://metadata.tencentyun.com",
            "http://Metadata.TencentYun.com:80/",
            "http://127.0.0.1:18080",
        ] {
            assert!(Endpoint::parse_metadata(good, false).is_ok(), "{good}");
        }
        let own = Endpoint::parse_metadata("http://metadata.tencentyun.com", false);
        assert_eq!(own, Ok(Endpoint::metadata()));
        for other in [
            "http://169.254.0.23",
            "http://metadata.tencentyun.com.evil.example",
            "http://x.metadata.tencentyun.com",
        ] {
            let error = Endpoint::parse_metadata(other, false).unwrap_err();
            assert!(error.message.starts_with("metadataEndpoint"), "{error}");
            assert!(Endpoint::parse_metadata(other, true).is_ok());
        }
        for parse in [Endpoint::parse, Endpoint::parse_sts] {
            assert!(parse("http://metadata.tencentyun.com", false).is_err());
        }
        let error = Endpoint::parse_sts("http://sts.internal", false).unwrap_err();
        assert!(error.message.starts_with("stsEndpoint"), "{error}");
    }

    #[test]
    fn plain_http_leaves_loopback_only_when_asked_to() {
        for host in [
            "http://ssm.internal",
            "http://127.0.0.1.evil.example",
            "http://127.evil",
            "http://10.0.0.1",
            "http://localhost.evil",
        ] {
            let error = Endpoint::parse(host, false).unwrap_err();
            assert!(error.message.contains("allowInsecureEndpoint"), "{error}");
            assert!(Endpoint::parse(host, true).is_ok());
        }
    }
}
