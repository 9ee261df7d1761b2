//! An emulator of Tencent Cloud Secrets Manager to test against. Its first line on standard
//! output is `listening on URL`.

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    native::main()
}

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::{
        fs,
        io::{self, Write},
        net::SocketAddr,
        path::PathBuf,
        process::ExitCode,
        time::Duration,
    };

    use clap::{Args, Parser};
    use ssm_emulator::{
        Account, Config, Emulator, Fault, Rates, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY,
    };

    /// Emulates Tencent Cloud Secrets Manager (SSM), and STS and the metadata service, which give out
    /// keys for it: verifies TC3 signatures, keeps the documented rules and rates, and misbehaves on
    /// demand.
    #[derive(Parser)]
    #[command(version)]
    struct Options {
        #[command(flatten)]
        address: AddressOptions,
        #[command(flatten)]
        tls: TlsOptions,
        #[command(flatten)]
        secrets: SecretOptions,
        #[command(flatten)]
        keys: KeyOptions,
        #[command(flatten)]
        behaviour: BehaviourOptions,
    }

    #[derive(Args)]
    #[command(next_help_heading = "Address")]
    struct AddressOptions {
        /// Where to listen; port 0 takes a free one
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Listen on an address that others can reach: nothing here is meant to be secret
        #[arg(long)]
        allow_remote: bool,
        /// Let STS and the metadata service listen on ports of their own, which the lines after the
        /// first name; else the same port serves all
        #[arg(long)]
        apart: bool,
    }

    #[derive(Args)]
    #[command(next_help_heading = "TLS")]
    struct TlsOptions {
        /// Speak TLS with a certificate made for localhost
        #[arg(long)]
        tls: bool,
        /// Offer HTTP/2 too
        #[arg(long, requires = "tls")]
        http2: bool,
        /// Write the certificate authority to trust into this file
        #[arg(long, value_name = "FILE.pem", requires = "tls")]
        tls_ca_out: Option<PathBuf>,
    }

    #[derive(Args)]
    #[command(next_help_heading = "Secrets")]
    struct SecretOptions {
        /// What there is to read and who may (form: crates/emulator/seed.example.json); else a few samples
        #[arg(long, value_name = "FILE.json")]
        seed: Option<PathBuf>,
    }

    #[derive(Args)]
    #[command(next_help_heading = "Keys")]
    struct KeyOptions {
        /// The key's id
        #[arg(long, value_name = "ID", requires = "secret_key")]
        secret_id: Option<String>,
        /// The key
        #[arg(long, value_name = "KEY", requires = "secret_id")]
        secret_key: Option<String>,
        /// The token, if the key is a temporary one
        #[arg(long, requires = "secret_id")]
        token: Option<String>,
        /// How long temporary keys live, such as 8s; else as long as was asked for
        #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
        key_life: Option<Duration>,
        /// The CVM has no role
        #[arg(long)]
        no_cvm_role: bool,
    }

    #[derive(Args)]
    #[command(next_help_heading = "Behaviour")]
    struct BehaviourOptions {
        /// How long to think before every answer, such as 20ms
        #[arg(long, value_parser = parse_duration, default_value = "0ms")]
        latency: Duration,
        /// Take any number of requests a second
        #[arg(long)]
        no_rate_limits: bool,
        /// Seconds to add to the clock
        #[arg(
            long,
            value_name = "SECONDS",
            default_value_t = 0,
            allow_hyphen_values = true
        )]
        clock_offset: i64,
        /// Misbehave: KIND[=VALUE][@ACTION[/SECRET]][%PERCENT][*TIMES], may be repeated.
        ///
        /// Kinds: latency=300ms, status=503, error=CODE, reset, close, truncated, huge, huge-head,
        /// silent, silent-body, drip=10ms, no-length, gzip, redirect=URL, raw=TEXT, wrong-name,
        /// wrong-version, both-values, empty-values, no-request-id, no-keys, line-end.
        ///
        /// ACTION is one of SSM's or STS's, or MetadataRoleName or MetadataRoleKeys of the metadata
        /// service.
        #[arg(long, value_name = "SPEC", value_parser = Fault::parse)]
        fault: Vec<Fault>,
        /// Set what is undocumented: NAME=VALUE, may be repeated.
        ///
        /// Names: unused-value, empty-version-is-current, missing-version-code, max-limit,
        /// search-is-exact, versions-oldest-first, clock-before-id, window-is-inclusive,
        /// region-required, current-answers-real-id, ssh-keys-are-base64, ssh-secret-value,
        /// redis-is-listed, forgotten-key-code, external-id-code, metadata-keeps-keys.
        #[arg(long, value_name = "NAME=VALUE")]
        behaviour: Vec<String>,
    }

    fn parse_duration(text: &str) -> Result<Duration, String> {
        values::duration(text).ok_or_else(|| "write a duration such as 20ms or 2s".to_owned())
    }

    #[tokio::main]
    pub(super) async fn main() -> ExitCode {
        match run(Options::parse()).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("ssm-emulator: {why}");
                ExitCode::FAILURE
            }
        }
    }

    async fn run(options: Options) -> Result<(), String> {
        let apart = options.address.apart;
        let ca_out = options.tls.tls_ca_out.clone();
        let config = config(options)?;
        let account = config.accounts.first().cloned();
        let region = config.regions.first().cloned().unwrap_or_default();
        let emulator = Emulator::start(config)
            .await
            .map_err(|why| format!("cannot listen: {why}"))?;
        if let (Some(file), Some(pem)) = (&ca_out, emulator.ca_pem()) {
            fs::write(file, pem).map_err(|why| format!("{} : {why}", file.display()))?;
        }
        let mut said = format!("listening on {}\n", emulator.url());
        if let Some(account) = account.filter(|it| it.secret_id == SAMPLE_SECRET_ID) {
            said += &format!("secretId {}\n", account.secret_id);
            said += &format!("secretKey {SAMPLE_SECRET_KEY}\n");
        }
        said += &format!("region {region}\n");
        if apart {
            said += &format!("sts {}\n", emulator.sts_url());
            said += &format!("metadata {}\n", emulator.metadata_url());
        }
        // Whoever started it may read the first line only and close the pipe.
        let _ = io::stdout().write_all(said.as_bytes());
        tokio::signal::ctrl_c()
            .await
            .map_err(|why| format!("cannot wait for Ctrl-C: {why}"))
    }

    fn config(options: Options) -> Result<Config, String> {
        let Options {
            address,
            tls,
            secrets,
            keys,
            behaviour,
        } = options;
        if !address.listen.ip().is_loopback() && !address.allow_remote {
            return Err(format!(
                "{} can be reached by others: add --allow-remote if that is meant",
                address.listen
            ));
        }
        let mut config = Config {
            listen: address.listen,
            apart: address.apart,
            key_life: keys.key_life,
            tls: tls.tls,
            http2: tls.http2,
            latency: behaviour.latency,
            clock_offset: behaviour.clock_offset,
            faults: behaviour.fault,
            ..Config::sample()
        };
        if let Some(file) = &secrets.seed {
            config.seed(file).map_err(|why| why.to_string())?;
        }
        if keys.no_cvm_role {
            config.cvm_role = None;
        }
        if behaviour.no_rate_limits {
            config.rates = Rates::none();
        }
        if let (Some(secret_id), Some(secret_key)) = (keys.secret_id, keys.secret_key) {
            config.accounts = vec![Account {
                secret_id,
                secret_key,
                token: keys.token,
                denied: Vec::new(),
            }];
        }
        for setting in &behaviour.behaviour {
            let (name, value) = setting
                .split_once('=')
                .ok_or_else(|| format!("--behaviour {setting}: write NAME=VALUE"))?;
            config.behaviour.set(name, value)?;
        }
        Ok(config)
    }
}
