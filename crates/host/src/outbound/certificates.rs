//! The certificate authorities that are trusted.

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The authorities in a bundle, and the positions (from 1) of certificates that cannot be read.
pub(super) struct Bundle {
    pub(super) authorities: Vec<CertificateDer<'static>>,
    pub(super) broken: Vec<usize>,
}

impl Bundle {
    /// Reads `pem` certificate by certificate, so that a broken one costs itself alone.
    pub(super) fn read(pem: &[u8]) -> Self {
        let mut bundle = Self {
            authorities: Vec::new(),
            broken: Vec::new(),
        };
        for (position, text) in (1..).zip(sections(pem)) {
            let certificate = CertificateDer::from_pem_slice(text).ok();
            match certificate.filter(is_authority) {
                Some(authority) => bundle.authorities.push(authority),
                None => bundle.broken.push(position),
            }
        }
        bundle
    }
}

fn is_authority(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

/// From each `-----BEGIN CERTIFICATE-----` to the next.
fn sections(pem: &[u8]) -> Vec<&[u8]> {
    let begin = b"-----BEGIN CERTIFICATE-----";
    let mut starts = Vec::new();
    for at in 0..pem.len() {
        if pem[at..].starts_with(begin) {
            starts.push(at);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([pem.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &pem[*start..end])
        .collect()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn certificate() -> String {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn a_broken_certificate_costs_itself_alone_and_its_position_is_told() {
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let no_base64 = "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n";
        let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        let (first, last) = (certificate(), certificate());
        let pem = format!("# comment\n{first}{nonsense}{no_base64}{cut}{last}");
        let bundle = Bundle::read(pem.as_bytes());
        assert_eq!(
            (bundle.authorities.len(), bundle.broken),
            (2, vec![2, 3, 4])
        );
    }
}
