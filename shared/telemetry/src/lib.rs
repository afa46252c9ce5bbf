//! Logs: JSON lines in Lambda, plain ones in a terminal; message and fields, nothing personal.

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use vms_core::{ConfigError, Env};

/// Logs JSON lines to standard output, from the level in `LOG_LEVEL` on (default `info`).
pub fn log_json(env: &Env<'_>) -> Result<(), ConfigError> {
    let level = level(env)?;
    fmt().json().flatten_event(true).with_current_span(false).with_span_list(false).with_max_level(level).init();
    Ok(())
}

/// Logs plain lines to `writer`, from the level in `LOG_LEVEL` on (default `info`).
pub fn log_plain<W>(env: &Env<'_>, writer: W) -> Result<(), ConfigError>
where
    W: for<'w> fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    let level = level(env)?;
    // A log that cannot be written, on a full disk say, is not complained of line by line.
    fmt().with_ansi(false).with_writer(writer).log_internal_errors(false).with_max_level(level).init();
    Ok(())
}

fn level(env: &Env<'_>) -> Result<LevelFilter, ConfigError> {
    const VARIABLE: &str = "LOG_LEVEL";
    let text = env.text(VARIABLE).unwrap_or_else(|| "info".to_owned());
    text.parse().map_err(|_| ConfigError::new(VARIABLE, "expects error, warn, info, debug or trace"))
}
