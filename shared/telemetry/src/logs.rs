//! Logs: JSON lines in Lambda, plain ones in a terminal; message and fields, nothing personal.
//!
//! Every line of a request or a run carries its id, from the span in which it is written.
//!
//! `LOG_LEVEL` is about our own crates. Others are heard from `warn` on and no lower, whatever it says: below that the
//! AWS SDK logs what it sends and is sent, and the runtime whole events, reports and keys among them. Of a panic the
//! place is logged and not its message, which may quote what the code was working on.

use serde_json::{Map, Value};
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::{LookupSpan, Scope};
use tracing_subscriber::util::SubscriberInitExt as _;
use vms_core::{ConfigError, Env};

/// The functions, whose crates are named after them; all our other crates are `vms_…`.
const FUNCTIONS: [&str; 5] = ["health", "manage", "refresh", "reports", "status"];

/// Logs JSON lines to standard output, from the level in `LOG_LEVEL` on (default `info`).
pub fn log_json(env: &Env<'_>) -> Result<(), ConfigError> {
    json_lines(level(env)?, std::io::stdout).init();
    tell_of_panics();
    Ok(())
}

/// Logs plain lines to `writer`, from the level in `LOG_LEVEL` on (default `info`).
pub fn log_plain<W>(env: &Env<'_>, writer: W) -> Result<(), ConfigError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let level = level(env)?;
    // A log that cannot be written, on a full disk say, is not complained of line by line.
    let builder = tracing_subscriber::fmt().with_ansi(false).log_internal_errors(false);
    builder.with_writer(writer).with_max_level(level).finish().with(heard(level)).init();
    tell_of_panics();
    Ok(())
}

/// Logs where a panic happened, in place of the usual lines on standard error.
fn tell_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a defect of the program ended what it was doing");
    }));
}

/// What is heard of whom.
fn heard(level: LevelFilter) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    let of_others = level.min(LevelFilter::WARN);
    let heard = move |line: &Metadata<'_>| *line.level() <= if is_ours(line.target()) { level } else { of_others };
    FilterFn::new(heard).with_max_level_hint(level)
}

fn is_ours(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or(target);
    name.starts_with("vms_") || FUNCTIONS.contains(&name)
}

fn level(env: &Env<'_>) -> Result<LevelFilter, ConfigError> {
    const VARIABLE: &str = "LOG_LEVEL";
    let text = env.text(VARIABLE).unwrap_or_else(|| "info".to_owned());
    text.parse().map_err(|_| ConfigError::new(VARIABLE, "expects error, warn, info, debug or trace"))
}

fn json_lines<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().fmt_fields(JsonFields::new()).event_format(JsonLines);
    builder.with_max_level(level).with_writer(writer).finish().with(heard(level))
}

/// One flat object a line, so that one filter finds a request's lines by its id, the embedded metrics among them.
struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Map::new();
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        line.insert("timestamp".to_owned(), timestamp.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.insert("target".to_owned(), event.metadata().target().into());
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            // The runtime's own span says the request's id under another name.
            if !span.metadata().target().starts_with("lambda_runtime")
                && let Some(fields) = span.extensions().get::<FormattedFields<N>>()
                && let Ok(fields) = serde_json::from_str::<Map<String, Value>>(fields)
            {
                line.extend(fields);
            }
        }
        event.record(&mut Fields(&mut line));
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// The fields of an event, as they are inserted into its line.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `work` logs, with our time taken out.
    fn logged(level: LevelFilter, work: impl FnOnce()) -> Vec<Map<String, Value>> {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = json_lines(level, move || writer.clone());
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let parse = |line: &str| {
            let mut line: Map<String, Value> = serde_json::from_str(line).unwrap();
            assert!(line.remove("timestamp").unwrap().as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
            line
        };
        text.lines().map(parse).collect()
    }

    #[test]
    fn every_line_in_a_span_carries_its_ids_beside_its_own_fields() {
        let lines = logged(LevelFilter::INFO, || {
            let request = tracing::error_span!("request", request_id = "r-1").entered();
            let run = tracing::error_span!("run", run_id = %"volunteer.x", cache_type = "volunteer").entered();
            let (nothing, seconds): (Option<u64>, f64) = (None, 0.5);
            tracing::info!(duration_ms = 500, nothing, is_well = true, "took {seconds:.1} seconds");
            drop(run);
            tracing::error!(error_class = "store_throttled", "\"quoted\"\nand broken");
            drop(request);
            tracing::info!("outside");
            tracing::debug!("below the level");
        });
        let expected = serde_json::json!([
            {
                "level": "INFO", "target": module_path!(), "request_id": "r-1", "run_id": "volunteer.x",
                "cache_type": "volunteer", "duration_ms": 500, "is_well": true, "message": "took 0.5 seconds"
            },
            {
                "level": "ERROR", "target": module_path!(), "request_id": "r-1",
                "error_class": "store_throttled", "message": "\"quoted\"\nand broken"
            },
            {"level": "INFO", "target": module_path!(), "message": "outside"},
        ]);
        assert_eq!(serde_json::to_value(lines).unwrap(), expected);
    }

    #[test]
    fn what_others_log_below_a_warning_is_never_heard() {
        for level in [LevelFilter::INFO, LevelFilter::DEBUG, LevelFilter::TRACE] {
            let lines = logged(level, || {
                tracing::trace!(target: "aws_smithy_runtime::client::orchestrator", "a request with its body");
                tracing::debug!(target: "hyper_util::client", "a connection");
                tracing::info!(target: "vmsish", "no crate of ours");
                tracing::warn!(target: "lambda_runtime::runtime", "a warning");
                let span = tracing::info_span!(target: "lambda_runtime", "invoke", event = "all of it").entered();
                tracing::info!(target: "refresh::function", "a function of ours");
                tracing::info!(target: "vms_cache::dev", "a crate of ours");
                drop(span);
            });
            let heard: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
            assert_eq!(heard, ["a warning", "a function of ours", "a crate of ours"], "{level}");
            assert!(lines.iter().all(|line| !line.contains_key("event")), "{lines:?}");
        }
    }

    #[test]
    fn our_own_crates_are_heard_from_the_level_on_that_is_asked_for() {
        for (level, expected) in [(LevelFilter::ERROR, 1), (LevelFilter::INFO, 3), (LevelFilter::TRACE, 5)] {
            let lines = logged(level, || {
                tracing::error!("1");
                tracing::warn!("2");
                tracing::info!("3");
                tracing::debug!("4");
                tracing::trace!("5");
            });
            assert_eq!(lines.len(), expected, "{level}");
        }
        let quiet = logged(LevelFilter::ERROR, || tracing::warn!(target: "aws_config", "a warning"));
        assert_eq!(quiet.len(), 0, "others are never heard from lower on than we are");
    }
}
