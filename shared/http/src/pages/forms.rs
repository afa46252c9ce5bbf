//! Acts as plain forms. What cannot be taken back at once, or stops something, is two steps away: the first opens it,
//! the second does it. Both work without a script.

use super::{layout, words};
use crate::acts::short;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use vms_core::{CacheType, Etag, ReportKey};

/// One type, now, even if it is fresh: who points at a type means it.
pub(super) fn refresh_type(cache_type: CacheType) -> Markup {
    html! {
        form method="post" action={ (layout::BASE) "/refresh" } {
            input type="hidden" name="cache_type" value=(cache_type);
            input type="hidden" name="force" value="true";
            button { "Refresh" span class="unseen" { " " (words::type_name(cache_type)) } }
        }
    }
}

/// One report, now.
pub(super) fn refresh_report(key: &ReportKey) -> Markup {
    html! {
        form method="post" action={ (layout::BASE) "/refresh" } {
            input type="hidden" name="report_key" value=(key);
            input type="hidden" name="force" value="true";
            button { "Refresh this report" }
        }
    }
}

/// See what would change, where this page does not show it; approve or reject the build that waits: exactly the one that
/// was shown.
pub(super) fn decide(key: &ReportKey, version: &Etag, comparison: Option<&str>) -> Markup {
    let hidden = html! {
        input type="hidden" name="report_key" value=(key);
        input type="hidden" name="version" value=(version);
    };
    let id = format!("reject-{key}");
    html! {
        div class="acts" {
            @if let Some(address) = comparison {
                a class="do" href=(address) { "See what would change" span class="unseen" { " in " (key) } }
            }
            form method="post" action={ (layout::BASE) "/api/approve" } {
                (hidden)
                button class="main" { "Approve" span class="unseen" { " the build of " (key) } }
            }
            details class="step" {
                summary { "Reject…" span class="unseen" { " the build of " (key) } }
                form method="post" action={ (layout::BASE) "/api/reject" } {
                    (hidden)
                    p { "The build goes, and is not offered again if it comes out the same. Readers keep what they get now." }
                    (reason(&id))
                    button class="danger" { "Reject this build" }
                }
            }
        }
    }
}

/// Serve an earlier version again; `place` tells this form from others of the page.
pub(super) fn roll_back(key: &ReportKey, version: &Etag, place: usize) -> Markup {
    html! {
        details class="step" {
            summary { "Roll back…" span class="unseen" { " to version " (short(version)) } }
            form method="post" action={ (layout::BASE) "/api/rollback" } {
                input type="hidden" name="report_key" value=(key);
                input type="hidden" name="version" value=(version);
                p { "Readers get this version at once. The report is held there: new builds wait until you approve one." }
                (reason(&format!("back-{place}")))
                button class="danger" { "Roll back to " (short(version)) }
            }
        }
    }
}

/// Pause what runs by itself.
pub(super) fn pause(now: Timestamp, night: Timestamp) -> Markup {
    html! {
        details class="step" {
            summary { "Pause the schedule…" }
            form method="post" action={ (layout::BASE) "/scheduler/stop" } {
                p { "Nightly runs, sweeps and new copies of VMS start nothing then. A refresh that you ask for still runs." }
                (reason("pause"))
                label for="until" { "Until" }
                select id="until" name="until" {
                    option value="" { "I resume it" }
                    @for (name, until) in ends_of_pause(now, night) {
                        option value=(until) { (name) ", " (words::moment(until)) }
                    }
                }
                button class="danger" { "Pause" }
            }
        }
    }
}

/// Let it run again.
pub(super) fn resume() -> Markup {
    html! {
        form method="post" action={ (layout::BASE) "/scheduler/start" } { button class="main" { "Resume the schedule" } }
    }
}

/// The wishes that go with a refresh.
pub(super) fn wishes() -> Markup {
    html! {
        div class="check" {
            input type="checkbox" id="force" name="force" value="true";
            label for="force" { "Even if fresh" small { "Otherwise a type that recently succeeded is left alone." } }
        }
        div class="check" {
            input type="checkbox" id="dry_run" name="dry_run" value="true";
            label for="dry_run" { "Only try" small { "Builds and checks everything, publishes nothing." } }
        }
    }
}

fn reason(id: &str) -> Markup {
    html! {
        label for={ (id) "-reason" } { "Reason " small { "optional; kept for 90 days, so without names" } }
        input type="text" id={ (id) "-reason" } name="reason" maxlength="500" autocomplete="off";
    }
}

/// Ends of a pause that people mean: whole minutes, and the morning after the coming night.
fn ends_of_pause(now: Timestamp, night: Timestamp) -> Vec<(&'static str, Timestamp)> {
    let minute = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(60)).unwrap_or(now);
    let hours = |h: i64| minute + SignedDuration::from_hours(h);
    let morning = night + SignedDuration::from_hours(4);
    vec![
        ("For one hour", hours(1)),
        ("For six hours", hours(6)),
        ("Past the next nightly run", morning),
        ("For a week", hours(7 * 24)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_in_the_future_at_whole_minutes_and_the_morning_comes_after_the_night() {
        let night: Timestamp = "2026-03-16T02:00:00Z".parse().unwrap();
        for now in ["2026-03-15T02:00:00Z", "2026-03-16T01:59:59.999Z"] {
            let now: Timestamp = now.parse().unwrap();
            let ends = ends_of_pause(now, night);
            assert!(ends.iter().all(|(_, end)| *end > now && end.as_second() % 60 == 0), "{ends:?}");
            assert_eq!(ends[2].1.to_string(), "2026-03-16T06:00:00Z");
        }
    }
}
