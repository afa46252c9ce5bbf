//! `vms-cache sample`: a synthetic VMS database.

use crate::args::SampleArgs;
use crate::exit::Exit;
use crate::output::Output;
use serde_json::json;
use vms_core::{Clock, SystemClock};
use vms_sample::Spec;

pub(crate) fn run(args: &SampleArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let as_of = args.as_of.unwrap_or_else(|| SystemClock.now());
    let spec = Spec { seed: args.seed, scale: args.scale, as_of };
    let bar = out.bar("rows");
    let counts = vms_sample::write(&args.out, &spec, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    if out.is_json() {
        out.value(&json!({
            "out": args.out,
            "events": counts.events,
            "volunteers": counts.volunteers,
            "students": counts.students,
            "participations": counts.participations,
        }))?;
        return Ok(Exit::Done);
    }
    out.line(format!(
        "{}: {} events, {} volunteers, {} students, {} participations",
        args.out.display(),
        counts.events,
        counts.volunteers,
        counts.students,
        counts.participations
    ))?;
    Ok(Exit::Done)
}
