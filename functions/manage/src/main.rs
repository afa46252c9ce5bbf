//! The management API, changing: refreshes are asked for here and done by the refresh functions.

mod invoke;

use invoke::RefreshFunctions;
use vms_core::Env;
use vms_http::Manage;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let context = vms_lambda::http_context().await?;
    let env = Env::new(&vms_lambda::variable);
    let functions = RefreshFunctions::new(&vms_lambda::aws().await, &env)?;
    let manage = Manage::new(context, functions).keeping(vms_core::keep_versions(&env)?);
    vms_lambda::serve(&manage).await
}
