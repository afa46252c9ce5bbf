//! The management API, reading: the state of every type, the ledger of runs, readers' figures and alarms.

use vms_core::{Env, Nightly};
use vms_http::Status;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let aws = vms_lambda::aws().await;
    let env = Env::new(&vms_lambda::variable);
    let status = Status::new(vms_lambda::http_context(&aws)?.refreshed(Nightly::from_env(&env)?))
        .observing(vms_lambda::cloudwatch(&aws, &env)?)
        .refreshed_every(vms_core::refresh_interval_hours(&env)?);
    vms_lambda::serve(&status).await
}
