//! Refreshes one cache type for each event: the nightly rule, the hourly sweep, a new snapshot, an operator.

mod function;
mod origin;

use function::Function;
use lambda_runtime::{Error, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let function = Function::from_env().await?;
    lambda_runtime::run(service_fn(|event| function.handle(event))).await
}
