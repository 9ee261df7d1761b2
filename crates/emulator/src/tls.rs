//! A certificate for the emulator, made anew for each.

use std::{io, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// HTTP/2 as TLS calls it.
pub(crate) const HTTP2: &[u8] = b"h2";
/// Names that the certificate is good for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "ssm.emulator.test"];

/// A certificate authority (as PEM) and an acceptor with a certificate that it signed.
pub(crate) fn acceptor(http2: bool) -> io::Result<(String, TlsAcceptor)> {
    let (ca_pem, mut config) = server_config().map_err(io::Error::other)?;
    if http2 {
        config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
    }
    Ok((ca_pem, TlsAcceptor::from(Arc::new(config))))
}

fn server_config() -> Result<(String, ServerConfig), Box<dyn std::error::Error + Send + Sync>> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = named("SSM emulator CA");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let mut params = CertificateParams::new(NAMES.map(String::from))?;
    params.distinguished_name = named("SSM emulator");
    let pair = KeyPair::generate()?;
    let certificate = params.signed_by(&pair, &authority)?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok((authority.pem(), config))
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}
