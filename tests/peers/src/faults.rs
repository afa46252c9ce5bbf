//! What each contender answers when something is wrong, and how long its reader waits for that.

use crate::contender::{Contender, event};
use crate::door::{Door, Mode};
use crate::figures::print_table;
use crate::reply::Reply;
use crate::runtime::Answer;
use crate::serving::Running;
use crate::stage::Stage;
use std::time::Duration;
use vms_core::ReportKey;

/// After that an HTTP API gives up, and its client reads 504.
const GATEWAY: Duration = Duration::from_secs(30);

/// A key of the right form that nobody was given.
const WRONG_KEY: [u8; 32] = [9; 32];

/// Something that is wrong.
struct Fault {
    what: &'static str,
    /// What the store does from then on.
    mode: Mode,
    /// Whether a good request came first, so that connections are open, and keys and reports known.
    warm: bool,
    report: Asked,
    key: Option<KeyGiven>,
}

#[derive(Clone, Copy)]
enum Asked {
    Usual,
    Missing,
    Damaged,
}

#[derive(Clone, Copy)]
enum KeyGiven {
    Right,
    Wrong,
}

const fn fault(what: &'static str, mode: Mode, warm: bool) -> Fault {
    Fault { what, mode, warm, report: Asked::Usual, key: Some(KeyGiven::Right) }
}

const FAULTS: [Fault; 10] = [
    fault("store down: closes every connection", Mode::Closed, true),
    fault("the same, at a cold start", Mode::Closed, false),
    fault("store slow: 5 s a call", Mode::Slow(Duration::from_secs(5)), true),
    fault("store slow: 1 s a call", Mode::Slow(Duration::from_secs(1)), true),
    fault("store throttles every call", Mode::Throttling(u32::MAX), true),
    fault("store throttles two calls", Mode::Throttling(2), true),
    Fault { report: Asked::Missing, ..fault("report missing", Mode::Open, true) },
    Fault { report: Asked::Damaged, ..fault("stored body corrupt", Mode::Open, true) },
    Fault { key: None, ..fault("no key", Mode::Open, true) },
    Fault { key: Some(KeyGiven::Wrong), ..fault("wrong key", Mode::Open, true) },
];

/// Tries every fault on everyone and prints the table.
pub(crate) async fn compare(stage: &Stage) {
    let mut rows = Vec::new();
    for fault in &FAULTS {
        let mut row = vec![fault.what.to_owned()];
        for contender in Contender::THAT_SERVE {
            row.push(answer_to(fault, contender, stage).await);
        }
        eprintln!("{}", row.join(" | "));
        rows.push(row);
    }
    let mut headings = vec!["what is wrong"];
    headings.extend(Contender::THAT_SERVE.map(Contender::name));
    print_table(&headings, &rows);
}

async fn answer_to(fault: &Fault, contender: Contender, stage: &Stage) -> String {
    let door = Door::before(&stage.url).await;
    if !fault.warm {
        door.set(fault.mode);
    }
    let mut up = Running::start(contender, &door.url).await;
    if fault.warm {
        up.runtime.invoke(&contender.asks(stage, stage.usual(), false)).await;
        door.set(fault.mode);
    }
    let key: &ReportKey = match fault.report {
        Asked::Usual => &stage.usual().key,
        Asked::Missing => &stage.missing,
        Asked::Damaged => &stage.damaged,
    };
    let wrong = vms_store::KeySecret::from_entropy(WRONG_KEY);
    let bearer = fault.key.map(|given| match given {
        KeyGiven::Right => stage.secret.expose(),
        KeyGiven::Wrong => wrong.expose(),
    });
    match up.runtime.invoke_within(&event(key, bearer, None), GATEWAY).await {
        Some((time, answer)) => format!("{}, {:.2} s", told(&answer), time.as_secs_f64()),
        None => format!("none in {} s: 504", GATEWAY.as_secs()),
    }
}

/// What a reader is told.
fn told(answer: &Answer) -> String {
    let Some(reply) = Reply::of(answer) else {
        let error: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        return format!("function fails: 502 (`{}`)", error["errorType"].as_str().unwrap_or("unknown"));
    };
    let json = reply.json();
    let said = json.as_ref().and_then(|json| json["title"].as_str().or_else(|| json["message"].as_str()));
    match (reply.status, said, &json) {
        (200, _, Some(_)) => "200, the report".to_owned(),
        (200, _, None) => "**200, a body that cannot be read**".to_owned(),
        (status, Some(said), _) => format!("{status}, “{said}”"),
        (status, None, _) => format!("{status}, nothing said"),
    }
}
