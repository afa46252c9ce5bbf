//! Logs: JSON lines in Lambda, plain ones in a terminal; message and fields, nothing personal.
//!
//! Every line of a request or a run carries its id, from the span in which it is written.

use serde_json::{Map, Value};
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, MakeWriter};
use tracing_subscriber::registry::{LookupSpan, Scope};
use vms_core::{ConfigError, Env};

/// Logs JSON lines to standard output, from the level in `LOG_LEVEL` on (default `info`).
pub fn log_json(env: &Env<'_>) -> Result<(), ConfigError> {
    json_lines(level(env)?, std::io::stdout).init();
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
    builder.with_writer(writer).with_max_level(level).init();
    Ok(())
}

fn level(env: &Env<'_>) -> Result<LevelFilter, ConfigError> {
    const VARIABLE: &str = "LOG_LEVEL";
    let text = env.text(VARIABLE).unwrap_or_else(|| "info".to_owned());
    text.parse().map_err(|_| ConfigError::new(VARIABLE, "expects error, warn, info, debug or trace"))
}

fn json_lines<W>(
    level: LevelFilter,
    writer: W,
) -> tracing_subscriber::fmt::SubscriberBuilder<JsonFields, JsonLines, LevelFilter, W>
where
    W: for<'w> MakeWriter<'w> + 'static,
{
    let builder = tracing_subscriber::fmt().fmt_fields(JsonFields::new()).event_format(JsonLines);
    builder.with_max_level(level).with_writer(writer)
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
    fn logged(work: impl FnOnce()) -> Vec<Map<String, Value>> {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = json_lines(LevelFilter::INFO, move || writer.clone()).finish();
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
        let lines = logged(|| {
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
}
