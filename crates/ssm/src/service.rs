//! The services that are asked, and what messages call them.

use crate::{codes, sts_codes};

/// A service that is asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Secrets Manager.
    Ssm,
    /// Security Token Service: temporary keys.
    Sts,
    /// What a CVM asks about itself.
    Metadata,
}

impl Service {
    /// What messages call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ssm => "SSM",
            Self::Sts => "STS",
            Self::Metadata => "the metadata service",
        }
    }

    /// The property that says where it is.
    pub(crate) fn property(self) -> &'static str {
        match self {
            Self::Ssm => "endpoint",
            Self::Sts => "stsEndpoint",
            Self::Metadata => "metadataEndpoint",
        }
    }

    /// Its name in the credential scope of a signature, and the version of its API, sent as
    /// `X-TC-Version`. The metadata service has neither.
    pub(crate) fn scope_and_version(self) -> (&'static str, &'static str) {
        match self {
            Self::Ssm => ("ssm", "2019-09-23"),
            Self::Sts => ("sts", "2018-08-13"),
            Self::Metadata => ("", ""),
        }
    }

    /// What its error `code` means.
    pub(crate) fn meaning(self, code: &str) -> codes::Meaning {
        match self {
            Self::Sts => sts_codes::meaning(code),
            Self::Ssm | Self::Metadata => codes::meaning(code),
        }
    }
}
