//! Logs, on standard error. Whatever a line is made of, it stays one line.

use std::{fmt, io};

use clap::{Args, ValueEnum};
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use super::{escape, flag};

#[derive(Args)]
#[command(next_help_heading = "Log")]
pub(super) struct LogOptions {
    /// What to log
    #[arg(long, value_enum, default_value = "info", value_name = "LEVEL")]
    log_level: LogLevel,
    /// Log JSON, an object a line
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(
        default_value = "false",
        hide_default_value = true,
        hide_possible_values = true
    )]
    #[arg(value_parser = flag::boolean, action = clap::ArgAction::Set, value_name = "BOOL")]
    log_as_json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
    // Nothing but why the command does not start.
    Fatal,
}

impl LogOptions {
    /// Logs this crate's own lines and no library's: theirs may hold what ours never do.
    pub(super) fn start(&self) {
        let level = match self.log_level {
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Fatal => LevelFilter::OFF,
        };
        let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
        let logs = tracing_subscriber::registry().with(ours);
        // Fails only where this process logs already, and one log is enough.
        let _ = logs.with(lines(self.log_as_json, io::stderr)).try_init();
    }
}

/// Writes events in lines: of text, or of JSON.
fn lines<S, W>(as_json: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_target(false)
        .with_ansi(false);
    if as_json {
        let escape = escape::json;
        layer
            .json()
            .flatten_event(true)
            .map_event_format(|format| OneLine { format, escape })
            .boxed()
    } else {
        let escape = escape::text;
        layer
            .map_event_format(|format| OneLine { format, escape })
            .boxed()
    }
}

/// Another format, of which nothing but one line comes out: here, so that no line that is logged
/// anywhere can do without.
struct OneLine<F> {
    format: F,
    escape: fn(char) -> Option<String>,
}

impl<S, N, F> FormatEvent<S, N> for OneLine<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.format
            .format_event(context, Writer::new(&mut line), event)?;
        let text = line.strip_suffix('\n').unwrap_or(&line);
        writer.write_str(&escape::with(text, self.escape))?;
        writer.write_char('\n')
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;

    use super::*;

    /// What two lines of outside text look like in the log.
    fn logged(is_json: bool) -> String {
        let text_of = Arc::<Mutex<Vec<u8>>>::default();
        let written = Arc::clone(&text_of);
        let writer = move || Sink(Arc::clone(&written));
        let registry = tracing_subscriber::registry();
        let outside = "x\nERROR forged\r\u{1b}[31m\u{2028}\u{85}\u{202e}\u{7f}\0";
        let log = || {
            tracing::warn!(store = outside, other = %outside, debug = ?outside, "{outside}");
            tracing::info!("你好");
        };
        with_default(registry.with(lines(is_json, writer)), log);
        let bytes = text_of.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_comes_from_outside_stays_in_its_line() {
        for is_json in [false, true] {
            let log = logged(is_json);
            assert!(log.ends_with('\n') && log.contains("你好"), "{log:?}");
            let control = |character: &char| character.is_control() && *character != '\n';
            assert_eq!(log.chars().find(control), None, "{log:?}");
            assert!(!log.contains(['\u{2028}', '\u{202e}']), "{log:?}");
            let lines: Vec<_> = log.lines().collect();
            assert_eq!(lines.len(), 2, "{log:?}");
            assert!(lines[0].contains("forged"), "{log:?}");
            if is_json {
                let line: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
                let message = line["message"].as_str().unwrap();
                assert!(message.starts_with("x\nERROR forged\r"), "{message:?}");
                assert!(message.contains("\u{2028}\u{85}\u{202e}"), "{message:?}");
            }
        }
    }
}
