//! Quarantine, and reports whose subject or year is gone.

use crate::proofs::support::operator::{Act, act};
use crate::proofs::support::vms::{A, B, C, Content, EMPTY, SHORT, WITHOUT_THIRD, days, key, rows};
use crate::proofs::support::world::{World, succeeded};
use vms_core::{Check, Outcome, ReportKey};
use vms_store::{Page, Read, SortRange, Table as _, keys};

fn summary() -> ReportKey {
    key("organization/summary/2526")
}

fn detail(organization: u8) -> ReportKey {
    key(&format!("organization/detail/2526/{organization}"))
}

async fn world_after_a() -> World {
    let world = World::new(A).await;
    assert!(succeeded(&world.refresh().await));
    world.clock.hours(24);
    world
}

async fn do_act(world: &World, report: &ReportKey, what: Act) -> bool {
    act(&world.store(), &world.clock, world.config.keep_versions, report, &what).await
}

#[tokio::test]
async fn an_empty_database_after_a_full_one_changes_nothing_that_is_served() {
    let world = world_after_a().await;
    let run = world.refresh_from(EMPTY).await;
    assert_eq!(run.outcome, Some(Outcome::Partial));
    assert_eq!((run.counts.of("quarantined"), run.counts.of("kept")), (1, 3));
    assert!(run.reports.contains(&(summary(), "quarantined(empty)".to_owned())));
    assert!(run.reports.contains(&(detail(1), "kept(plan_drop)".to_owned())));
    let reader = world.reader();
    for (key, (etag, _)) in A.reports() {
        assert_eq!(reader.get(&key).await.unwrap().etag, etag, "{key}");
    }
    assert!(succeeded(&world.refresh_from(B).await), "a good database is published without an operator");
    assert_eq!(world.entry(&summary()).await.candidate, None);
    assert_eq!(world.broken().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_database_that_is_none_changes_nothing_that_is_served() {
    let world = world_after_a().await;
    let run = world.refresh_from(Content::Broken).await;
    assert_eq!(run.outcome, Some(Outcome::Failed));
    let reader = world.reader();
    for (key, (etag, _)) in A.reports() {
        let served = reader.get(&key).await.unwrap();
        assert_eq!((served.etag, served.age), (etag, 24 * 3600), "{key} grows older");
    }
}

#[tokio::test]
async fn a_drop_of_rows_waits_for_an_operator_who_approves_or_rejects_it() {
    for approve in [true, false] {
        let world = world_after_a().await;
        let short = SHORT.reports();
        let run = world.refresh_from(SHORT).await;
        assert!(run.reports.contains(&(detail(1), "quarantined(row_drop)".to_owned())));
        assert_eq!(world.reader().get(&detail(1)).await.unwrap().etag, A.reports()[&detail(1)].0);
        assert!(do_act(&world, &detail(1), if approve { Act::Approve } else { Act::Reject }).await);
        let served = world.reader().get(&detail(1)).await.unwrap().etag;
        assert_eq!(served == short[&detail(1)].0, approve);
        world.clock.hours(24);
        let run = world.refresh_from(SHORT).await;
        let told = run.reports.iter().find(|(key, _)| *key == detail(1)).map(|(_, outcome)| outcome.as_str());
        assert_eq!(told, if approve { None } else { Some("kept(rejected)") });
        assert_eq!(world.reader().get(&detail(1)).await.unwrap().etag, served, "a refresh does not undo it");
        assert_eq!(world.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_report_that_was_rolled_back_is_held_until_an_operator_approves_a_build() {
    let world = world_after_a().await;
    world.refresh_from(B).await;
    assert!(do_act(&world, &summary(), Act::RollBack(None)).await);
    for content in [C, B] {
        world.clock.hours(24);
        let run = world.refresh_from(content).await;
        assert!(run.reports.contains(&(summary(), "quarantined(held)".to_owned())));
        let entry = world.entry(&summary()).await;
        let candidate = entry.candidate.unwrap();
        assert_eq!((candidate.check, &candidate.version.etag), (Check::Held, &content.reports()[&summary()].0));
        assert_eq!(entry.current.etag, A.reports()[&summary()].0, "the hold outlives refreshes");
    }
    assert!(do_act(&world, &summary(), Act::Approve).await);
    world.clock.hours(24);
    assert!(succeeded(&world.refresh_from(C).await));
    assert_eq!(world.reader().get(&summary()).await.unwrap().etag, C.reports()[&summary()].0);
    assert_eq!(world.broken().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_vanished_report_is_served_as_stale_for_seven_days_and_then_goes_with_its_bodies() {
    let world = world_after_a().await;
    let run = world.refresh_from(WITHOUT_THIRD).await;
    assert_eq!((run.outcome, run.counts.of("retired")), (Some(Outcome::Succeeded), 1));
    for day in 0..7 {
        let served = world.reader().get(&detail(3)).await.unwrap();
        assert_eq!(served.state, "stale", "day {day}");
        world.clock.hours(24);
        let run = world.refresh_from(WITHOUT_THIRD).await;
        assert_eq!(run.counts.of("removed"), u64::from(day == 6), "day {day}");
    }
    assert_eq!(world.reader().get(&detail(3)).await, None);
    let bodies = keys::bodies(&detail(3));
    let left = world.table.query(&bodies, &SortRange::All, &Page::default(), Read::Consistent).await.unwrap();
    assert_eq!(left.items, Vec::new(), "no body is left");
    assert!(succeeded(&world.refresh_from(A).await), "and it may come back");
    assert_eq!(world.reader().get(&detail(3)).await.unwrap().etag, A.reports()[&detail(3)].0);
    assert_eq!(world.broken().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_vanished_report_that_comes_back_in_time_is_simply_current_again() {
    let world = world_after_a().await;
    world.refresh_from(WITHOUT_THIRD).await;
    world.clock.advance(days(6));
    let run = world.refresh_from(A).await;
    assert!(succeeded(&run));
    let served = world.reader().get(&detail(3)).await.unwrap();
    assert_eq!((served.state.as_str(), served.age), ("fresh", 0));
    assert_eq!(world.entry(&detail(3)).await.retired_at, None);
}

#[tokio::test]
async fn when_most_reports_vanish_at_once_the_source_is_doubted() {
    let world = world_after_a().await;
    let run = world.refresh_from(rows(1, [0, 0, 0])).await;
    assert_eq!((run.counts.of("retired"), run.counts.of("kept")), (0, 3));
    world.clock.hours(24);
    let run = world.refresh_from(rows(1, [4, 0, 0])).await;
    assert_eq!((run.counts.of("retired"), run.counts.of("kept")), (2, 0), "fewer than half may vanish");
}

#[tokio::test]
async fn a_year_that_leaves_the_plan_is_archived_and_stays() {
    let world = world_after_a().await;
    let before = world.reader().get(&summary()).await.unwrap();
    world.clock.advance(days(17 * 31));
    world.vms.switch(A);
    let run = world.refresh().await;
    assert_eq!(run.counts.of("archived"), 5, "{run:?}");
    world.clock.advance(days(30));
    world.refresh_from(A).await;
    let served = world.reader().get(&summary()).await.unwrap();
    assert_eq!((served.etag, served.state.as_str()), (before.etag, "archived"));
    let status = world.store().status(crate::proofs::support::vms::TYPE, Read::Consistent).await.unwrap();
    assert_eq!(status.tally.archived, 5);
}
