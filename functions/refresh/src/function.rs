//! From an event to a run: settings once, then each event until the verdict is recorded.

use crate::origin::Origin;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};
use std::sync::Arc;
use tracing::Instrument as _;
use vms_core::{CacheType, Clock, ConfigError, Env, SystemClock};
use vms_refresh::{Ids, RefreshConfig, Refresher, object_of, request_of};
use vms_snapshot::Location;
use vms_store::{DynamoTable, Read};

/// The longest that Lambda lets a function work, whatever the event says.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);

/// The refresh function.
pub(crate) struct Function {
    own_type: Option<CacheType>,
    /// The object that reports are made from, where it is one.
    object: Option<Location>,
    refresher: Refresher<DynamoTable, Origin>,
}

impl Function {
    /// Reads every setting, and fails on the first that cannot be used.
    pub(crate) async fn from_env() -> Result<Self, Error> {
        let env = Env::new(&vms_lambda::variable);
        vms_telemetry::log_json(&env)?;
        let config = RefreshConfig::from_env(&env, |path| std::fs::read_to_string(path))?;
        let aws = vms_lambda::aws().await;
        let store = vms_lambda::store(&aws, &env)?;
        let own_type = match env.text("CACHE_TYPE") {
            Some(text) => Some(text.parse().map_err(|e| ConfigError::new("CACHE_TYPE", format!("{e}")))?),
            None => None,
        };
        let source = Origin::from_env(&aws, &env)?;
        let object = source.object().cloned();
        let cloudwatch = vms_lambda::cloudwatch(&aws, &env)?;
        // The first connection is made here, where no one waits; whether it can be, the first run will tell.
        let _ = store.schedule_control(Read::Eventual).await;
        let refresher = Refresher::new(store, source, Arc::new(SystemClock), config).metered(cloudwatch);
        Ok(Self { own_type, object, refresher })
    }

    /// Answers an event. A run with a recorded verdict is a success for Lambda, whatever the verdict.
    pub(crate) async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, Error> {
        let span = tracing::error_span!("request", request_id = event.context.request_id);
        self.answer(event).instrument(span).await
    }

    async fn answer(&self, event: LambdaEvent<Value>) -> Result<Value, Error> {
        let ids = Ids { now: SystemClock.now(), entropy: getrandom::u32()? };
        let request = request_of(&event.payload, self.own_type, ids)?;
        if let Some(other) = self.other_object(&event.payload) {
            tracing::info!(event_id = request.event_id, object = %other, "the event is about another object");
            return Ok(json!({"outcome": "skipped", "reason": format!("{other} is not what SOURCE_URL names")}));
        }
        let run = self.refresher.run(&request, deadline(event.context.deadline, ids.now)).await;
        let run = run.inspect_err(|error| {
            let error_class = error.class().as_str();
            tracing::error!(run_id = %request.run_id, error_class, "the run could not be recorded");
        })?;
        Ok(json!({"run_id": run.run_id, "outcome": run.outcome, "done": run.done, "total": run.total}))
    }

    /// The object that an event is about, where reports are made from a different one.
    fn other_object(&self, event: &Value) -> Option<Location> {
        let own = self.object.as_ref()?;
        let named = object_of(event)?;
        let named = Location { bucket: named.bucket, key: named.key };
        (named != *own).then_some(named)
    }
}

/// When Lambda ends the process: local stand-ins name times years away, or long past.
fn deadline(epoch_ms: u64, now: Timestamp) -> Timestamp {
    let latest = now + LONGEST;
    let named = i64::try_from(epoch_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    named.filter(|t| *t > now).map_or(latest, |t| t.min(latest))
}
