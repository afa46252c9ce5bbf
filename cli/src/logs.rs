//! `vms-cache logs`: the refresh log of the local `dev`, or the commands that show that of a deployed stack.

use crate::args::{LogsArgs, Since};
use crate::config;
use crate::exit::Exit;
use crate::output::Output;
use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::pin::pin;
use std::time::Duration;
use vms_core::{CacheType, Clock, SystemClock};

/// How often a log that is followed is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How far back the commands for a stack go by themselves: to the last night.
const LAST_NIGHT: SignedDuration = SignedDuration::from_hours(24);

pub(crate) async fn run(args: &LogsArgs, is_elsewhere: bool, out: &mut Output) -> anyhow::Result<Exit> {
    if args.stack.is_some() || is_elsewhere {
        return elsewhere(args, out);
    }
    let path = config::data_folder().join(config::LOG);
    let file = File::open(&path).with_context(|| {
        format!("{}: there is no log; start `vms-cache dev`, or name a deployed stack with --stack", path.display())
    })?;
    let wanted = Wanted { errors: args.errors, since: args.since.map(|since| moment(since, SystemClock.now())) };
    let mut log = BufReader::new(file);
    if !args.follow {
        show(&mut log, &wanted, out)?;
        return Ok(Exit::Done);
    }
    let mut stopped = pin!(tokio::signal::ctrl_c());
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            // Asked first: from the first line on, Ctrl-C is an end and no accident.
            biased;
            stopped = &mut stopped => return Ok(stopped.map(|()| Exit::Done)?),
            _ = look.tick() => show(&mut log, &wanted, out)?,
        }
    }
}

/// Which lines are shown.
struct Wanted {
    errors: bool,
    since: Option<Timestamp>,
}

/// A line of the log in its parts: `2026-03-15T02:00:09.1Z  INFO run{…}: vms_refresh::engine: message and fields`, where
/// the run, or the request, stands only before lines that belong to one.
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    at: Timestamp,
    level: &'a str,
    message: &'a str,
}

impl<'a> Line<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (at, rest) = text.split_once(' ')?;
        let (level, rest) = rest.trim_start().split_once(' ')?;
        let (mut part, mut message) = rest.split_once(": ")?;
        while part.ends_with('}') {
            (part, message) = message.split_once(": ")?;
        }
        Some(Self { at: at.parse().ok()?, level, message })
    }

    fn is(&self, wanted: &Wanted) -> bool {
        (!wanted.errors || self.level == "ERROR") && wanted.since.is_none_or(|since| self.at >= since)
    }
}

/// Shows every whole line that has come; the beginning of one is left for the next look.
fn show(log: &mut BufReader<File>, wanted: &Wanted, out: &mut Output) -> anyhow::Result<()> {
    let mut text = String::new();
    while log.read_line(&mut text)? > 0 {
        if !text.ends_with('\n') {
            log.seek_relative(-(text.len() as i64))?;
            return Ok(());
        }
        if let Some(line) = Line::of(text.trim_end()).filter(|line| line.is(wanted)) {
            if out.is_json() {
                let Line { at, level, message } = line;
                out.line(json!({"at": at, "level": level, "message": message}).to_string())?;
            } else {
                let level = out.paint(line.level);
                out.line(format!("{} {level} {}", line.at, line.message))?;
            }
        }
        text.clear();
    }
    Ok(())
}

/// Since when; what is longer ago than time is counted is since ever.
fn moment(since: Since, now: Timestamp) -> Timestamp {
    match since {
        Since::At(at) => at,
        Since::Ago(ago) => now.checked_sub(ago).unwrap_or(Timestamp::MIN),
    }
}

/// Nothing here reads CloudWatch: AWS's own program does, with its user's own credentials.
fn elsewhere(args: &LogsArgs, out: &mut Output) -> anyhow::Result<Exit> {
    if args.stack.is_none() {
        out.note("put the name of the deployed stack for STACK, or give it with --stack");
    }
    let commands = CacheType::ALL.map(|cache_type| command(args, cache_type));
    if out.is_json() {
        out.value(&commands)?;
    } else {
        commands.iter().try_for_each(|command| out.line(command))?;
    }
    Ok(Exit::Done)
}

fn command(args: &LogsArgs, cache_type: CacheType) -> String {
    let stack = args.stack.as_deref().unwrap_or("STACK");
    let since = match args.since.unwrap_or(Since::Ago(LAST_NIGHT)) {
        Since::At(at) => at.to_string(),
        Since::Ago(ago) => format!("{}m", ago.as_mins()),
    };
    // A run's own errors, and what Lambda says of a function that was cut off.
    let errors = if args.errors { r#" --filter-pattern '?ERROR ?"Task timed out" ?"Runtime exited"'"# } else { "" };
    let follow = if args.follow { " --follow" } else { "" };
    format!("aws logs tail /aws/lambda/{stack}-refresh-{cache_type} --since {since} --format short{errors}{follow}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_by_its_level_and_time() {
        let within = "ERROR run{run_id=district.2026-03-15T02:00:00.000Z.1a2b3c cache_type=district}";
        let line = format!("2026-03-15T02:00:09.100000Z {within}: vms_refresh::engine: Cache refresh completed: x");
        let line = Line::of(&line).unwrap();
        assert_eq!((line.level, line.message), ("ERROR", "Cache refresh completed: x"));
        let info = Line::of("2026-03-15T02:00:09Z  INFO vms_refresh::engine: took 1.0 seconds").unwrap();
        let at = |text: &str| Some(text.parse().unwrap());
        for (errors, since, shown) in [
            (false, None, [true, true]),
            (true, None, [true, false]),
            (false, at("2026-03-15T02:00:09.05Z"), [true, false]),
            (true, at("2026-03-15T02:00:10Z"), [false, false]),
        ] {
            let wanted = Wanted { errors, since };
            assert_eq!([line.is(&wanted), info.is(&wanted)], shown, "{errors} {since:?}");
        }
        for other in ["", "no time INFO x: y", "2026-03-15T02:00:09Z INFO"] {
            assert_eq!(Line::of(other), None, "{other:?}");
        }
    }

    #[test]
    fn so_long_ago_is_a_moment_however_long_ago_it_is() {
        let now: Timestamp = "2026-03-15T02:00:00Z".parse().unwrap();
        let ago = |text: &str| moment(text.parse().unwrap(), now);
        assert_eq!(ago("2h").to_string(), "2026-03-15T00:00:00Z");
        assert_eq!(ago("99999999d"), Timestamp::MIN);
    }

    #[test]
    fn a_stack_is_asked_through_its_own_names() {
        let args = LogsArgs { errors: false, since: None, follow: false, stack: Some("vms".to_owned()) };
        assert_eq!(
            command(&args, CacheType::District),
            "aws logs tail /aws/lambda/vms-refresh-district --since 1440m --format short"
        );
        let since = Some(Since::At("2026-03-15T02:00:00Z".parse().unwrap()));
        let args = LogsArgs { errors: true, since, follow: true, stack: None };
        assert_eq!(
            command(&args, CacheType::VirtualSession),
            "aws logs tail /aws/lambda/STACK-refresh-virtual_session --since 2026-03-15T02:00:00Z --format short \
             --filter-pattern '?ERROR ?\"Task timed out\" ?\"Runtime exited\"' --follow"
        );
    }
}
