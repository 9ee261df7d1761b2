//! Flags of daprd's that mean nothing here, so that a sidecar's line starts unchanged.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, parser::ValueSource};

use super::flag;

/// What such a flag takes.
#[derive(Clone, Copy)]
enum Takes {
    Text,
    Boolean,
}

/// Flags for what this host does not do.
const FLAGS: [(&str, Takes); 33] = [
    ("actors-disseminate-timeout", Takes::Text),
    ("actors-service", Takes::Text),
    ("app-channel-address", Takes::Text),
    ("app-health-check-path", Takes::Text),
    ("app-health-probe-interval", Takes::Text),
    ("app-health-probe-timeout", Takes::Text),
    ("app-health-threshold", Takes::Text),
    ("app-max-concurrency", Takes::Text),
    ("app-port", Takes::Text),
    ("app-protocol", Takes::Text),
    ("app-ssl", Takes::Boolean),
    ("control-plane-address", Takes::Text),
    ("control-plane-namespace", Takes::Text),
    ("control-plane-trust-domain", Takes::Text),
    ("dapr-block-shutdown-duration", Takes::Text),
    ("dapr-internal-grpc-listen-address", Takes::Text),
    ("dapr-internal-grpc-port", Takes::Text),
    ("disable-builtin-k8s-secret-store", Takes::Boolean),
    ("disable-init-endpoints", Takes::Text),
    ("enable-api-logging", Takes::Boolean),
    ("enable-app-health-check", Takes::Boolean),
    ("enable-mtls", Takes::Boolean),
    ("enable-profiling", Takes::Boolean),
    ("hot-reload-reconcile-interval", Takes::Text),
    ("log-file", Takes::Text),
    ("mode", Takes::Text),
    ("placement-host-address", Takes::Text),
    ("profile-port", Takes::Text),
    ("reminders-service", Takes::Text),
    ("scheduler-host-address", Takes::Text),
    ("scheduler-job-streams", Takes::Text),
    ("sentry-address", Takes::Text),
    ("sentry-request-jwt-audiences", Takes::Text),
];

/// Which of them were given.
pub(super) struct DaprdOptions {
    given: Vec<&'static str>,
    is_kubernetes: bool,
}

impl DaprdOptions {
    /// Says once what was given for nothing.
    pub(super) fn log(&self) {
        if !self.given.is_empty() {
            let flags = self.given.join(", ");
            tracing::info!("these flags of daprd's mean nothing here: {flags}");
        }
        if self.is_kubernetes {
            tracing::warn!(
                "Components and Configurations are not read from Kubernetes, only from files: \
                 --resources-path, --config"
            );
        }
    }
}

impl Args for DaprdOptions {
    fn augment_args(command: Command) -> Command {
        command.args(FLAGS.map(argument)).arg(
            Arg::new("build-info")
                .long("build-info")
                .action(ArgAction::Version)
                .hide(true),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for DaprdOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let is_given = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        let names = FLAGS.iter().map(|(name, _)| *name);
        let mode = matches.get_many::<String>("mode").into_iter().flatten();
        Ok(Self {
            given: names.filter(|name| is_given(name)).collect(),
            is_kubernetes: mode.last().is_some_and(|mode| mode == "kubernetes"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Hidden: `--help` is about what this host does.
fn argument((name, takes): (&'static str, Takes)) -> Arg {
    let argument = Arg::new(name).long(name).hide(true);
    match takes {
        Takes::Text => argument.action(ArgAction::Append).allow_hyphen_values(true),
        Takes::Boolean => argument
            .action(ArgAction::Append)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(flag::boolean),
    }
}
