//! The management API, changing: refreshes are asked for here and done by the refresh functions.

mod invoke;

use invoke::RefreshFunctions;
use vms_core::Env;
use vms_http::Manage;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let aws = vms_lambda::aws().await;
    let env = Env::new(&vms_lambda::variable);
    let functions = RefreshFunctions::new(&aws, &env)?;
    let manage = Manage::new(vms_lambda::http_context(&aws)?, functions).keeping(vms_core::keep_versions(&env)?);
    vms_lambda::serve(&manage).await
}
