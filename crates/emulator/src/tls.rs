//! A certificate for the emulator, made anew for each.

use std::{error::Error, io, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    SanType, date_time_ymd,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::Certificate;

/// HTTP/2 as TLS calls it.
pub(crate) const HTTP2: &[u8] = b"h2";
/// Names that the certificate is good for.
const NAMES: [&str; 4] = [
    "localhost",
    "127.0.0.1",
    "ssm.emulator.test",
    "ssm.tencentcloudapi.com",
];

/// The certificate authority to trust (as PEM), and an acceptor.
pub(crate) fn acceptor(http2: bool, sort: Certificate) -> io::Result<(String, TlsAcceptor)> {
    let (ca_pem, mut config) = server_config(sort).map_err(io::Error::other)?;
    if http2 {
        config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
    }
    Ok((ca_pem, TlsAcceptor::from(Arc::new(config))))
}

fn server_config(
    sort: Certificate,
) -> Result<(String, ServerConfig), Box<dyn Error + Send + Sync>> {
    let trusted = authority()?;
    let mut params = CertificateParams::new(NAMES.map(String::from))?;
    params.distinguished_name = named("SSM emulator");
    match sort {
        Certificate::Expired => params.not_after = date_time_ymd(2020, 1, 1),
        Certificate::NotYet => params.not_before = date_time_ymd(3000, 1, 1),
        Certificate::WrongName => params.subject_alt_names = other_name()?,
        Certificate::SelfSigned => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        Certificate::Good | Certificate::Stranger => {}
    }
    let pair = KeyPair::generate()?;
    let (pem, certificate) = match sort {
        Certificate::SelfSigned => {
            let certificate = params.self_signed(&pair)?;
            (certificate.pem(), certificate)
        }
        Certificate::Stranger => {
            let stranger = authority()?;
            (trusted.pem(), params.signed_by(&pair, &stranger)?)
        }
        _ => (trusted.pem(), params.signed_by(&pair, &trusted)?),
    };

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok((pem, config))
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = named("SSM emulator CA");
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn other_name() -> Result<Vec<SanType>, rcgen::Error> {
    Ok(vec![SanType::DnsName("elsewhere.test".try_into()?)])
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}
