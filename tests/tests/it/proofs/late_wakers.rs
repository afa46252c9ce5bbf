//! A run that sleeps past its lease at any one of its calls, while others publish, roll back, retire or remove: it
//! changes nothing.

use crate::proofs::support::operator::{Act, act};
use crate::proofs::support::sleepy::Sleepy;
use crate::proofs::support::tell;
use crate::proofs::support::vms::{A, B, C, Content, TYPE, WITHOUT_THIRD, days, key};
use crate::proofs::support::world::{LIFE, World, succeeded};
use std::sync::Arc;
use vms_core::TypeStatus;
use vms_store::{Read, Store};

/// What happens while the run sleeps.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Published,
    RolledBack,
    Retired,
    Removed,
    MadeAnew,
}

impl Meanwhile {
    const ALL: [Self; 5] = [Self::Published, Self::RolledBack, Self::Retired, Self::Removed, Self::MadeAnew];

    /// A cache with a history, and what the run reads that will sleep.
    async fn world(self) -> (World, Content) {
        let world = World::new(A).await;
        world.refresh().await;
        world.clock.hours(24);
        if let Self::Removed | Self::MadeAnew = self {
            world.refresh_from(WITHOUT_THIRD).await;
            world.clock.advance(days(8));
            return (world, if let Self::Removed = self { A } else { B });
        }
        (world, B)
    }

    async fn happens(self, world: &World) {
        let third = key("organization/detail/2526/3");
        // The run may have brought it back before it fell asleep; then it is retired anew.
        let was_retired = world.entry(&third).await.retired_at.is_some();
        let content = match self {
            Self::Published | Self::RolledBack => C,
            Self::Retired | Self::Removed | Self::MadeAnew => WITHOUT_THIRD,
        };
        let run = world.refresh_from(content).await;
        match self {
            Self::Published => assert!(succeeded(&run)),
            Self::RolledBack => {
                for (report, _) in C.reports().into_iter().filter(|(key, _)| key.to_string().contains("2526")) {
                    assert!(act(&world.store(), &world.clock, 7, &report, &Act::RollBack(None)).await);
                }
            }
            Self::Retired => assert!(world.entry(&third).await.retired_at.is_some()),
            Self::Removed => assert_eq!(run.counts.of("removed"), u64::from(was_retired)),
            Self::MadeAnew => {
                // Its new entry is written as often as the one that the run saw: `rev` alone cannot tell them apart.
                for content in [C, A] {
                    world.clock.hours(1);
                    assert!(succeeded(&world.refresh_from(content).await));
                }
                assert!(!was_retired || world.entry(&third).await.rev == 2);
            }
        }
    }
}

/// Everything that readers, pages and later runs go by.
async fn state(world: &World) -> (Vec<vms_core::Entry>, TypeStatus) {
    (world.entries().await, world.store().status(TYPE, Read::Consistent).await.unwrap())
}

/// Puts a run to sleep at its `n`-th call; answers whether it held the lease then, and was slept past.
async fn sleeps_at(n: usize, meanwhile: Meanwhile) -> Option<bool> {
    let (world, content) = meanwhile.world().await;
    world.vms.switch(content);
    let store = Arc::new(Store::new(Sleepy::new(world.table.clone(), n)));
    let engine = world.engine(Arc::clone(&store));
    let (request, deadline) = (world.forced(), world.now() + LIFE);
    let run = engine.run(&request, deadline);
    tokio::pin!(run);
    tokio::select! {
        _ = &mut run => return None,
        () = store.table().falls_asleep() => {}
    }
    let holds = world.store().lease(TYPE, Read::Consistent).await.unwrap();
    let holds = holds.is_some_and(|lease| lease.owner == request.run_id && lease.is_held_at(world.now()));
    world.clock.minutes(20);
    if holds {
        meanwhile.happens(&world).await;
    }
    let before = state(&world).await;
    store.table().wake();
    run.await.unwrap();
    if holds {
        assert_eq!(state(&world).await, before, "{meanwhile:?}: woken at call {n} it changed something");
    }
    assert_eq!(world.broken().await, Vec::<String>::new(), "{meanwhile:?}: woken at call {n}");
    Some(holds)
}

#[tokio::test]
async fn a_run_that_wakes_after_its_lease_changes_nothing() {
    let mut slept = 0;
    for meanwhile in Meanwhile::ALL {
        for n in 0.. {
            match sleeps_at(n, meanwhile).await {
                Some(holds) => slept += usize::from(holds),
                None => break,
            }
        }
    }
    assert!(slept > 80, "{slept}");
    tell(&format!("late wakers: slept past the lease at {slept} calls, nothing changed"));
}
