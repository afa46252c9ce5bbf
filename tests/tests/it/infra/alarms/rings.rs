//! Which alarms ring in which trouble, and by when: what the runbook's table says is what happens.

use super::super::template::{STACK, Template, plain_text, text_of};
use super::definition::Alarm;
use super::judge::State;
use super::world::{Cloud, Killed, POPULAR, Weather};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use vms_core::{CacheType, Fence};

/// Before the trouble begins, everything has been well for so many days.
const WELL_DAYS: i64 = 7;

/// The alarms that rang, each with the hour by which it did, counted from `since`.
type Rung = BTreeMap<String, i64>;

/// Judges every alarm from `since` on, at each of its periods, but not less often than every hour.
fn rung(cloud: &Cloud, since: Timestamp) -> Rung {
    let template = Template::read();
    let names = template.all("AWS::CloudWatch::Alarm");
    let metrics = cloud.metrics();
    let mut rung = Rung::new();
    for alarm in Alarm::all(&template) {
        let step = alarm.period().min(3600);
        let mut state = State::Ok;
        let mut now = since.as_second();
        while now <= cloud.now().as_second() {
            state = alarm.judge(&metrics, now, state);
            if state == State::Alarm {
                let name = plain_text(&names[alarm.name.as_str()]["AlarmName"]);
                let name = name.trim_start_matches(STACK).trim_start_matches('/').to_owned();
                rung.insert(name, (now - since.as_second() + 3599) / 3600);
                break;
            }
            now += step;
        }
    }
    rung
}

/// The alarms of all five types as one, where they rang by the same hour.
fn folded(rung: &Rung) -> Rung {
    let mut out = Rung::new();
    for (name, hour) in rung {
        let family = CacheType::ALL.iter().find_map(|t| name.strip_suffix(t.as_str()));
        let all = family.map(|family| CacheType::ALL.map(|t| rung.get(&format!("{family}{t}"))));
        match (family, all) {
            (Some(family), Some(all)) if all.iter().all(|other| *other == Some(hour)) => {
                out.insert(format!("{family}*"), *hour);
            }
            _ => {
                out.insert(name.clone(), *hour);
            }
        }
    }
    out
}

/// The rows of the runbook's table: a scenario, and what rings by which hour.
fn table() -> BTreeMap<String, Rung> {
    let text = text_of("infra/runbook.md");
    let (_, text) = text.split_once("| trouble |").unwrap();
    let rows = text.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let alarms = cells[1].split(", ").map(|alarm| {
            let (name, hours) = alarm.rsplit_once(' ').unwrap_or_else(|| panic!("{row}"));
            (name.trim_matches('`').to_owned(), hours.parse().unwrap_or_else(|_| panic!("{row}")))
        });
        (cells[0].to_owned(), alarms.collect())
    })
    .collect()
}

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// A system in which all has been well for a week, at noon.
async fn well() -> Cloud {
    let mut cloud = Cloud::deployed("2026-03-01T12:00:00Z".parse().unwrap()).await;
    cloud.pass(days(WELL_DAYS), false).await;
    cloud
}

/// What rings within so many days of weather.
async fn in_weather(weather: Weather, length: i64) -> Rung {
    let mut cloud = well().await;
    let since = cloud.now();
    cloud.weather = weather;
    cloud.pass(days(length), true).await;
    rung(&cloud, since)
}

/// Holds a scenario against its row.
fn check(scenario: &str, found: &Rung) {
    let expected = table().remove(scenario).unwrap_or_else(|| panic!("the runbook has no row {scenario:?}"));
    assert_eq!(folded(found), expected, "{scenario}");
}

#[tokio::test]
async fn in_a_healthy_month_nothing_rings() {
    assert_eq!(in_weather(Weather::default(), 30).await, Rung::new());
}

#[tokio::test]
async fn no_run_at_all() {
    check("no run at all", &in_weather(Weather { rules_are_silent: true, ..Weather::default() }, 3).await);
}

#[tokio::test]
async fn snapshots_that_stop_coming() {
    check("no more snapshots", &in_weather(Weather { no_snapshots: true, ..Weather::default() }, 3).await);
}

#[tokio::test]
async fn slow_runs() {
    check("runs of six minutes", &in_weather(Weather { slow_minutes: 6, ..Weather::default() }, 3).await);
}

#[tokio::test]
async fn a_run_that_is_killed_every_night() {
    let killed = Some((CacheType::Recruitment, Killed::AtNight));
    check("the night's run of a type is killed", &in_weather(Weather { killed, ..Weather::default() }, 3).await);
}

#[tokio::test]
async fn a_type_whose_every_run_is_killed() {
    let killed = Some((CacheType::Recruitment, Killed::Always));
    check("every run of a type is killed", &in_weather(Weather { killed, ..Weather::default() }, 3).await);
}

#[tokio::test]
async fn a_report_that_shrinks() {
    check("a snapshot with few rows", &in_weather(Weather { few_rows: true, ..Weather::default() }, 4).await);
}

#[tokio::test]
async fn a_type_that_fails() {
    let mut cloud = well().await;
    let since = cloud.now();
    cloud.gate.refuse_writes("cache#recruitment");
    cloud.pass(days(3), true).await;
    check("a type that fails", &rung(&cloud, since));
}

#[tokio::test]
async fn a_pause_that_is_forgotten_for_three_days() {
    let mut cloud = well().await;
    let since = cloud.now();
    cloud.pause().await;
    cloud.pass(days(3), true).await;
    check("a pause forgotten for three days", &rung(&cloud, since));
}

#[tokio::test]
async fn a_burst_of_failing_requests() {
    let mut cloud = well().await;
    let since = cloud.now();
    cloud.gate.set_down(true);
    cloud.pass(SignedDuration::from_mins(15), true).await;
    cloud.gate.set_down(false);
    cloud.pass(days(1), true).await;
    check("a quarter of an hour of 5xx", &rung(&cloud, since));
}

#[tokio::test]
async fn reports_that_someone_deleted() {
    let mut cloud = well().await;
    let since = cloud.now();
    let store = cloud.store();
    for key in &POPULAR[..3] {
        let entry = store.entry(&key.parse().unwrap(), vms_store::Read::Consistent).await.unwrap().unwrap();
        store.remove_entry(&entry, Fence(u64::MAX)).await.unwrap();
    }
    cloud.pass(days(2), true).await;
    check("reports deleted by hand", &rung(&cloud, since));
}

#[test]
fn the_runbook_has_a_row_for_each_trouble_and_no_other() {
    let rows: BTreeSet<_> = table().into_keys().collect();
    let tried = [
        "no run at all",
        "no more snapshots",
        "runs of six minutes",
        "the night's run of a type is killed",
        "every run of a type is killed",
        "a snapshot with few rows",
        "a type that fails",
        "a pause forgotten for three days",
        "a quarter of an hour of 5xx",
        "reports deleted by hand",
    ];
    assert_eq!(rows, tried.map(str::to_owned).into());
}
