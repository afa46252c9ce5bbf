//! Tells uptime monitors whether reports are served and fresh: `GET /health`.

use vms_http::Health;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let health = Health::new(vms_lambda::http_context(&vms_lambda::aws().await)?);
    vms_lambda::serve(&health).await
}
