//! The environment variables by which commands go, as `--help` and the manual pages tell them.

/// What stands after the options: `first`, then the variables, those of `own` before all others'.
macro_rules! after_help {
    ($first:literal, $own:literal) => {
        concat!(
            $first,
            "Environment:\n",
            $own,
            "  TENCENTCLOUD_…, TKE_…   keys for Components of the built-in store that have none\n",
            "  DAPR_ENV_KEYS           the only variables that envRef may name, separated by spaces\n",
            "  NAMESPACE, POD_NAME     of the pod: Components of other namespaces are passed over\n",
            "  HTTPS_PROXY, NO_PROXY   the proxy for the road out, and what is reached without it\n",
            "  SSL_CERT_FILE           the certificate authorities, in the place of the machine's\n",
            "  XDG_CACHE_HOME, HOME    where compiled components are kept",
        )
    };
}

pub(super) use after_help;
