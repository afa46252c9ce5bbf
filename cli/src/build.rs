//! `vms-cache build`: reports as files, for checking, comparing and archiving; no store is touched.

use crate::args::BuildArgs;
use crate::config;
use crate::exit::{self, Exit};
use crate::output::Output;
use anyhow::Context as _;
use std::io::ErrorKind;
use std::path::Path;
use vms_core::{AsOf, CacheType, Clock, Env, ReportKey, SystemClock};
use vms_refresh::RefreshConfig;
use vms_reports::{Built, Family};
use vms_source::{Database, Dataset, Needs};

pub(crate) fn run(args: &BuildArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let config = RefreshConfig::from_env(&Env::new(&config::variable), |path| std::fs::read_to_string(path))?;
    let instant = args.as_of.unwrap_or_else(|| SystemClock.now());
    let as_of = AsOf::new(instant, config.zone.clone()).map_err(|e| exit::usage(format!("--as-of: {e}")))?;
    let types = args.cache_type.map_or_else(|| CacheType::ALL.to_vec(), |t| vec![t]);
    let mut exit = Exit::Done;
    let mut listed = Vec::new();
    // What any of them lacks is told before the first is written.
    Database::open(&args.source, &Needs::of(types.iter().copied(), config.reports.student_details))?;
    for cache_type in types {
        let needs = Needs::of([cache_type], config.reports.student_details);
        let data = Database::open(&args.source, &needs)?.load(&needs)?;
        tell_defects(&data, out);
        let family = Family::new(cache_type, &data, &as_of, &config.reports);
        let planned = family.plan();
        let bar = out.bar(cache_type.as_str());
        bar.set_length(planned.len() as u64);
        for key in planned {
            bar.inc(1);
            let Some(folder) = args.out.as_deref().filter(|_| !args.list) else {
                listed.push(key);
                continue;
            };
            let problem = match family.build(&key) {
                Ok(built) => write(folder, &key.to_string(), &built)?,
                Err(error) => Some(error.to_string()),
            };
            if let Some(problem) = problem {
                bar.suspend(|| out.note(format!("{key}: {problem}")));
                exit = Exit::Partial;
            }
        }
        bar.finish_and_clear();
    }
    tell_keys(&listed, args.list, out)?;
    Ok(exit)
}

fn tell_keys(keys: &[ReportKey], wanted: bool, out: &mut Output) -> anyhow::Result<()> {
    if wanted && out.is_json() {
        return out.value(&keys);
    }
    Ok(keys.iter().try_for_each(|key| out.line(key.to_string()))?)
}

fn tell_defects(data: &Dataset, out: &mut Output) {
    for defect in data.defects.listed() {
        out.note(format!("left out: {defect}"));
    }
    let more = data.defects.total() - data.defects.listed().len() as u64;
    if more > 0 {
        out.note(format!("left out: {more} more rows"));
    }
}

/// Writes a report into its file, or answers why that one alone has none: a key may be longer than a file's name.
fn write(folder: &Path, key: &str, built: &Built) -> anyhow::Result<Option<String>> {
    let path = folder.join(format!("{key}.json"));
    let parent = path.parent().unwrap_or(folder);
    let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, &built.json));
    match written {
        Err(error) if error.kind() == ErrorKind::InvalidFilename => {
            Ok(Some("no file, since its name is too long for this disk; the cache holds it".to_owned()))
        }
        written => written.map(|()| None).with_context(|| format!("{}: cannot be written", path.display())),
    }
}
