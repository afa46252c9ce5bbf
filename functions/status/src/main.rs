//! The management API, reading: the state of every type, and the ledger of runs.

use vms_http::Status;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let status = Status::new(vms_lambda::http_context(&vms_lambda::aws().await)?);
    vms_lambda::serve(&status).await
}
